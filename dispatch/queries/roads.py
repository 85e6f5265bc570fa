"""How long driving takes for the active tenant: its estimate, with what a routing service said of the legs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from core.clock import now
from customers.models import Site
from dispatch.enums import TravelBand, TravelSource, WorkOrderStatus
from dispatch.models import TravelLeg, TravelProfile, WorkOrder
from dispatch.policy import Policy
from dispatch.travel import (
    LEAST_FACTOR,
    MOST_FACTOR,
    NO_FACTORS,
    Estimate,
    Factors,
    Key,
    Leg,
    Point,
    Roads,
    Table,
    key_of,
    place_of,
)
from workforce.models import Engineer

FRESH = timedelta(minutes=10)
"""For so long what was told by the estimate may still be planned as it was told."""
Pair = tuple[Key, Key]
_Row = tuple[Key, Key, int, int, datetime]


def travel_profile() -> TravelProfile | None:
    """The tenant's row, if it has one."""
    return TravelProfile.objects.first()


def roads_of(
    source: str,
    factors: Mapping[str, Any],
    failures: int,
    *,
    former: Mapping[str, Any] | None = None,
    changed_at: datetime | None = None,
) -> Roads:
    """What a profile says, no leg known yet. `former` are the factors until `changed_at`."""
    is_fresh = changed_at is not None and changed_at > now() - FRESH
    estimate = Estimate(factors_of(factors), factors_of(former or {}) if is_fresh else None)
    if source == TravelSource.ESTIMATE:
        return estimate
    return Table(estimate, str(source), is_silent=failures > 0)


def factors_of(kept: Mapping[str, Any]) -> Factors:
    """The factors of the bands in their order; 1 where none is known."""
    if not kept:
        return NO_FACTORS
    short, middle, long = (
        min(MOST_FACTOR, max(LEAST_FACTOR, float(kept.get(band) or 1.0))) for band in TravelBand.values
    )
    return short, middle, long


def knowing(policy: Policy, places: Iterable[Point | None]) -> Policy:
    """The policy with every leg from and to these places: all that is asked about work there."""
    if isinstance(policy.roads, Estimate):
        return policy
    keys = _keys(places)
    about = Q(from_key__in=keys) | Q(to_key__in=keys)
    return replace(policy, roads=_with(policy.roads, _rows(about)) if keys else policy.roads)


def knowing_among(policy: Policy, places: Iterable[Point | None]) -> Policy:
    """The policy with every leg between two of these places."""
    if isinstance(policy.roads, Estimate):
        return policy
    keys = _keys(places)
    return replace(policy, roads=_with(policy.roads, _rows(Q(from_key__in=keys, to_key__in=keys))))


def knowing_sites(policy: Policy, site_ids: Collection[int]) -> Policy:
    """`knowing` for sites by id."""
    if isinstance(policy.roads, Estimate) or not site_ids:
        return policy
    return knowing(policy, places_of_sites(site_ids))


def places_of_sites(site_ids: Collection[int]) -> list[Point]:
    """Where these sites are, as far as that is known."""
    found = Site.objects.filter(pk__in=site_ids).values_list("latitude", "longitude")
    return [(a, b) for a, b in found if a is not None and b is not None]


def known_pairs(places: Sequence[Point], since: datetime) -> set[Pair]:
    """The pairs of these places that a service was asked about since an instant, whatever it said."""
    keys = _keys(places)
    found = TravelLeg.objects.filter(from_key__in=keys, to_key__in=keys, asked_at__gte=since)
    return set(found.values_list("from_key", "to_key"))


def _keys(places: Iterable[Point | None]) -> list[Key]:
    return sorted({key_of(place) for place in places if place is not None})


def _rows(which: Q) -> Iterable[_Row]:
    found = TravelLeg.objects.filter(which, seconds__isnull=False).order_by()
    return found.values_list("from_key", "to_key", "seconds", "metres", "known_at")  # type: ignore[return-value]


def _with(table: Table, rows: Iterable[_Row]) -> Table:
    legs: dict[Pair, Leg] = dict(table.legs)
    fresh = set(table.fresh)
    just_now = now() - FRESH
    for start, end, seconds, metres, known_at in rows:
        if start != end:
            legs[start, end] = (seconds, metres)
            if known_at > just_now:
                fresh.add((start, end))
    return replace(table, legs=legs, fresh=frozenset(fresh))


def unasked_work_places(since: datetime, *, most: int) -> list[Point]:
    """Places of work that waits or is planned, then others that somebody wants to know of, about which no service
    was asked since an instant."""
    waiting = WorkOrder.objects.filter(status__in=[WorkOrderStatus.UNSCHEDULED, WorkOrderStatus.SCHEDULED])
    sites = waiting.order_by("-status", "priority", "-id").values_list("site__latitude", "site__longitude")
    found = {key_of((a, b)): (a, b) for a, b in sites if a is not None and b is not None}
    wanted = wanted_places().order_by("asked_at", "id").values_list("from_key", flat=True)
    found |= {key: place_of(key) for key in wanted if key not in found}
    asked = TravelLeg.objects.filter(from_key=F("to_key"), asked_at__gte=since, seconds__isnull=False)
    for key in asked.values_list("from_key", flat=True):
        found.pop(key, None)
    return list(found.values())[:most]


def wanted_places() -> QuerySet[TravelLeg]:
    """Places that a question named, about which the worker has not asked yet: a leg from each to itself."""
    return TravelLeg.objects.filter(from_key=F("to_key"), seconds__isnull=True)


def places_of_people_and_work(at: datetime) -> list[Point]:
    """Where engineers set out from and will be: homes, planned visits, and work that waits."""
    homes = Engineer.objects.filter(is_active=True).values_list("home_latitude", "home_longitude")
    waiting = WorkOrder.objects.filter(status__in=[WorkOrderStatus.UNSCHEDULED, WorkOrderStatus.SCHEDULED])
    sites = waiting.order_by().values_list("site__latitude", "site__longitude").distinct()
    found = {key_of((a, b)): (a, b) for a, b in [*homes, *sites] if a is not None and b is not None}
    return list(found.values())


def some_home() -> Point | None:
    """Where one engineer sets out from."""
    found = Engineer.objects.filter(is_active=True, home_latitude__isnull=False).order_by("pk").first()
    if found is None or found.home_latitude is None or found.home_longitude is None:
        return None
    return found.home_latitude, found.home_longitude


def some_site() -> Point | None:
    """Where the site added last is."""
    found = Site.objects.filter(latitude__isnull=False).order_by("-pk").first()
    if found is None or found.latitude is None or found.longitude is None:
        return None
    return found.latitude, found.longitude
