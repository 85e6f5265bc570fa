"""Reads of the visits that somebody's absence leaves without an engineer, and of who could go instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from dispatch import evaluator
from dispatch.crews import check_team
from dispatch.evaluator import Verdict
from dispatch.models import EngineerPreference, Visit
from dispatch.queries.capacity import with_room
from dispatch.queries.crews import likings, together_with
from dispatch.queries.planning import in_force_for, load_world, part_ids_of, seconds
from dispatch.queries.roads import knowing
from dispatch.queries.stints import work_at
from dispatch.queries.work import visits
from dispatch.rules import OCCUPYING
from workforce.models import Absence


def visits_touched(engineer_id: int, start_at: datetime, end_at: datetime) -> QuerySet[Visit]:
    """The engineer's visits that take time between two instants and have not ended, in order."""
    planned = visits().filter(engineer_id=engineer_id, status__in=OCCUPYING)
    return planned.filter(start_at__lt=end_at, end_at__gt=start_at).order_by("start_at", "id")


def absence_during(visit: Visit, absences: Iterable[Absence]) -> Absence | None:
    """The first of the engineer's absences in which a visit that has not begun is planned; None: somebody comes."""
    if not visit.is_movable:
        return None
    over = (one for one in absences if one.start_at < visit.end_at and one.end_at > visit.start_at)
    return next(over, None)


def stand_ins(visit: Visit, at: datetime) -> list[Verdict]:
    """Who could go to a visit of a crew instead of its engineer, at its time and together with the others: those who
    break no rule first, the one with the least travel in front, then those for whom a reason is enough."""
    work_order, span = visit.work_order, (visit.start_at, visit.end_at)
    crew = together_with(visit)
    gone = [one.pk for one in crew]
    policy, rules = in_force_for(work_order)
    work = work_at(work_order, *span, visit.pk)
    policy = knowing(policy, [work.place])
    minutes = int((visit.end_at - visit.start_at).total_seconds()) // 60
    work = with_room(work, policy, span, at=at, ignoring=gone, minutes=minutes, rules=rules)
    people = load_world(*span, site_ids=[work_order.site_id], part_ids=part_ids_of([work_order])).people
    staying = {one.engineer_id for one in crew if one.pk != visit.pk}
    others = [person for person in people if person.id in staying]
    work = replace(work, crew_size=len(others) + 1)
    pairs = likings([person.id for person in people])
    start, end = map(seconds, span)
    judged = [
        evaluator.evaluate(person, work, start, end=end, policy=policy)
        for person in people
        if person.id not in staying | {visit.engineer_id} and not check_team([person, *others], work, pairs)
    ]
    fit = [verdict for verdict in judged if not verdict.broken or verdict.can_be_forced]
    return sorted(fit, key=lambda one: (len(one.broken), one.travel_minutes, one.person.id))


def preferences_of_customer(customer_id: int) -> QuerySet[EngineerPreference]:
    """What is said of a customer and engineers: who is wanted first, then who never goes."""
    said = EngineerPreference.objects.filter(customer_id=customer_id).select_related("engineer")
    return said.order_by("-liking", "engineer__name", "id")
