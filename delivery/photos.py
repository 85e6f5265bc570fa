"""Pictures made safe: decoded and written anew, so that neither place nor malice travels with them."""

from __future__ import annotations

import base64
import binascii
import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

LONGEST_SIDE = 1600
MOST_PIXELS = 60_000_000
MOST_BYTES = 20 * 1024 * 1024
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

DRAWING_PREFIX = "data:image/png;base64,"
MOST_DRAWING_BYTES = 200 * 1024
MOST_DRAWING_PIXELS = 8_000_000


class NotAPicture(ValueError):
    """The bytes are no picture that we read. `args[0]` says which: "empty", "heavy", "large" or "kind"."""


def small_jpeg(data: bytes) -> tuple[bytes, int, int]:
    """A JPEG of at most 1,600 px a side without any metadata, its width and height. Raises `NotAPicture`."""
    image = _opened(data, FORMATS, MOST_BYTES, MOST_PIXELS)
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    try:
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        flat = _on_white(upright)
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise NotAPicture("kind") from error
    held = io.BytesIO()
    flat.save(held, "JPEG", quality=QUALITY, optimize=True)
    return held.getvalue(), flat.width, flat.height


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
    image = _opened(data, ("PNG",), MOST_DRAWING_BYTES, MOST_DRAWING_PIXELS)
    try:
        drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:
        raise NotAPicture("kind") from error
    if len(drawn.getcolors(1) or ()) == 1:
        return ""
    held = io.BytesIO()
    drawn.save(held, "PNG", optimize=True)
    return DRAWING_PREFIX + base64.b64encode(held.getvalue()).decode()


def _opened(data: bytes, formats: tuple[str, ...], most_bytes: int, most_pixels: int) -> Image.Image:
    """The picture, not decoded yet: its size is judged before its pixels are made."""
    if not data:
        raise NotAPicture("empty")
    if len(data) > most_bytes:
        raise NotAPicture("heavy")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=formats)
    except Image.DecompressionBombError as error:
        raise NotAPicture("large") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise NotAPicture("kind") from error
    if image.width * image.height > most_pixels:
        raise NotAPicture("large")
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, with what is transparent shown on white."""
    if image.mode == "RGB":
        return image
    layers = image.convert("RGBA")
    ground = Image.new("RGB", layers.size, "white")
    ground.paste(layers, mask=layers.getchannel("A"))
    return ground
