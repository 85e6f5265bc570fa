"""Travel times of many places at once, the same as `dispatch.travel` gives one by one. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dispatch.travel import (
    EARTH_DIAMETER_KM,
    NO_FACTORS,
    ROAD_FACTOR,
    UNKNOWN_MINUTES,
    Factors,
    Roads,
    Table,
    key_of,
    minutes_for_many,
    minutes_of,
)

UNKNOWN = (999.0, 999.0)
"""A place without coordinates: as far from everywhere as `dispatch.travel` takes it to be."""
NOWHERE = (998.0, 998.0)
"""Where a day ends that may end anywhere: no travel at all."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = Callable[[Floats, Floats], Ints]
"""Whole seconds from each place (degrees north, degrees east) of the first list to each of the second."""


def seconds_by(roads: Roads) -> Matrix:
    """The matrices of these travel times."""

    def seconds(from_places: Floats, to_places: Floats) -> Ints:
        found = road_seconds(from_places, to_places, roads.estimate.factors)
        if isinstance(roads, Table):
            _tell(found, from_places, to_places, roads)
        return found

    return seconds


def road_seconds(from_places: Floats, to_places: Floats, factors: Factors = NO_FACTORS) -> Ints:
    """Estimated seconds, as `Matrix` says."""
    a, b = np.radians(from_places)[:, None, :], np.radians(to_places)[None, :, :]
    h = (
        np.sin((b[..., 0] - a[..., 0]) / 2) ** 2
        + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin((b[..., 1] - a[..., 1]) / 2) ** 2
    )
    km = EARTH_DIAMETER_KM * np.arcsin(np.minimum(1.0, np.sqrt(h))) * ROAD_FACTOR
    seconds = minutes_for_many(km, factors) * 60
    seconds[_are(from_places, UNKNOWN)] = UNKNOWN_MINUTES * 60
    seconds[:, _are(to_places, UNKNOWN)] = UNKNOWN_MINUTES * 60
    seconds[_are(from_places, NOWHERE)] = 0
    seconds[:, _are(to_places, NOWHERE)] = 0
    return seconds


def _tell(seconds: Ints, from_places: Floats, to_places: Floats, table: Table) -> None:
    """Write what the service said over what is estimated."""
    starts, ends = _keys(from_places), _keys(to_places)
    legs = table.legs
    for row, start in enumerate(starts):
        for column, end in enumerate(ends):
            if (leg := legs.get((start, end))) is not None:
                seconds[row, column] = minutes_of(leg) * 60


def _keys(places: Floats) -> list[int]:
    """Numbers as `travel.key_of`; those of the two places that are none fit no leg."""
    return [key_of((float(latitude), float(longitude))) for latitude, longitude in places]


def _are(places: Floats, place: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((places == np.array(place)).all(axis=1))
