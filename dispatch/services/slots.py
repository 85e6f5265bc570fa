"""Booking an arrival window: the best engineer who is still free in it, under the lock of the work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict
from dispatch import events, queries, ranking, reasons
from dispatch.enums import LockLevel, VisitStatus
from dispatch.evaluator import Reason, Verdict
from dispatch.evaluator.checks import capacity_reasons
from dispatch.models import Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.capacity import with_room
from dispatch.queries.planning import instant, load_world, seconds, work_of
from dispatch.services.following import check_takes_a_visit, check_work_is_open, follow_visits
from dispatch.services.judging import plan_facts, save_planned
from dispatch.services.planning import fact
from journal import services as journal
from tenants.actors import Actor

TRIES = 3
LONGEST_WINDOW = timedelta(hours=24)


@transaction.atomic
def book_slot(
    *, work_order_id: int, start_at: datetime, end_at: datetime, actor: Actor, at: datetime
) -> Visit:
    """Plan the visit of the best engineer who can arrive between two instants, and promise that window.

    The customer has agreed: the visit is confirmed. Raises `Conflict` (code "slot_taken") when nobody can
    arrive in the window any more, or the work is planned already.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    _check_window(start_at, end_at, at)
    check_takes_a_visit(work_order)
    if work_order.crew_size > 1:
        message = _("%(work)s needs %(n)s engineers. Plan the crew instead of booking a window.")
        raise BadInput(message % {"work": work_order, "n": work_order.crew_size})
    work_order.promised_start_at, work_order.promised_end_at = start_at, end_at
    visit = _booked(work_order, (start_at, end_at), at)
    work_order.version += 1
    work_order.save(update_fields=["promised_start_at", "promised_end_at", "version", "updated_at"])
    follow_visits(work_order, at=at)
    facts = {
        "work_order": str(work_order),
        "engineer": visit.engineer.name,
        "from": visit.start_at.isoformat(),
        "promised": [start_at.isoformat(), end_at.isoformat()],
    }
    journal.record(actor=actor, verb="scheduled", thing=visit, at=at, changes=facts, source="slot")
    journal.publish(fact(events.VisitScheduled, visit))
    return visit


def _booked(work_order: WorkOrder, window: tuple[datetime, datetime], at: datetime) -> Visit:
    """Look, write, and look again when somebody was faster."""
    for _attempt in range(TRIES):
        verdict = _best(work_order, window, at)
        if isinstance(verdict, Reason):
            raise _kept_back(work_order, window, verdict)
        if verdict is None:
            break
        start, end = verdict.span
        visit = Visit(
            work_order=work_order,
            engineer_id=verdict.person.id,
            start_at=instant(start),
            end_at=instant(end),
            status=VisitStatus.SCHEDULED,
            lock_level=LockLevel.CONFIRMED,
            **plan_facts(verdict, ""),
        )
        try:
            save_planned(visit)
        except Conflict:
            continue
        return visit
    message = _(
        "Nobody can arrive at %(site)s between %(from)s and %(to)s any more: the time was taken meanwhile. "
        "Ask for the windows again and choose another."
    )
    facts = {
        "site": work_order.site.name,
        "from": formats.local_datetime(window[0]),
        "to": formats.local_datetime(window[1]),
    }
    raise Conflict(message % facts, code="slot_taken")


def _kept_back(work_order: WorkOrder, window: tuple[datetime, datetime], reason: Reason) -> Conflict:
    message = _("%(work)s cannot be booked from %(from)s: %(why)s. Choose a window of another day.")
    facts = {"work": work_order, "from": formats.local_datetime(window[0]), "why": reasons.words(reason)}
    return Conflict(message % facts, code="slot_taken", reason=reason.as_json())


def _best(work_order: WorkOrder, window: tuple[datetime, datetime], at: datetime) -> Verdict | Reason | None:
    """Who should come in the window; why nobody may, when capacity keeps its day; or None."""
    first, last = window
    work = work_of(work_order, first - timedelta(days=1), last + timedelta(days=2))
    world = load_world(first, last, site_ids=[work_order.site_id], part_ids=list(work.parts))
    work = replace(work, start_by=min(work.start_by, seconds(last) - 1))
    policy: Policy | None = queries.knowing(world.policy, [work.place])
    work = with_room(work, world.policy, (first, last), at=at)
    for reason in capacity_reasons(work, seconds(first)):
        return reason
    while policy is not None:
        between = seconds(at), seconds(last)
        answer = ranking.rank(world.people, work, *between, ranking.BEST, policy=policy)
        if answer.best:
            return answer.best.verdict
        # The window was offered by what was known then.
        older = policy.roads.before()
        policy = replace(policy, roads=older) if older else None
    return None


def _check_window(start_at: datetime, end_at: datetime, at: datetime) -> None:
    if not start_at < end_at <= start_at + LONGEST_WINDOW:
        raise BadInput(_("The window must end after it begins, within a day."))
    if end_at <= at:
        raise BadInput(_("The window is over. Ask for the windows again."))
