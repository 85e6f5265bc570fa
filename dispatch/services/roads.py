"""Asking a routing service, away from any page: for the work that waits, and for planning runs.

A page never waits for a service: it judges by what is known, and by the estimate where nothing is. What is
told is kept by pair of places. A service that does not answer is left alone for a while.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction

from core.clock import now
from dispatch import queries
from dispatch.adapters import Osrm, Silent, Valhalla, service_at
from dispatch.enums import TravelSource
from dispatch.models import TravelLeg, TravelProfile
from dispatch.policy import Policy
from dispatch.services.travel import LEARNER, profile_for_update
from dispatch.travel import Estimate, Key, Leg, Point, Roads, key_of, km_between
from journal import services as journal
from tenants.active import active_tenant_id, tenant_active

MOST_WANTED = 200
"""Places without work that may wait to be asked about, for one company."""
HUBS = 10
"""Places of work asked about in one go, for one company."""
NEAR_PLACES, FAR_KM = 300, 200.0
"""So many other places, and so far away, are asked about from and to each."""
AGAIN = timedelta(days=1)
"""How long what is near a place counts as asked about."""
KEPT = timedelta(days=30)
MOST_LEGS = 400_000
"""Legs kept for one company, the latest."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
GROUP = 50
RUN_SECONDS = 20.0
"""How long a planning run waits for legs."""

_KEEP = """
    INSERT INTO dispatch_travelleg AS t (tenant_id, from_key, to_key, seconds, metres, known_at, asked_at)
    SELECT %s, a, b, s, m, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[]) AS u(a, b, s, m)
    ON CONFLICT (tenant_id, from_key, to_key) DO UPDATE SET asked_at = excluded.asked_at,
      known_at = CASE WHEN (t.seconds, t.metres) IS DISTINCT FROM (excluded.seconds, excluded.metres)
        THEN excluded.known_at ELSE t.known_at END,
      seconds = excluded.seconds, metres = excluded.metres
"""
Told = dict[tuple[Key, Key], Leg | None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom to ask, as the profile said when it was read."""

    source: str
    base_url: str

    @property
    def service(self) -> Osrm | Valhalla:
        return service_at(self.source, self.base_url)


def ask_for_waiting() -> int:
    """Ask, for every company with a routing service, about places of work that nobody asked about lately.

    Returns how many places were asked about. Safe in any number of processes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM tenants_asking_for_roads(%s)", [now()])
        tenant_ids = [int(row[0]) for row in cursor.fetchall()]
    return sum(_ask_for(tenant_id) for tenant_id in tenant_ids)


@transaction.atomic
def want_roads(*, place: Point | None, roads: Roads, at: datetime) -> bool:
    """Let the worker ask about a place that a question named, such as a site without any work yet, so that the next
    question knows. Returns whether it was not asked about lately; `MOST_WANTED` of a company wait at most."""
    if place is None or isinstance(roads, Estimate):
        return False
    key = key_of(place)
    known = TravelLeg.objects.filter(from_key=key, to_key=key).first()
    if known and (known.seconds is None or known.asked_at > at - AGAIN):
        return False
    if queries.wanted_places().count() >= MOST_WANTED:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [active_tenant_id(), at, at, [key], [key], [None], [0]])
    return True


