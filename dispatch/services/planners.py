"""Word to those who plan: what auto-dispatch could not do in time, and customers' answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from accounts.enums import Permission
from accounts.models import Membership
from dispatch import letters
from dispatch.enums import OfferStatus, RunOutcome
from dispatch.models import DispatchRun, Offer, WorkOrder
from notices import services as notices
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets.enums import Priority

SOON = timedelta(hours=24)
"""Work that is promised within it presses, as the most urgent does."""
MOST_TOLD = 5
"""Of more work that came to nothing at once, one notice tells how much."""
_NOT_PLANNED = (RunOutcome.NOBODY, RunOutcome.STOPPED)
_REFUSED = (OfferStatus.DECLINED, OfferStatus.EXPIRED)


def tell_planners(
    work_order: WorkOrder,
    kind: str,
    facts: Mapping[str, Any],
    *,
    key: str,
    actor: Actor,
    at: datetime,
    only: int | None = None,
    path: str = "",
) -> None:
    """Tell one person, or everybody who plans visits, something of a work order. `path` "" leads to its page."""
    told = {"customer": work_order.customer.name, "work_order": str(work_order)}
    page = reverse("dispatch:work_order_detail", args=[current_tenant().slug, work_order.pk])
    notices.notify(
        membership_ids=[only] if only else _planners(),
        kind=kind,
        facts={**facts, **told},
        path=path or page,
        key=key,
        actor=actor,
        at=at,
    )


def tell_of_runs(runs: Sequence[DispatchRun], *, actor: Actor, at: datetime) -> None:
    """Tell planners of work that presses and nobody can do, and of what was planned after its promise. A person who
    lets rules plan sees what comes of it."""
    if actor.kind == "member":
        return
    for run in runs:
        if run.outcome == RunOutcome.ASSIGNED and _is_late(run):
            _tell_late(run, actor, at)
    left = [run for run in runs if run.outcome in _NOT_PLANNED and _presses(run.work_order, at)]
    if len(left) > MOST_TOLD:
        _tell_many(left, actor, at)
    else:
        for run in left:
            _tell_unplanned(run, actor, at)


def _presses(work_order: WorkOrder, at: datetime) -> bool:
    promised = work_order.promised_end_at
    return work_order.priority == Priority.P1 or (promised is not None and promised <= at + SOON)


def _is_late(run: DispatchRun) -> bool:
    promised = run.work_order.promised_end_at
    return promised is not None and run.visit is not None and run.visit.start_at > promised


def _tell_late(run: DispatchRun, actor: Actor, at: datetime) -> None:
    visit, promised = run.visit, run.work_order.promised_end_at
    if visit is None or promised is None:
        return
    facts = {"start": visit.start_at.isoformat(), "promised": promised.isoformat()}
    key = f"{letters.PLANNED_LATE}:{visit.pk}"
    path = _board(f"visit={visit.pk}")
    tell_planners(run.work_order, letters.PLANNED_LATE, facts, key=key, actor=actor, at=at, path=path)


def _tell_unplanned(run: DispatchRun, actor: Actor, at: datetime) -> None:
    order = run.work_order
    promised = order.promised_end_at
    facts = {
        "priority": Priority(order.priority).label,
        "promised": promised.isoformat() if promised else "",
        **_refused(run),
    }
    key = f"{letters.UNPLANNED}:{order.pk}:{at:%Y-%m-%d}"
    path = _board(f"work_order={order.pk}")
    tell_planners(order, letters.UNPLANNED, facts, key=key, actor=actor, at=at, path=path)


def _tell_many(runs: Sequence[DispatchRun], actor: Actor, at: datetime) -> None:
    first = runs[0].work_order
    key = f"{letters.UNPLANNED}:{first.pk}:{len(runs)}"
    facts = {"count": len(runs)}
    tell_planners(first, letters.UNPLANNED, facts, key=key, actor=actor, at=at, path=_board(""))


def _refused(run: DispatchRun) -> dict[str, str]:
    """Who said no last, and why, where it had been offered."""
    if "after" not in run.inputs:
        return {}
    closed = Offer.objects.filter(work_order_id=run.work_order_id, status__in=_REFUSED)
    last = closed.select_related("provider", "engineer").order_by("-answered_at", "-id").first()
    who = (last.provider or last.engineer) if last else None
    if last is None or who is None:
        return {}
    return {"refused": last.status, "by": who.name, "reason": last.reason}


def _board(query: str) -> str:
    page = reverse("dispatch:board", args=[current_tenant().slug])
    return f"{page}?{query}" if query else page


def _planners() -> list[int]:
    """Our own people whose role plans visits as their work: it may plan, and does not manage the company."""
    people = Membership.objects.filter(is_active=True, provider_code="").select_related("role")
    planning = [one for one in people if Permission.VISIT_PLAN in one.role.permissions]
    dispatchers = [one for one in planning if Permission.TENANT_MANAGE not in one.role.permissions]
    return [one.pk for one in dispatchers or planning]
