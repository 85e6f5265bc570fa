"""Coordinates as people give them: what is no place, and what was probably meant."""

from __future__ import annotations

from math import isfinite

from django.utils.translation import gettext as _

from core.errors import BadInput

NAMES = ("latitude", "longitude")


def check_place(
    latitude: float | None, longitude: float | None, names: tuple[str, str] = NAMES
) -> tuple[float, float] | None:
    """The place (degrees, WGS-84), or None where none is given.

    Raises `BadInput` for what is none: half a place, degrees beyond the globe, swapped ones, and 0/0, which
    nobody visits. `names` are the fields to say it of.
    """
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        missing = names[0] if latitude is None else names[1]
        text = _("Give both latitude and longitude, or neither.")
        raise BadInput(_("A place needs both latitude and longitude, or neither."), errors={missing: [text]})
    if field := _fault(latitude, longitude):
        text = _words(field, latitude, longitude)
        raise BadInput(text, errors={names[NAMES.index(field)]: [text]})
    return latitude, longitude


def look_swapped(latitude: float, longitude: float) -> bool:
    """Whether degrees that are no place would be one the other way round."""
    return not -90 <= latitude <= 90 and -180 <= latitude <= 180 and -90 <= longitude <= 90


def _fault(latitude: float, longitude: float) -> str:
    """Which field is wrong; empty when none is."""
    if not isfinite(latitude) or not -90 <= latitude <= 90:
        return "latitude"
    if not isfinite(longitude) or not -180 <= longitude <= 180:
        return "longitude"
    return "latitude" if latitude == longitude == 0 else ""


def _words(field: str, latitude: float, longitude: float) -> str:
    if latitude == longitude == 0:
        return _("0, 0 lies in the sea off Africa. Leave both empty when the place is not known.")
    if look_swapped(latitude, longitude):
        words = _("Latitude %(latitude)s and longitude %(longitude)s look swapped: a latitude is at most 90.")
        return words % {"latitude": latitude, "longitude": longitude}
    if field == "latitude":
        return _("A latitude is from −90 to 90 degrees, not %(value)s.") % {"value": latitude}
    return _("A longitude is from −180 to 180 degrees, not %(value)s.") % {"value": longitude}