def prune_legs() -> int:
    """Forget legs that were not asked about for a month, and the oldest beyond what is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM tenants_asking_for_roads(%s)", [now() + LONGEST_PAUSE])
        tenant_ids = [int(row[0]) for row in cursor.fetchall()]
    gone = 0
    for tenant_id in tenant_ids:
        with tenant_active(tenant_id):
            gone += TravelLeg.objects.filter(asked_at__lt=now() - KEPT).delete()[0]
            oldest = TravelLeg.objects.order_by("-asked_at").values_list("asked_at", flat=True)
            if bound := oldest[MOST_LEGS : MOST_LEGS + 1].first():
                gone += TravelLeg.objects.filter(asked_at__lte=bound).delete()[0]
    return gone


def ask_among(*, tenant_id: int, policy: Policy, places: Iterable[Point | None]) -> Policy:
    """The policy with the legs between these places, those asked about that nobody knew: nearest first, for
    `RUN_SECONDS` at most. To be called outside of a transaction; without a routing service nothing is done.
    """
    if isinstance(policy.roads, Estimate):
        return policy
    where = sorted({place for place in places if place is not None})
    with tenant_active(tenant_id):
        asked = _whom()
        known = queries.known_pairs(where, now() - KEPT)
    if asked is not None:
        _ask_blocks(tenant_id, asked, where, known)
    with tenant_active(tenant_id):
        profile = queries.travel_profile()
        silent = profile is not None and profile.failures > 0
        roads = replace(policy.roads, is_silent=silent)
        return queries.knowing_among(replace(policy, roads=roads), where)


def _ask_for(tenant_id: int) -> int:
    with tenant_active(tenant_id):
        asked = _whom()
        hubs = queries.unasked_work_places(now() - AGAIN, most=HUBS)
        around = queries.places_of_people_and_work(now()) if hubs else []
    if asked is None:
        return 0
    for number, hub in enumerate(hubs):
        near = _nearest(hub, around)
        try:
            told = _told(near, [hub], asked.service.matrix(near, [hub]))
            told |= _told([hub], near, asked.service.matrix([hub], near))
        except Silent as silence:
            _note_silence(tenant_id, asked, str(silence))
            return number
        told[key_of(hub), key_of(hub)] = (0, 0)
        _keep(tenant_id, asked, told)
    return len(hubs)


def _nearest(hub: Point, around: Iterable[Point]) -> list[Point]:
    ways = sorted((km_between(hub, place), place) for place in around if key_of(place) != key_of(hub))
    return [place for km, place in ways[:NEAR_PLACES] if km <= FAR_KM]


def _ask_blocks(tenant_id: int, asked: _Asked, places: Sequence[Point], known: set[tuple[Key, Key]]) -> None:
    until = time.monotonic() + RUN_SECONDS
    for sources, targets in _blocks(places):
        missing = any(
            (ends := (key_of(a), key_of(b))) not in known and ends[0] != ends[1]
            for a in sources
            for b in targets
        )
        if not missing:
            continue
        if time.monotonic() > until:
            return
        try:
            told = _told(sources, targets, asked.service.matrix(sources, targets, until))
        except Silent as silence:
            _note_silence(tenant_id, asked, str(silence))
            return
        _keep(tenant_id, asked, told)


def _blocks(places: Sequence[Point]) -> list[tuple[list[Point], list[Point]]]:
    """Groups of neighbours with each other, the nearest two groups first."""
    groups = _groups(list(places))
    middles = [(sum(p[0] for p in g) / len(g), sum(p[1] for p in g) / len(g)) for g in groups]
    pairs = [(km_between(a, b), i, j) for i, a in enumerate(middles) for j, b in enumerate(middles)]
    return [(groups[i], groups[j]) for km, i, j in sorted(pairs) if km <= FAR_KM]


def _groups(places: list[Point]) -> list[list[Point]]:
    """Places in groups of at most `GROUP`, cut across their longer side."""
    if len(places) <= GROUP:
        return [places] if places else []
    side = max((0, 1), key=lambda axis: max(p[axis] for p in places) - min(p[axis] for p in places))
    ordered = sorted(places, key=lambda place: (place[side], place))
    half = len(ordered) // 2
    return _groups(ordered[:half]) + _groups(ordered[half:])


def _told(sources: Sequence[Point], targets: Sequence[Point], matrix: Sequence[Sequence[Leg | None]]) -> Told:
    return {
        (start, end): leg
        for a, row in zip(sources, matrix, strict=True)
        for b, leg in zip(targets, row, strict=True)
        if (start := key_of(a)) != (end := key_of(b))
    }


def _whom() -> _Asked | None:
    """Whom the active company asks; None when nobody, or not at the moment."""
    row = queries.travel_profile()
    if row is None or row.source == TravelSource.ESTIMATE:
        return None
    if row.ask_again_at is not None and row.ask_again_at > now():
        return None
    return _Asked(row.source, row.base_url)


def _keep(tenant_id: int, asked: _Asked, told: Told) -> None:
    """Write what was told, unless another service is to be asked by now."""
    with tenant_active(tenant_id):
        row = profile_for_update()
        if not _is_still(row, asked):
            return
        if row.failures:
            row.failures, row.ask_again_at, row.problem = 0, None, ""
            row.save(update_fields=["failures", "ask_again_at", "problem"])
            journal.record(actor=LEARNER, verb="answered_again", thing=row, at=now())
        starts, ends = [ends[0] for ends in told], [ends[1] for ends in told]
        seconds = [leg and leg[0] for leg in told.values()]
        metres = [leg[1] if leg else 0 for leg in told.values()]
        at = now()
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [active_tenant_id(), at, at, starts, ends, seconds, metres])


def _note_silence(tenant_id: int, asked: _Asked, problem: str) -> None:
    """Leave the service alone for a while, longer each time. The journal tells when it began."""
    with tenant_active(tenant_id):
        row = profile_for_update()
        if not _is_still(row, asked):
            return
        at = now()
        row.ask_again_at = at + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.failures, 10))
        row.failures, row.problem = min(row.failures + 1, 1000), problem[:300]
        row.save(update_fields=["failures", "ask_again_at", "problem"])
        if row.failures == 1:
            journal.record(actor=LEARNER, verb="went_silent", thing=row, at=at, reason=problem[:500])


def _is_still(row: TravelProfile, asked: _Asked) -> bool:
    return (row.source, row.base_url) == (asked.source, asked.base_url)
