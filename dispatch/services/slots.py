"""Booking an arrival window: the best engineer who is still free in it, under the lock of the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict
from dispatch import events, queries, ranking, reasons
from dispatch.enums import LockLevel, VisitStatus
from dispatch.evaluator import Person, Reason, Span, Verdict, Work
from dispatch.evaluator.checks import capacity_reasons
from dispatch.models import Visit, WorkOrder
from dispatch.policy import CAPACITY, CONFIRM, Policy
from dispatch.queries.capacity import with_room
from dispatch.queries.crew_windows import nearest, team_in
from dispatch.queries.planning import instant, load_world, seconds, work_of
from dispatch.queries.turns import take_turn_at_parts, take_turn_at_weeks
from dispatch.services.following import check_takes_a_visit, check_work_is_open, follow_visits, note_told
from dispatch.services.judging import plan_facts, save_planned
from dispatch.services.planning import fact
from journal import services as journal
from tenants.actors import Actor

TRIES = 3
LONGEST_WINDOW = timedelta(hours=24)


@transaction.atomic
def book_slot(
    *,
    work_order_id: int,
    start_at: datetime,
    end_at: datetime,
    actor: Actor,
    at: datetime,
    override_reason: str = "",
) -> Visit:
    """Plan the visit of the best engineer who can arrive between two instants, and promise that window.

    The customer has agreed: the visit is confirmed. Of work for several engineers all come together or nobody,
    and the visit of the first is returned. Raises `Conflict` (code "slot_taken") when nobody can arrive in the
    window any more, when capacity keeps its day (`can_be_forced`: unless there is an `override_reason`), or the work
    is planned already.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    _check_window(start_at, end_at, at)
    check_takes_a_visit(work_order, people=work_order.crew_size)
    work_order.promised_start_at, work_order.promised_end_at = start_at, end_at
    visits = _booked(work_order, (start_at, end_at), at, override_reason)
    work_order.version += 1
    work_order.save(update_fields=["promised_start_at", "promised_end_at", "version", "updated_at"])
    follow_visits(work_order, at=at)
    note_told(work_order, at=at)
    for visit in visits:
        facts = {
            "work_order": str(work_order),
            "engineer": visit.engineer.name,
            "from": visit.start_at.isoformat(),
            "promised": [start_at.isoformat(), end_at.isoformat()],
        }
        why = override_reason[:500] if visit.reason else ""
        journal.record(
            actor=actor, verb="scheduled", thing=visit, at=at, changes=facts, source="slot", reason=why
        )
    journal.publish(*(fact(events.VisitScheduled, visit) for visit in visits))
    return visits[0]


def _booked(
    work_order: WorkOrder, window: tuple[datetime, datetime], at: datetime, reason: str
) -> list[Visit]:
    """Look, write, and look again when somebody was faster. All visits of a crew, or none."""
    for _attempt in range(TRIES):
        verdicts = _best(work_order, window, at, reason)
        if not isinstance(verdicts, _Kept) and take_turn_at_weeks(verdicts):
            verdicts = _best(work_order, window, at, reason)
        if isinstance(verdicts, _Kept):
            raise _kept_back(work_order, window, verdicts)
        if not verdicts:
            break
        key = uuid4() if len(verdicts) > 1 else None
        visits = [_confirmed(work_order, verdict, key, reason) for verdict in verdicts]
        try:
            with transaction.atomic():
                for visit in sorted(visits, key=lambda one: one.engineer_id):
                    save_planned(visit)
        except Conflict:
            continue
        return visits
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


def _confirmed(work_order: WorkOrder, verdict: Verdict, key: UUID | None, reason: str) -> Visit:
    start, end = verdict.span
    return Visit(
        work_order=work_order,
        engineer_id=verdict.person.id,
        start_at=instant(start),
        end_at=instant(end),
        status=VisitStatus.SCHEDULED,
        lock_level=LockLevel.CONFIRMED,
        crew_key=key,
        **plan_facts(verdict, reason),
    )


class _Kept(NamedTuple):
    """Why a day is kept back, and whether a reason is enough to book it."""

    reason: Reason
    can_be_forced: bool


def _kept_back(work_order: WorkOrder, window: tuple[datetime, datetime], kept: _Kept) -> Conflict:
    message = _("%(work)s cannot be booked from %(from)s: %(why)s. Choose a window of another day.")
    if kept.can_be_forced:
        message = _(
            "%(work)s cannot be booked from %(from)s: %(why)s. "
            "Choose a window of another day, or give a reason to book it anyway."
        )
    facts = {"work": work_order, "from": formats.local_datetime(window[0]), "why": reasons.words(kept.reason)}
    told = {"reason": kept.reason.as_json(), "can_be_forced": kept.can_be_forced}
    return Conflict(message % facts, code="slot_taken", **told)


def _best(
    work_order: WorkOrder, window: tuple[datetime, datetime], at: datetime, override_reason: str
) -> Sequence[Verdict] | _Kept:
    """Who should come in the window, one or a whole crew; why nobody may, when capacity keeps its day; or nobody."""
    first, last = window
    work = work_of(work_order, first - timedelta(days=1), last + timedelta(days=2))
    take_turn_at_parts(work.parts)
    world = load_world(first, last, site_ids=[work_order.site_id], part_ids=list(work.parts))
    work = replace(work, start_by=min(work.start_by, seconds(last) - 1))
    policy: Policy | None = queries.knowing(world.policy, [work.place])
    work = with_room(work, world.policy, (first, last), at=at)
    kept = tuple(capacity_reasons(work, seconds(first)))
    if kept:
        can_be_forced = world.policy.verdict(CAPACITY) == CONFIRM
        if not (can_be_forced and override_reason.strip()):
            return _Kept(kept[0], can_be_forced)
        work = replace(work, full=())
    while policy is not None:
        if found := _who(world.people, work, (seconds(at), seconds(last)), policy):
            return [replace(verdict, broken=(*verdict.broken, *kept)) for verdict in found]
        # The window was offered by what was known then.
        older = policy.roads.before()
        policy = replace(policy, roads=older) if older else None
    return ()


def _who(people: Sequence[Person], work: Work, between: Span, policy: Policy) -> Sequence[Verdict]:
    """The best engineer, or the first whole crew, that can begin between two instants."""
    if work.crew_size > 1:
        near = nearest(people, work, between[0], policy)
        window = max(between[0], work.promised[0]), between[1]
        team = team_in(near, work, window, policy)
        return team.verdicts if team else ()
    answer = ranking.rank(people, work, *between, ranking.BEST, policy=policy)
    return (answer.best.verdict,) if answer.best else ()


def _check_window(start_at: datetime, end_at: datetime, at: datetime) -> None:
    if not start_at < end_at <= start_at + LONGEST_WINDOW:
        text = _("The window must end after it begins, within a day.")
        raise BadInput(text, errors={"end_at": [text]})
    if end_at <= at:
        text = _("The window is over. Ask for the windows again.")
        raise BadInput(text, errors={"end_at": [text]})
