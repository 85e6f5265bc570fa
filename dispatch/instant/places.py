"""Trips from many places to one: the same minutes as `dispatch.travel`, of all places or of those asked for.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from dispatch import travel
from dispatch.evaluator import Person
from dispatch.travel import NO_FACTORS, Factors, Key, Point, key_of, minutes_of
from dispatch.travel import Table as RoadTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOT_MEASURED = -1


def points_of(person: Person) -> list[Point | None]:
    """Where an engineer may come from or go to: home first, each place once. None has no coordinates."""
    return list(dict.fromkeys([person.home, *(stop.place for stop in person.stops)]))


def spots_of(person: Person) -> Floats:
    """The places of an engineer as columns: see `on_globe`."""
    return on_globe(points_of(person))


def on_globe(points: Sequence[Point | None]) -> Floats:
    """Points of a globe whose radius is 1, one column each: half the way straight through it between two is the
    sine of half the angle. NaN without coordinates."""
    known = [point or (np.nan, np.nan) for point in points]
    latitude, longitude = np.radians(np.array(known, np.float64).reshape(-1, 2)).T
    flat = np.cos(latitude)
    return np.array((flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)))


def spot_of(point: Point | None) -> tuple[float, float, float]:
    """One place as `on_globe` has it; the middle of the globe without coordinates."""
    if point is None:
        return 0.0, 0.0, 0.0
    latitude, longitude = radians(point[0]), radians(point[1])
    flat = cos(latitude)
    return flat * cos(longitude), flat * sin(longitude), sin(latitude)


@dataclass(slots=True)
class Trips:
    """The way from each place to the work's, in whole minutes and km, and `onward` the way back; minutes are
    NOT_MEASURED of those that nobody has asked for yet. `to` is the work's place as `on_globe` has it, `factors`
    are those of the estimate. Estimated ways are the same in both directions, and so are the arrays.

    What a routing service said stands there already: nothing measured is measured again.
    """

    to: Floats
    factors: Floats
    minutes: Ints
    km: Floats
    onward: Ints
    onward_km: Floats

    def tell(self, keys: Sequence[Key | None], to: Point, table: RoadTable) -> None:
        """Write what a service said of the ways between the places with these keys and one place."""
        here = key_of(to)
        self.onward, self.onward_km = self.minutes.copy(), self.km.copy()
        there = {start: leg for (start, end), leg in table.legs.items() if end == here}
        back = {end: leg for (start, end), leg in table.legs.items() if start == here}
        for minutes, km, legs in (
            (self.minutes, self.km, there),
            (self.onward, self.onward_km, back),
        ):
            for number, key in enumerate(keys):
                if key is not None and (leg := legs.get(key)) is not None:
                    minutes[number], km[number] = minutes_of(leg), leg[1] / 1000


class Places:
    """The places of all engineers, one after the other: those of number n begin at `first[n]`, with home."""

    def __init__(self, spots: Sequence[Floats]) -> None:
        self.numbers: Floats = np.concatenate(spots, axis=1) if spots else np.empty((3, 0))
        self.first = np.cumsum([0, *(spot.shape[1] for spot in spots)], dtype=np.int64)

    def trips(self, to: Point | None, factors: Factors = NO_FACTORS) -> Trips:
        """Trips to a place and back, none of them measured yet."""
        count = self.numbers.shape[1]
        minutes, km = np.full(count, travel.UNKNOWN_MINUTES if to is None else NOT_MEASURED), np.zeros(count)
        return Trips(np.array(spot_of(to)), np.array(factors), minutes, km, minutes, km)

    def measure(self, trips: Trips) -> None:
        """Measure what is not measured yet, as `travel.trip` has it."""
        self._measure(trips, trips.minutes, trips.km)
        self._measure(trips, trips.onward, trips.onward_km)

    def _measure(self, trips: Trips, minutes: Ints, lengths: Floats) -> None:
        rows = np.flatnonzero(minutes == NOT_MEASURED)
        if not rows.size:
            return
        half = np.sqrt(((self.numbers[:, rows].T - trips.to) ** 2).sum(axis=1)) / 2
        km = travel.EARTH_DIAMETER_KM * np.arcsin(np.minimum(1.0, half)) * travel.ROAD_FACTOR
        unknown = np.isnan(km)
        short, middle, long = trips.factors.tolist()
        measured = travel.minutes_for_many(km, (short, middle, long))
        minutes[rows] = np.where(unknown, travel.UNKNOWN_MINUTES, measured)
        lengths[rows] = np.where(unknown, 0.0, km)
