"""Travel times of many places at once, the same as `dispatch.travel` gives one by one. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dispatch.travel import EARTH_DIAMETER_KM, ROAD_FACTOR, UNKNOWN_MINUTES, minutes_for_many

UNKNOWN = (999.0, 999.0)
"""A place without coordinates: as far from everywhere as `dispatch.travel` takes it to be."""
NOWHERE = (998.0, 998.0)
"""Where a day ends that may end anywhere: no travel at all."""


def road_seconds(from_places: NDArray[np.float64], to_places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole seconds from each place (degrees north, degrees east) of the first list to each of the second."""
    a, b = np.radians(from_places)[:, None, :], np.radians(to_places)[None, :, :]
    h = (
        np.sin((b[..., 0] - a[..., 0]) / 2) ** 2
        + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin((b[..., 1] - a[..., 1]) / 2) ** 2
    )
    km = EARTH_DIAMETER_KM * np.arcsin(np.minimum(1.0, np.sqrt(h))) * ROAD_FACTOR
    seconds = minutes_for_many(km) * 60
    seconds[_are(from_places, UNKNOWN)] = UNKNOWN_MINUTES * 60
    seconds[:, _are(to_places, UNKNOWN)] = UNKNOWN_MINUTES * 60
    seconds[_are(from_places, NOWHERE)] = 0
    seconds[:, _are(to_places, NOWHERE)] = 0
    return seconds


def _are(places: NDArray[np.float64], place: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((places == np.array(place)).all(axis=1))
