"""Word to those who plan: what auto-dispatch could not do in time, and customers' answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from accounts.enums import Permission
from accounts.models import Membership
from dispatch import letters
from dispatch.enums import OfferStatus, RunOutcome, WorkOrderStatus
from dispatch.models import DispatchRun, Offer, WorkOrder
from notices import services as notices
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets.enums import Priority

SOON = timedelta(hours=24)
"""Work that is promised within it presses, as the most urgent does."""
MOST_TOLD = 5
"""Of more work that came to nothing, or late, at once, one notice tells how much."""
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
) -> None:
    """Tell one person, or everybody who plans visits, something of a work order."""
    page = reverse("dispatch:work_order_detail", args=[current_tenant().slug, work_order.pk])
    notices.notify(
        membership_ids=[only] if only else _planners(),
        kind=kind,
        facts={**facts, **_thing(work_order)},
        path=page,
        key=key,
        actor=actor,
        at=at,
    )


def tell_of_runs(runs: Sequence[DispatchRun], *, actor: Actor, at: datetime) -> None:
    """Tell planners of work that presses and nobody can do, and of what was planned after its promise, in a fixed
    number of statements. A person who lets rules plan sees what comes of it."""
    if actor.kind == "member":
        return
    late = [run for run in runs if run.outcome == RunOutcome.ASSIGNED and _is_late(run)]
    left = [run for run in runs if _is_left(run) and _presses(run.work_order, at)]
    if late or left:
        people = _planners()
        told_late = [_many(late, at)] if len(late) > MOST_TOLD else [_late(run) for run in late]
        told_left = [_many(left, at)] if len(left) > MOST_TOLD else [_unplanned(run, at) for run in left]
        _tell(letters.PLANNED_LATE, told_late, people, actor, at)
        _tell(letters.UNPLANNED, told_left, people, actor, at)


@dataclass(frozen=True, slots=True)
class _Word:
    """One thing to say: JSON facts, where it leads, and the key under which it is said once."""

    facts: Mapping[str, Any]
    path: str
    key: str


def _tell(kind: str, words: Sequence[_Word], people: Sequence[int], actor: Actor, at: datetime) -> None:
    tellings = [
        notices.Telling(membership_id=pk, facts=word.facts, path=word.path, key=f"{kind}:{word.key}")
        for word in words
        for pk in people
    ]
    if tellings:
        notices.notify_each(tellings=tellings, kind=kind, actor=actor, at=at)


def _is_left(run: DispatchRun) -> bool:
    """Whether nobody goes: of work that is planned already only the rule came to nothing."""
    return run.outcome in _NOT_PLANNED and run.work_order.status == WorkOrderStatus.UNSCHEDULED


def _presses(work_order: WorkOrder, at: datetime) -> bool:
    promised = work_order.promised_end_at
    return work_order.priority == Priority.P1 or (promised is not None and promised <= at + SOON)


def _is_late(run: DispatchRun) -> bool:
    promised = run.work_order.promised_end_at
    return promised is not None and run.visit is not None and run.visit.start_at > promised


def _late(run: DispatchRun) -> _Word:
    visit, promised = run.visit, run.work_order.promised_end_at
    if visit is None or promised is None:
        raise ValueError("only what was planned after a promise is late")
    facts = {"start": visit.start_at.isoformat(), "promised": promised.isoformat()}
    return _Word(facts | _thing(run.work_order), _board(f"visit={visit.pk}"), str(visit.pk))


def _unplanned(run: DispatchRun, at: datetime) -> _Word:
    order = run.work_order
    promised = order.promised_end_at
    facts = {
        "priority": Priority(order.priority).label,
        "promised": promised.isoformat() if promised else "",
        **_refused(run),
    }
    return _Word(facts | _thing(order), _board(f"work_order={order.pk}"), f"{order.pk}:{at:%Y-%m-%d}")


def _many(runs: Sequence[DispatchRun], at: datetime) -> _Word:
    first = runs[0].work_order_id
    return _Word({"count": len(runs)}, _board(f"work_order={first}"), f"{first}:{len(runs)}:{at:%Y-%m-%d}")


def _thing(work_order: WorkOrder) -> dict[str, str]:
    return {"customer": work_order.customer.name, "work_order": str(work_order)}


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
