"""Work that takes several days: how it could be done, and which stint of it a visit is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from dispatch.crews import Team
from dispatch.enums import VisitStatus
from dispatch.evaluator import FOREVER, Person, Reason, Verdict, Work
from dispatch.models import Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.capacity import with_room
from dispatch.queries.crews import likings
from dispatch.queries.live import live_world
from dispatch.queries.planning import load_world, part_ids_of, policy_in_force, seconds, span_of, work_of
from dispatch.queries.roads import knowing
from dispatch.ranking import Answer, answer
from dispatch.stints import crew_in_stints, earliest_stints, ended

AHEAD = timedelta(days=21)
"""Within which all stints must end, whenever the first may begin."""
_COUNTING = [s for s in VisitStatus if s not in (VisitStatus.CANCELLED, VisitStatus.NO_SHOW)]


def stints_for(
    work_order: WorkOrder,
    at: datetime,
    *,
    engineer_ids: Iterable[int] | None = None,
    strategy: str = "earliest",
    asked_at: datetime | None = None,
) -> Answer:
    """Who could do what is left of the work in stints, from `at` on, and why not the others. The verdict of a
    candidate is about the first stint; its `then` has the others. `engineer_ids` asks these only. What capacity keeps
    at `asked_at` counts (None: at `at`)."""
    policy = policy_in_force()
    people = people_ahead(work_order, at, policy)
    if engineer_ids is not None:
        wanted = set(engineer_ids)
        people = [person for person in people if person.id in wanted]
    return stints_among(people, work_order, at, policy, strategy=strategy, asked_at=asked_at)


def people_ahead(work_order: WorkOrder, at: datetime, policy: Policy) -> list[Person]:
    """All active engineers with their plan as far ahead as stints of the work may lie."""
    parts = part_ids_of([work_order])
    world = live_world(at, at + AHEAD, policy=policy, site_ids=[work_order.site_id], part_ids=parts)
    return list(world.crowd.people)


def stints_among(
    people: Iterable[Person],
    work_order: WorkOrder,
    at: datetime,
    policy: Policy,
    *,
    strategy: str = "earliest",
    asked_at: datetime | None = None,
) -> Answer:
    """`stints_for` among these people: who is done first comes first, with `strategy` among equals."""
    work = work_of(work_order, at - timedelta(days=1), at + AHEAD + timedelta(days=1))
    known = knowing(policy, [work.place])
    work = with_room(work, known, (at, at + AHEAD), at=asked_at or at)
    verdicts = earliest_stints(people, work, (seconds(at), seconds(at + AHEAD)), known)
    found = answer(verdicts, work, seconds(at), strategy)
    ranked = sorted(found.candidates, key=lambda one: _day_of_end(one.verdict))
    return Answer(tuple(ranked), found.forceable, found.excluded)


def crew_stints_for(
    work_order: WorkOrder, at: datetime, *, asked_at: datetime | None = None
) -> tuple[Team, ...] | Reason:
    """The first crew that could do what is left of the work in stints, from `at` on; or why there is none. What
    capacity keeps at `asked_at` counts (None: at `at`)."""
    parts = part_ids_of([work_order])
    world = load_world(at, at + AHEAD, site_ids=[work_order.site_id], part_ids=parts)
    work = work_of(work_order, at - timedelta(days=1), at + AHEAD + timedelta(days=1))
    pairs = likings([person.id for person in world.people])
    policy = knowing(world.policy, [work.place])
    work = with_room(work, policy, (at, at + AHEAD), at=asked_at or at)
    return crew_in_stints(world.people, work, (seconds(at), seconds(at + AHEAD)), pairs, policy)


def _day_of_end(verdict: Verdict) -> tuple[int, int]:
    return ended(verdict) // 86_400, len(verdict.then)


def work_at(work_order: WorkOrder, start_at: datetime, end_at: datetime, ignoring: int = 0) -> Work:
    """The work as it is for a visit at a time: only the first stint of it is held to the promise."""
    work = work_of(work_order, start_at - timedelta(days=1), end_at + timedelta(days=8))
    if not work_order.may_split:
        return work
    if has_earlier_stint(work_order, start_at, ignoring=ignoring):
        return replace(work, promised=(0, FOREVER), start_by=FOREVER)
    return replace(work, promised=span_of(work_order.promised_start_at, work_order.promised_end_at))


def has_earlier_stint(work_order: WorkOrder, start_at: datetime, *, ignoring: int = 0) -> bool:
    """Whether somebody begins with the work before an instant: then what begins at it is no arrival that was
    promised."""
    if not work_order.may_split:
        return False
    earlier = work_order.visits.filter(start_at__lt=start_at, status__in=_COUNTING)
    return earlier.exclude(pk=ignoring).exists()


def later_stints(visits: Iterable[Visit]) -> set[int]:
    """Which of these visits are of work that somebody begins with before them, as `has_earlier_stint` says of one."""
    ids = [visit.pk for visit in visits if visit.work_order.may_split]
    if not ids:
        return set()
    earlier = Visit.objects.filter(
        work_order_id=OuterRef("work_order_id"), start_at__lt=OuterRef("start_at"), status__in=_COUNTING
    )
    return set(Visit.objects.filter(Exists(earlier), pk__in=ids).values_list("pk", flat=True))


def stint_of(visit: Visit) -> tuple[int, int]:
    """(which stint of its work a visit is, of how many planned): (1, 1) of work that is not split."""
    if not visit.work_order.may_split:
        return 1, 1
    rows = visit.work_order.visits.filter(status__in=_COUNTING).order_by("start_at", "id")
    keys = list(dict.fromkeys(crew_key or pk for pk, crew_key in rows.values_list("pk", "crew_key")))
    key = visit.crew_key or visit.pk
    return (keys.index(key) + 1, len(keys)) if key in keys else (1, 1)


def is_last_stint(visit: Visit) -> bool:
    """Whether the work is to be done with when this visit ends: nothing is planned after it or left to plan."""
    order = visit.work_order
    if not order.may_split:
        return True
    later = order.visits.filter(status__in=_COUNTING, start_at__gt=visit.start_at)
    return not order.left_minutes and not later.exclude(status=VisitStatus.DONE).exists()
