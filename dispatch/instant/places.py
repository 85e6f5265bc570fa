"""Trips from many places to one: the same minutes as `dispatch.travel`, of all places or of those asked for.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch import travel
from dispatch.evaluator import Person
from dispatch.travel import Point

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


@dataclass(slots=True)
class Trips:
    """The way between each place and the work's, in whole minutes and km; minutes are NOT_MEASURED of those that
    nobody has asked for yet. `to` is the work's place as `on_globe` has it.

    Whoever knows better than the estimate hands over arrays that are filled: nothing measured is measured again.
    """

    to: Floats
    minutes: Ints
    km: Floats


class Places:
    """The places of all engineers, one after the other: those of number n begin at `first[n]`, with home."""

    def __init__(self, spots: Sequence[Floats]) -> None:
        self.numbers: Floats = np.concatenate(spots, axis=1) if spots else np.empty((3, 0))
        self.first = np.cumsum([0, *(spot.shape[1] for spot in spots)], dtype=np.int64)

    def trips(self, to: Point | None) -> Trips:
        """Trips to a place, none of them measured yet."""
        count = self.numbers.shape[1]
        if to is None:
            return Trips(np.zeros(3), np.full(count, travel.UNKNOWN_MINUTES), np.zeros(count))
        return Trips(on_globe([to])[:, 0].copy(), np.full(count, NOT_MEASURED), np.zeros(count))

    def measure(self, trips: Trips) -> None:
        """Measure what is not measured yet, as `travel.trip` has it."""
        rows = np.flatnonzero(trips.minutes == NOT_MEASURED)
        if not rows.size:
            return
        half = np.sqrt(((self.numbers[:, rows].T - trips.to) ** 2).sum(axis=1)) / 2
        km = travel.EARTH_DIAMETER_KM * np.arcsin(np.minimum(1.0, half)) * travel.ROAD_FACTOR
        unknown = np.isnan(km)
        trips.minutes[rows] = np.where(unknown, travel.UNKNOWN_MINUTES, travel.minutes_for_many(km))
        trips.km[rows] = np.where(unknown, 0.0, km)
