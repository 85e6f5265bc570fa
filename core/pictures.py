"""Pictures made safe: decoded and written anew, so that neither place nor malice travels with them."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

LONGEST_SIDE = 1600
MOST_PIXELS = 60_000_000
MOST_BYTES = 20 * 1024 * 1024
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class NotAPicture(ValueError):
    """The bytes are no picture that we read. `args[0]` says which: "empty", "heavy", "large" or "kind"."""


def small_jpeg(data: bytes, longest_side: int = LONGEST_SIDE) -> tuple[bytes, int, int]:
    """A JPEG of at most `longest_side` px a side without any metadata, its width and height.

    Raises `NotAPicture`.
    """
    flat = on_white(_small(data, longest_side))
    return _written(flat, "JPEG", quality=QUALITY, optimize=True), flat.width, flat.height


def small_png(data: bytes, longest_side: int = LONGEST_SIDE) -> tuple[bytes, int, int]:
    """As `small_jpeg`, but without loss: for screenshots and logos."""
    image = _small(data, longest_side)
    drawn = image if image.mode in ("RGB", "RGBA", "L") else image.convert("RGBA")
    drawn.info.clear()
    return _written(drawn, "PNG"), drawn.width, drawn.height


def opened(
    data: bytes,
    formats: tuple[str, ...] = FORMATS,
    most_bytes: int = MOST_BYTES,
    most_pixels: int = MOST_PIXELS,
) -> Image.Image:
    """The picture, not decoded yet: its size is judged before its pixels are made. Raises `NotAPicture`."""
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


def on_white(image: Image.Image) -> Image.Image:
    """RGB, with what is transparent shown on white."""
    if image.mode == "RGB":
        return image
    layers = image.convert("RGBA")
    ground = Image.new("RGB", layers.size, "white")
    ground.paste(layers, mask=layers.getchannel("A"))
    return ground


def _small(data: bytes, longest_side: int) -> Image.Image:
    image = opened(data)
    image.draft("RGB", (longest_side, longest_side))
    try:
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise NotAPicture("kind") from error
    return upright


def _written(image: Image.Image, kind: str, **options: object) -> bytes:
    held = io.BytesIO()
    try:
        image.save(held, kind, **options)
    except (OSError, ValueError) as error:
        raise NotAPicture("kind") from error
    return held.getvalue()
