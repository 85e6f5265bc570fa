"""How far and how long: great-circle distance stretched to roads, and speeds by distance. Pure."""

from __future__ import annotations

from math import asin, ceil, cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Latitude and longitude, WGS-84 degrees."""

ROAD_FACTOR = 1.35
PARKING_MINUTES = 3
UNKNOWN_MINUTES = 20
"""Travel to or from a place without coordinates."""

EARTH_DIAMETER_KM = 12_742.0
SAME_PLACE_KM = 0.05
BANDS = ((5.0, 25.0), (15.0, 40.0), (float("inf"), 70.0))
"""The first 5 km at 25 km/h, the next 15 at 40, the rest at 70: so that farther never means sooner."""


def km_between(a: Point, b: Point) -> float:
    """Kilometres by road, estimated from the great circle."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    h = (
        sin((lat_b - lat_a) / 2) ** 2
        + cos(lat_a) * cos(lat_b) * sin((radians(b[1]) - radians(a[1])) / 2) ** 2
    )
    return EARTH_DIAMETER_KM * asin(min(1.0, sqrt(h))) * ROAD_FACTOR


def minutes_for(km: float) -> int:
    """Whole minutes for a trip of `km`, parking included; none for a trip within the same place."""
    if km < SAME_PLACE_KM:
        return 0
    hours, left = 0.0, km
    for length, speed in BANDS:
        part = min(left, length)
        hours += part / speed
        left -= part
        if left <= 0:
            break
    return ceil(hours * 60) + PARKING_MINUTES


def minutes_for_many(km: NDArray[np.float64]) -> NDArray[np.int64]:
    """`minutes_for` of many trips at once."""
    hours, left = np.zeros_like(km), km
    for length, speed in BANDS:
        part = np.minimum(left, length)
        hours += part / speed
        left = left - part
    with np.errstate(invalid="ignore"):
        minutes = np.ceil(hours * 60).astype(np.int64) + PARKING_MINUTES
    minutes[km < SAME_PLACE_KM] = 0
    return minutes


def trip(a: Point | None, b: Point | None) -> tuple[int, float]:
    """(minutes, km) from `a` to `b`; UNKNOWN_MINUTES and 0 km when either place is not known."""
    if a is None or b is None:
        return UNKNOWN_MINUTES, 0.0
    km = km_between(a, b)
    return minutes_for(km), km
