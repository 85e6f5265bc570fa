"""Trips from many places to one, all at once: the same minutes as `dispatch.travel`, in numpy. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dispatch import travel
from dispatch.travel import Point

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Places:
    """Places by number, ready to be measured from any point. None is a place without coordinates."""

    def __init__(self, points: Sequence[Point | None]) -> None:
        known = [point or (np.nan, np.nan) for point in points]
        degrees = np.array(known, np.float64).reshape(-1, 2)
        self._latitude = np.radians(degrees[:, 0])
        self._longitude = np.radians(degrees[:, 1])
        self._cos = np.cos(self._latitude)
        self.numbers = np.array([self._latitude, self._longitude, self._cos]).reshape(3, -1)
        self._unknown = np.isnan(degrees[:, 0])
        self._has_unknown = bool(self._unknown.any())

    def __len__(self) -> int:
        return len(self._cos)

    def trips(self, to: Point | None, some: NDArray[np.intp] | None = None) -> tuple[Ints, Floats]:
        """(whole minutes, km) between places (those numbered in `some`, else all) and a point, as
        `travel.trip` has them."""
        count = len(self) if some is None else len(some)
        if to is None:
            return np.full(count, travel.UNKNOWN_MINUTES, np.int64), np.zeros(count)
        rows = slice(None) if some is None else some
        latitude, longitude = np.radians(to[0]), np.radians(to[1])
        h = np.sin((latitude - self._latitude[rows]) / 2) ** 2
        h += np.cos(latitude) * self._cos[rows] * np.sin((longitude - self._longitude[rows]) / 2) ** 2
        km = travel.EARTH_DIAMETER_KM * np.arcsin(np.minimum(1.0, np.sqrt(h))) * travel.ROAD_FACTOR
        minutes = travel.minutes_for_many(km)
        if self._has_unknown and (unknown := self._unknown[rows]).any():
            minutes[unknown] = travel.UNKNOWN_MINUTES
            km[unknown] = 0.0
        return minutes, km
