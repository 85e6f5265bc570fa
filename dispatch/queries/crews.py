"""Who may go together, and the first crew that could."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch.crews import Likings, Team, earliest_team
from dispatch.enums import VisitStatus
from dispatch.evaluator import Person, Reason
from dispatch.models import Visit, WorkOrder
from dispatch.queries.capacity import with_room
from dispatch.queries.planning import load_world, part_ids_of, policy_in_force, seconds, work_of
from dispatch.queries.roads import knowing
from dispatch.reserves import Reserves
from workforce.models import EngineerPair


def likings(engineer_ids: Collection[int]) -> Likings:
    """Which of these engineers prefer each other, or never go together."""
    rows = EngineerPair.objects.filter(first_id__in=engineer_ids, second_id__in=engineer_ids)
    return {
        frozenset({first, second}): liking
        for first, second, liking in rows.values_list("first_id", "second_id", "liking")
    }


def crew_for(
    work_order: WorkOrder, at: datetime, *, days: int = 3, may_be_late: bool = False
) -> Team | Reason:
    """The first crew that can do the work from `at` on, or why there is none. `may_be_late`: as `earliest_team` has
    it."""
    until = at + timedelta(days=days)
    parts = part_ids_of([work_order])
    world = load_world(at, until, site_ids=[work_order.site_id], part_ids=parts)
    return team_among(world.people, work_order, at, until, may_be_late=may_be_late)


def others_of_crew_for_update(visit: Visit) -> list[Visit]:
    """The visits that go together with this one, locked; none when it goes alone."""
    if visit.crew_key is None:
        return []
    together = Visit.objects.select_for_update(of=("self",)).filter(crew_key=visit.crew_key)
    others = together.exclude(pk=visit.pk).exclude(status=VisitStatus.CANCELLED)
    return list(others.select_related("engineer", "work_order__site").order_by("engineer_id"))


def together_with(visit: Visit) -> list[Visit]:
    """The visits of a crew in order of engineers, or the one that goes alone."""
    if visit.crew_key is None:
        return [visit]
    found = Visit.objects.filter(crew_key=visit.crew_key).exclude(status=VisitStatus.CANCELLED)
    return list(found.select_related("engineer__provider").order_by("engineer_id"))


def team_among(
    people: Iterable[Person],
    work_order: WorkOrder,
    at: datetime,
    until: datetime,
    *,
    instead_of: Visit | None = None,
    kept: Reserves | None = None,
    asked_at: datetime | None = None,
    may_be_late: bool = False,
) -> Team | Reason:
    """The first crew of these people for the work, or why there is none.

    `instead_of` is a visit of a crew whose engineer cannot come: that one is left out, and the others' visits
    of the same crew stand in nobody's way. `kept`: the reserves, where they are known already; else
    what is kept at `asked_at` counts (None: at `at`). `may_be_late`: as `earliest_team` has it.
    """
    gone = set()
    if instead_of is not None:
        together = Visit.objects.filter(crew_key=instead_of.crew_key, crew_key__isnull=False)
        gone = {instead_of.pk, *together.values_list("pk", flat=True)}
        people = [person for person in people if person.id != instead_of.engineer_id]
    free = [
        replace(person, stops=[stop for stop in person.stops if stop.visit_id not in gone])
        for person in people
    ]
    work = work_of(work_order, at - timedelta(days=1), until + timedelta(days=1))
    pairs = likings([person.id for person in free])
    policy = knowing(policy_in_force(), [work.place])
    work = (
        kept.known_to(work)
        if kept
        else with_room(work, policy, (at, until), at=asked_at or at, ignoring=gone)
    )
    between = seconds(at), seconds(until)
    return earliest_team(free, work, between, pairs, policy, may_be_late=may_be_late)
