"""What finished trips teach about the estimate: one factor for each band of `travel.BANDS`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.travel import (
    BANDS,
    LEAST_FACTOR,
    MOST_FACTOR,
    NO_FACTORS,
    PARKING_MINUTES,
    Factors,
    band_minutes,
    minutes_for,
)

ENOUGH = 20
"""Trips that a band needs before it has a factor of its own."""
SHORTEST_KM, LONGEST_MINUTES = 0.5, 4 * 60
WILDEST = 4.0
"""A trip that took so many times as long as estimated, or as short, was another one than we think."""
LEAST_PART = 2.0
"""Minutes of a trip that must lie in a band for it to tell something of the band."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One finished trip: kilometres by road as estimated, and the minutes it took, parking included."""

    km: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Learned:
    """The factor of each band, and from how many trips: below `ENOUGH` it is the one known before."""

    factors: Factors
    samples: tuple[int, int, int]


def learn(trips: Sequence[Trip], known: Factors = NO_FACTORS) -> Learned:
    """Factors from trips, the shortest band first: what a longer trip takes more is the longer band's.

    Each is the median, weighted by the minutes that lie in the band, so that a few odd trips change nothing.
    """
    usable = [trip for trip in trips if _is_usable(trip)]
    factors: list[float] = list(known)
    samples: list[int] = []
    for band in range(len(BANDS)):
        told = [seen for trip in usable if _band(trip.km) == band if (seen := _seen(trip, band, factors))]
        samples.append(len(told))
        if len(told) >= ENOUGH:
            factors[band] = round(min(MOST_FACTOR, max(LEAST_FACTOR, _median(told))), 2)
    return Learned((factors[0], factors[1], factors[2]), (samples[0], samples[1], samples[2]))


def _is_usable(trip: Trip) -> bool:
    if trip.km < SHORTEST_KM or not 1 <= trip.minutes <= LONGEST_MINUTES:
        return False
    share = trip.minutes / minutes_for(trip.km)
    return 1 / WILDEST <= share <= WILDEST


def _band(km: float) -> int:
    """The band in which a trip of this length ends."""
    for number, (length, _speed) in enumerate(BANDS):
        if km <= length:
            return number
        km -= length
    return len(BANDS) - 1


def _seen(trip: Trip, band: int, factors: Sequence[float]) -> tuple[float, float] | None:
    """(factor, weight) that a trip tells of the band it ends in; None when too little of it lies there."""
    parts = band_minutes(trip.km)
    if parts[band] < LEAST_PART:
        return None
    before = sum(part * factor for part, factor in zip(parts[:band], factors, strict=False))
    return (trip.minutes - PARKING_MINUTES - before) / parts[band], parts[band]


def _median(told: Sequence[tuple[float, float]]) -> float:
    half, so_far = sum(weight for _factor, weight in told) / 2, 0.0
    for factor, weight in sorted(told):
        so_far += weight
        if so_far >= half:
            return factor
    return 1.0
