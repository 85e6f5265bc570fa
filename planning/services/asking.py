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
) -> dict[int, list[dict[str, Any]]]:
    """Ask whether each visit may move, to what was proposed first. Nothing moves before they choose.

    Returns why some could not be asked, by row; who was asked already counts as asked.
    """
    unasked = {}
    for change in changes:
        why = _ask(change, actor=actor, at=at, has_wish=change.to_start_at is not None)
        if why and why != ASKED_ALREADY:
            unasked[change.pk] = [Reason(why).as_json()]
    return unasked


def _ask(change: PlanChange, *, actor: Actor, at: datetime, has_wish: bool) -> str:
    """ "" when the customer is asked, else the code of why not. A wish that has become impossible is left out."""
    try:
        with transaction.atomic():
            dispatching.ask_consent(
                visit_id=change.visit_id or 0,
                engineer_id=change.to_engineer_id if has_wish else None,
                start_at=change.to_start_at if has_wish else None,
                cause=ConsentCause.PLANNING,
                actor=actor,
                at=at,
            )
    except Refusal as problem:
        if has_wish and problem.problem_code in _WISH_IS_GONE:
            return _ask(change, actor=actor, at=at, has_wish=False)
        return problem.problem_code
    return ""
