"""Coordinates as people give them."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.places import check_place


@pytest.mark.parametrize(
    "place", [(35.68, 139.76), (-90, 180), (90, -180), (0, 10), (0.0001, 0), (None, None)]
)
def test_places_are_taken_as_they_are(place: tuple[float | None, float | None]) -> None:
    assert check_place(*place) == (None if None in place else place)


@pytest.mark.parametrize(
    ("place", "field", "words"),
    [
        ((139.76, 35.68), "latitude", "look swapped"),
        ((-120.5, -33.0), "latitude", "look swapped"),
        ((95.0, 200.0), "latitude", "from −90 to 90"),
        ((35.0, 181.0), "longitude", "from −180 to 180"),
        ((0.0, 0.0), "latitude", "the sea"),
        ((35.0, None), "longitude", "both"),
        ((None, 139.0), "latitude", "both"),
        ((float("nan"), 1.0), "latitude", "from −90 to 90"),
        ((1.0, float("inf")), "longitude", "from −180 to 180"),
    ],
)
def test_what_is_no_place_is_refused_at_its_field(
    place: tuple[float | None, float | None], field: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words) as refusal:
        check_place(*place)
    assert list(refusal.value.errors) == [field]


def test_the_fields_may_be_called_otherwise() -> None:
    with pytest.raises(BadInput) as refusal:
        check_place(139.0, 35.0, ("home_latitude", "home_longitude"))
    assert list(refusal.value.errors) == ["home_latitude"]
