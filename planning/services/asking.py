"""Asking the customers of confirmed visits that a proposal would move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Refusal
from dispatch import services as dispatching
from dispatch.enums import ConsentCause
from dispatch.evaluator import Reason
from planning.models import PlanChange
from tenants.actors import Actor

ASKED_ALREADY = "asked_already"
_WISH_IS_GONE = frozenset({"rule_broken", "overlap", "needs_no_consent"})


def ask_customers(
    changes: Sequence[PlanChange], *, actor: Actor, at: datetime
) -> tuple[dict[int, list[dict[str, Any]]], int]:
    """Ask whether each visit may move, to what was proposed first; once for a crew. Nothing moves before they
    choose.

    Returns why some could not be asked, by row, and how many customers were; who was asked already counts as
    asked.
    """
    groups: dict[object, list[PlanChange]] = {}
    for change in changes:
        groups.setdefault(change.crew_key or change.pk, []).append(change)
    unasked: dict[int, list[dict[str, Any]]] = {}
    asked = 0
    for group in groups.values():
        why = _ask(group, actor=actor, at=at, has_wish=group[0].to_start_at is not None)
        if why and why != ASKED_ALREADY:
            unasked |= {change.pk: [Reason(why).as_json()] for change in group}
        else:
            asked += 1
    return unasked, asked


def _ask(group: Sequence[PlanChange], *, actor: Actor, at: datetime, has_wish: bool) -> str:
    """ "" when the customer is asked, else the code of why not. A wish that has become impossible is left out."""
    change = group[0]
    wish: dict[str, Any] = {"engineer_id": change.to_engineer_id, "start_at": change.to_start_at}
    if len(group) > 1:
        wish["crew_ids"] = [one.to_engineer_id for one in group]
    try:
        with transaction.atomic():
            dispatching.ask_consent(
                visit_id=change.visit_id or 0,
                cause=ConsentCause.PLANNING,
                actor=actor,
                at=at,
                **(wish if has_wish else {}),
            )
    except Refusal as problem:
        if has_wish and problem.problem_code in _WISH_IS_GONE:
            return _ask(group, actor=actor, at=at, has_wish=False)
        return problem.problem_code
    return ""
