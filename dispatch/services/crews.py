"""Visits that go together: all of a crew are planned, moved, sent and called off, or none is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotFound
from dispatch import evaluator, events, queries
from dispatch.crews import check_team
from dispatch.enums import VisitStatus
from dispatch.evaluator import Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.queries.capacity import with_room
from dispatch.queries.planning import load_world, part_ids_of, seconds
from dispatch.queries.stints import work_at
from dispatch.queries.turns import take_turn_at_parts, take_turn_at_weeks
from dispatch.services.following import check_takes_a_visit, check_work_is_open, follow_visits
from dispatch.services.judging import (
    check_time,
    check_verdict,
    fitting_end,
    no_crew,
    plan_facts,
    save_planned,
)
from dispatch.services.planning import fact
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def schedule_crew(
    *,
    work_order_id: int,
    engineer_ids: Sequence[int],
    start_at: datetime,
    actor: Actor,
    at: datetime,
    override_reason: str = "",
) -> list[Visit]:
    """Plan the visits of a crew: as many engineers as the work needs, all at the same time.

    The first one leads. Work that may be split takes as much as fits for all of them. Raises `CannotSchedule`
    when they are no whole crew, may not go together, or a rule is broken for one of them, as `schedule_visit`
    does; `Conflict` when somebody's time is taken. Then nobody is planned.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    check_takes_a_visit(work_order, people=len(engineer_ids), reason=override_reason)
    end_at = min(
        (fitting_end(work_order, engineer_id, start_at) for engineer_id in engineer_ids),
        default=start_at + timedelta(minutes=work_order.minutes_to_plan),
    )
    check_time(start_at, end_at, at, override_reason)
    verdicts = judge_crew(work_order, engineer_ids, start_at, end_at, at=at)
    for verdict in verdicts:
        check_verdict(work_order, verdict, override_reason)
    key = uuid4()
    visits = [
        Visit(
            work_order=work_order,
            engineer_id=verdict.person.id,
            start_at=start_at,
            end_at=end_at,
            status=VisitStatus.SCHEDULED,
            crew_key=key,
            **plan_facts(verdict, override_reason),
        )
        for verdict in verdicts
    ]
    for visit in sorted(visits, key=lambda visit: visit.engineer_id):
        save_planned(visit)
    follow_visits(work_order, at=at)
    journal.record_many(actor=actor, verb="scheduled", things=visits, at=at, source="")
    journal.publish(*(fact(events.VisitScheduled, visit) for visit in visits))
    return visits


def judge_crew(
    work_order: WorkOrder,
    engineer_ids: Collection[int],
    start_at: datetime,
    end_at: datetime,
    *,
    at: datetime,
) -> list[Verdict]:
    """The evaluator's verdicts on each, in the order given. Raises `CannotSchedule` when they are no crew for the
    work, `NotFound` for an unknown engineer."""
    take_turn_at_parts(part_ids_of([work_order]))
    verdicts = _judged(work_order, engineer_ids, start_at, end_at, at)
    return (
        _judged(work_order, engineer_ids, start_at, end_at, at) if take_turn_at_weeks(verdicts) else verdicts
    )


def _judged(
    work_order: WorkOrder,
    engineer_ids: Collection[int],
    start_at: datetime,
    end_at: datetime,
    at: datetime,
) -> list[Verdict]:
    part_ids = part_ids_of([work_order])
    world = load_world(start_at, end_at, engineer_ids=engineer_ids, part_ids=part_ids)
    found = [world.person(engineer_id) for engineer_id in dict.fromkeys(engineer_ids)]
    people = [person for person in found if person is not None]
    if len(people) < len(found):
        missing = next(i for i in engineer_ids if world.person(i) is None)
        raise NotFound(_("Engineer %(id)s: not found.") % {"id": missing})
    work = work_at(work_order, start_at, end_at)
    together = check_team(people, work, queries.likings([person.id for person in people]))
    policy = queries.knowing(world.policy, [work.place])
    minutes = int((end_at - start_at).total_seconds()) // 60
    work = with_room(work, policy, (start_at, end_at), at=at, minutes=minutes)
    verdicts = [
        evaluator.evaluate_as_told(person, work, seconds(start_at), end=seconds(end_at), policy=policy)
        for person in people
    ]
    if together:
        raise no_crew(work_order, together, verdicts)
    return verdicts
