"""How far and how long: what everybody who judges a trip is given. Pure.

An `Estimate` stretches the great circle to roads and takes speeds by distance. A `Table` knows what a routing
service said of some trips and estimates the others. Both answer `trip`, `trips` and `source_of`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Latitude and longitude, WGS-84 degrees."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROAD_FACTOR = 1.35
PARKING_MINUTES = 3
UNKNOWN_MINUTES = 20
"""Travel to or from a place without coordinates."""

EARTH_DIAMETER_KM = 12_742.0
SAME_PLACE_KM = 0.05
BANDS = ((5.0, 25.0), (15.0, 40.0), (float("inf"), 70.0))
"""The first 5 km at 25 km/h, the next 15 at 40, the rest at 70: so that farther never means sooner."""

Factors = tuple[float, float, float]
"""By how much each band takes longer than its speed says."""
NO_FACTORS: Factors = (1.0, 1.0, 1.0)
LEAST_FACTOR, MOST_FACTOR = 0.5, 3.0

ESTIMATED, UNKNOWN, SILENT = "estimate", "unknown", "_silent"
"""Where a travel time came from, beside the names of services: `SILENT` follows the name of one that did not
answer, so that the time is estimated."""

Leg = tuple[int, int]
"""(whole seconds, metres) of driving, parking aside."""
Key = int


class Provider(Protocol):
    """Whoever can say how long driving takes between places."""

    def matrix(self, sources: Sequence[Point], targets: Sequence[Point]) -> list[list[Leg | None]]:
        """One row for each source, one column for each target; None where it knows no way."""


def km_between(a: Point, b: Point) -> float:
    """Kilometres by road, estimated from the great circle."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    h = (
        sin((lat_b - lat_a) / 2) ** 2
        + cos(lat_a) * cos(lat_b) * sin((radians(b[1]) - radians(a[1])) / 2) ** 2
    )
    return EARTH_DIAMETER_KM * asin(min(1.0, sqrt(h))) * ROAD_FACTOR


def band_minutes(km: float) -> Factors:
    """Minutes of driving in each band, without any factor and without parking."""
    minutes, left = [], km
    for length, speed in BANDS:
        part = min(left, length)
        minutes.append(part / speed * 60)
        left -= part
    return minutes[0], minutes[1], minutes[2]


def minutes_for(km: float, factors: Factors = NO_FACTORS) -> int:
    """Whole minutes for a trip of `km`, parking included; none for a trip within the same place."""
    if km < SAME_PLACE_KM:
        return 0
    hours, left = 0.0, km
    for (length, speed), factor in zip(BANDS, factors, strict=True):
        part = min(left, length)
        hours += part / speed * factor
        left -= part
        if left <= 0:
            break
    return ceil(hours * 60) + PARKING_MINUTES


def minutes_for_many(km: Floats, factors: Factors = NO_FACTORS) -> Ints:
    """`minutes_for` of many trips at once."""
    hours, left = np.zeros_like(km), km
    for (length, speed), factor in zip(BANDS, factors, strict=True):
        part = np.minimum(left, length)
        hours += part / speed * factor
        left = left - part
    with np.errstate(invalid="ignore"):
        minutes = np.ceil(hours * 60).astype(np.int64) + PARKING_MINUTES
    minutes[km < SAME_PLACE_KM] = 0
    return minutes


def trip(a: Point | None, b: Point | None, factors: Factors = NO_FACTORS) -> tuple[int, float]:
    """(minutes, km) from `a` to `b`, estimated; UNKNOWN_MINUTES and 0 km when either place is not known."""
    if a is None or b is None:
        return UNKNOWN_MINUTES, 0.0
    km = km_between(a, b)
    return minutes_for(km, factors), km


def key_of(place: Point) -> Key:
    """The number of a place, the same for all within some ten metres."""
    return round((place[0] + 90) * 10_000) * 4_000_000 + round((place[1] + 180) * 10_000)


def point_of(latitude: float | None, longitude: float | None) -> Point | None:
    """A place as far as both its coordinates are known."""
    return None if latitude is None or longitude is None else (latitude, longitude)


def place_of(key: Key) -> Point:
    """Where a place of that number lies, within some ten metres."""
    return key // 4_000_000 / 10_000 - 90, key % 4_000_000 / 10_000 - 180


@dataclass(frozen=True, slots=True)
class Estimate:
    """Travel times without asking anybody, with what a company learned from its finished trips. `former` are the
    factors of a little while ago, when others have been learned since."""

    factors: Factors = NO_FACTORS
    former: Factors | None = field(default=None, compare=False)

    @property
    def estimate(self) -> Estimate:
        """Itself: what `Table` falls back on."""
        return self

    def trip(self, a: Point | None, b: Point | None) -> tuple[int, float]:
        """(minutes, km) from `a` to `b`."""
        return trip(a, b, self.factors)

    def source_of(self, a: Point | None, b: Point | None) -> str:
        """Where the time of this trip comes from."""
        return UNKNOWN if a is None or b is None else ESTIMATED

    def before(self) -> Estimate | None:
        """As it was a little while ago; None when nothing was learned since."""
        return None if self.former is None else Estimate(self.former)

    def matrix(self, sources: Sequence[Point], targets: Sequence[Point]) -> list[list[Leg | None]]:
        """As `Provider` says: driving only, without parking."""
        return [[self._leg(km_between(a, b)) for b in targets] for a in sources]

    def _leg(self, km: float) -> Leg:
        minutes = sum(part * factor for part, factor in zip(band_minutes(km), self.factors, strict=True))
        return round(minutes * 60), round(km * 1000)


ESTIMATE = Estimate()


@dataclass(frozen=True, slots=True)
class Table:
    """What a routing service said: {(from, to): leg}, by `key_of`. `fresh` are legs that were not known a
    little while ago. `is_silent`: the service does not answer at the moment."""

    estimate: Estimate
    source: str
    legs: Mapping[tuple[Key, Key], Leg] = field(default_factory=dict)
    fresh: Collection[tuple[Key, Key]] = frozenset()
    is_silent: bool = False

    def leg(self, a: Point, b: Point) -> Leg | None:
        """What the service said of a trip, or None."""
        return self.legs.get((key_of(a), key_of(b)))

    def trip(self, a: Point | None, b: Point | None) -> tuple[int, float]:
        """(minutes, km) from `a` to `b`, parking included."""
        if a is None or b is None or (leg := self.leg(a, b)) is None:
            return self.estimate.trip(a, b)
        return minutes_of(leg), leg[1] / 1000

    def source_of(self, a: Point | None, b: Point | None) -> str:
        """Where the time of this trip comes from."""
        if a is None or b is None:
            return UNKNOWN
        if self.leg(a, b) is not None:
            return self.source
        return self.source + SILENT if self.is_silent else ESTIMATED

    def before(self) -> Table | None:
        """As it was a little while ago; None when nothing was learned since."""
        older = self.estimate.before()
        if not self.fresh and older is None:
            return None
        known = {ends: leg for ends, leg in self.legs.items() if ends not in self.fresh}
        return replace(self, estimate=older or self.estimate, legs=known, fresh=frozenset())


Roads = Estimate | Table


def minutes_of(leg: Leg) -> int:
    """Whole minutes that a leg takes, parking included; none within the same place."""
    if leg[1] < SAME_PLACE_KM * 1000 and leg[0] < 60:
        return 0
    return -(-leg[0] // 60) + PARKING_MINUTES
