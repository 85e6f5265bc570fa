"""Work that takes several days: its stints are planned together, or none of them is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Refusal
from dispatch import events, queries, reasons
from dispatch.enums import VisitStatus
from dispatch.evaluator import Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import instant
from dispatch.queries.turns import take_turn_at_weeks_of
from dispatch.services.crews import judge_crew
from dispatch.services.following import check_work_is_open, follow_visits
from dispatch.services.judging import (
    CannotSchedule,
    check_time,
    check_verdict,
    judge,
    plan_facts,
    save_planned,
)
from dispatch.services.planning import fact
from dispatch.stints import stints_of
from journal import services as journal
from tenants.actors import Actor

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stint:
    """Who does a stint of the work, from when to when: one engineer, or a crew of which the first leads."""

    engineer_ids: tuple[int, ...]
    start_at: datetime
    end_at: datetime


@transaction.atomic
def schedule_stints(
    *,
    work_order_id: int,
    stints: Sequence[Stint],
    actor: Actor,
    at: datetime,
    override_reason: str = "",
) -> list[Visit]:
    """Plan all that is left of work that may take several days, one visit for each stint, or one for each of a crew.

    Raises `BadInput` when the work may not be split, or the stints do not add up to what is left or lie on each
    other; `CannotSchedule` and `Conflict` as `schedule_visit` does. Then none is planned.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    ordered = sorted(stints, key=lambda stint: stint.start_at)
    _check_stints(work_order, ordered)
    take_turn_at_weeks_of({engineer_id for stint in ordered for engineer_id in stint.engineer_ids})
    visits = [visit for stint in ordered for visit in _planned(work_order, stint, override_reason, at)]
    follow_visits(work_order, at=at)
    journal.record_many(actor=actor, verb="scheduled", things=visits, at=at, source="")
    journal.publish(*(fact(events.VisitScheduled, visit) for visit in visits))
    return visits


def plan_rest(
    first: Visit,
    *,
    offered: Sequence[Span],
    others: Collection[int],
    actor: Actor,
    at: datetime,
) -> list[Visit]:
    """Plan and send all that is left of split work after a stint that somebody took, or nothing: raises
    `CannotSchedule`, or `Conflict` as `schedule_visit` does.

    The stints that were `offered` after the first count, while they add up to what is left. Without any, the same
    engineer goes on, else `others` do. The caller holds the lock of the work order, has derived what is left, and took
    the turn at the overtime of all of them (`take_turn_at_weeks_of`) before it saved the first.
    """
    work_order = first.work_order
    if not work_order.may_split or not work_order.left_minutes:
        return []
    left = timedelta(minutes=work_order.left_minutes)
    if offered and sum((end - start for start, end in offered), timedelta()) == left:
        visits = [_as_offered(first, span, at) for span in offered]
    else:
        visits = [_sent(work_order, verdict, at) for verdict in _rest_of(first, others, at)]
        for visit in visits:
            save_planned(visit)
    follow_visits(work_order, at=at)
    journal.record_many(actor=actor, verb="scheduled", things=visits, at=at, source="offer")
    for visit in visits:
        journal.publish(fact(events.VisitScheduled, visit), fact(events.VisitSent, visit))
    return visits


def _as_offered(first: Visit, span: Span, at: datetime) -> Visit:
    """A later stint where it was offered, saved."""
    work_order = first.work_order
    try:
        verdict = judge(work_order, first.engineer_id, *span, at=at)
        check_verdict(work_order, verdict, None)
        visit = _sent(work_order, verdict, at)
        save_planned(visit)
    except Refusal as problem:
        facts = {"time": formats.local_datetime(span[0]), "why": problem.message}
        text = _("Nothing was planned: the stint of %(time)s is not possible any more. %(why)s") % facts
        told = problem.facts.get("reasons", [])
        raise CannotSchedule(
            text, reasons=told, can_be_forced=False, start_at=span[0].isoformat()
        ) from problem
    return visit


def _rest_of(first: Visit, others: Collection[int], at: datetime) -> list[Verdict]:
    """The stints that are left: of the same engineer where that can be, else of others."""
    work_order, answer = first.work_order, None
    for ids in ([first.engineer_id], list(others)):
        if ids:
            answer = queries.stints_for(work_order, first.end_at, engineer_ids=ids, asked_at=at)
            if answer.best is not None:
                return stints_of(answer.best.verdict)
    left = formats.minutes(work_order.left_minutes)
    text = _("Nothing was planned: %(left)s of %(work_order)s would find no time after this stint.")
    why = [reason for reason, _people in answer.excluded] if answer else []
    told = [{**reason.as_json(), "text": reasons.words(reason)} for reason in why]
    raise CannotSchedule(text % {"left": left, "work_order": work_order}, reasons=told, can_be_forced=False)


def _sent(work_order: WorkOrder, verdict: Verdict, at: datetime) -> Visit:
    start, end = verdict.span
    return Visit(
        work_order=work_order,
        engineer_id=verdict.person.id,
        start_at=instant(start),
        end_at=instant(end),
        status=VisitStatus.DISPATCHED,
        sent_at=at,
        **plan_facts(verdict, ""),
    )


def _planned(work_order: WorkOrder, stint: Stint, override_reason: str, at: datetime) -> list[Visit]:
    """The visits of one stint, saved: of one engineer, or of all of a crew, who share a key."""
    span = (stint.start_at, stint.end_at)
    check_time(*span, at, override_reason)
    if work_order.crew_size == 1 and len(stint.engineer_ids) == 1:
        verdicts, key = [judge(work_order, stint.engineer_ids[0], *span, at=at)], None
    else:
        verdicts, key = judge_crew(work_order, stint.engineer_ids, *span, at=at), uuid4()
    for verdict in verdicts:
        check_verdict(work_order, verdict, override_reason)
    visits = [
        Visit(
            work_order=work_order,
            engineer_id=verdict.person.id,
            start_at=stint.start_at,
            end_at=stint.end_at,
            status=VisitStatus.SCHEDULED,
            crew_key=key,
            **plan_facts(verdict, override_reason),
        )
        for verdict in verdicts
    ]
    for visit in sorted(visits, key=lambda visit: visit.engineer_id):
        save_planned(visit)
    return visits


def _check_stints(work_order: WorkOrder, stints: Sequence[Stint]) -> None:
    facts = {"work_order": work_order}
    if not work_order.may_split:
        text = _("%(work_order)s may not be split: say on the work order that it may take several days.")
        raise BadInput(text % facts)
    if work_order.left_minutes == 0:
        raise BadInput(_("%(work_order)s is planned whole. Move its visits instead.") % facts)
    total = sum((stint.end_at - stint.start_at for stint in stints), timedelta(0))
    if total != timedelta(minutes=work_order.minutes_to_plan):
        text = _("The stints of %(work_order)s take %(total)s together; %(left)s are left to plan.")
        minutes = round(total.total_seconds() / 60)
        left = formats.minutes(work_order.minutes_to_plan)
        raise BadInput(text % {**facts, "total": formats.minutes(minutes), "left": left})
    for before, after in pairwise(stints):
        if after.start_at < before.end_at:
            text = _("Two stints of %(work_order)s lie on each other at %(time)s. Let one begin later.")
            raise BadInput(text % {**facts, "time": formats.local_datetime(after.start_at)})
