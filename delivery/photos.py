"""The pictures of a visit: photos, and the customer's drawn signature."""

from __future__ import annotations

import base64
import binascii
import io

from core.pictures import MOST_BYTES, NotAPicture, opened, small_jpeg

__all__ = ["DRAWING_PREFIX", "MOST_BYTES", "NotAPicture", "clean_drawing", "small_jpeg"]

DRAWING_PREFIX = "data:image/png;base64,"
MOST_DRAWING_BYTES = 200 * 1024
MOST_DRAWING_PIXELS = 8_000_000


def clean_drawing(url: str) -> str:
    """A drawn signature as a PNG data URL, written anew; "" when nothing was drawn. Raises `NotAPicture`."""
    if not url.startswith(DRAWING_PREFIX):
        raise NotAPicture("kind")
    if len(url) > MOST_DRAWING_BYTES * 4 // 3 + 64:
        raise NotAPicture("heavy")
    try:
        data = base64.b64decode(url.removeprefix(DRAWING_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPicture("kind") from error
    image = opened(data, ("PNG",), MOST_DRAWING_BYTES, MOST_DRAWING_PIXELS)
    try:
        drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:
        raise NotAPicture("kind") from error
    if len(drawn.getcolors(1) or ()) == 1:
        return ""
    held = io.BytesIO()
    drawn.save(held, "PNG", optimize=True)
    return DRAWING_PREFIX + base64.b64encode(held.getvalue()).decode()
