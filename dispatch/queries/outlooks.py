"""What is known of engineers on their way to visits: read for many visits in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta

from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.outlook import A_NIGHT, Outlook, Seen, outlook
from dispatch.queries.planning import policy_in_force
from dispatch.queries.reading import WORKED
from dispatch.queries.roads import knowing_among
from dispatch.rules import OCCUPYING
from dispatch.travel import point_of

_LONGEST = timedelta(hours=24)
_TELLING = (*OCCUPYING, *WORKED, VisitStatus.NO_SHOW)
_FIELDS = (
    "pk",
    "engineer_id",
    "work_order__number",
    "start_at",
    "end_at",
    "status",
    "travel_started_at",
    "ended_at",
)
_PLACES = tuple(
    f"{owner}_{part}"
    for owner in ("work_order__site_", "engineer__home")
    for part in ("latitude", "longitude")
)


def outlooks(visits: Collection[Visit]) -> dict[int, Outlook]:
    """{visit id: what is known of the way to it} of visits that nobody has arrived at."""
    if not visits:
        return {}
    seen = {one.visit_id: one for one in _seen(visits)}
    of_engineer: dict[int, list[Seen]] = defaultdict(list)
    for one in seen.values():
        of_engineer[one.engineer_id].append(one)
    policy = policy_in_force()
    roads = knowing_among(policy, {place for one in seen.values() for place in (one.place, one.home)}).roads
    asked = [seen[visit.pk] for visit in visits if visit.pk in seen]
    return {one.visit_id: outlook(one, of_engineer[one.engineer_id], roads) for one in asked}


def _seen(visits: Collection[Visit]) -> Iterator[Seen]:
    """These visits and what their engineers do around them."""
    starts = [visit.start_at for visit in visits]
    around = Visit.objects.filter(
        engineer_id__in={visit.engineer_id for visit in visits},
        start_at__gt=min(starts) - A_NIGHT - _LONGEST,
        start_at__lt=max(starts) + _LONGEST,
        status__in=_TELLING,
    )
    for row in around.order_by("start_at", "id").values_list(*_FIELDS, *_PLACES):
        pk, engineer_id, number, start, end, status, left, ended, *places = row
        name = WorkOrder.reference_of(number)
        yield Seen(
            pk,
            engineer_id,
            name,
            start,
            end,
            status,
            left,
            ended,
            point_of(*places[:2]),
            point_of(*places[2:]),
        )
