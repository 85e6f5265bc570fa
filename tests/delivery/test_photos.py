"""Pictures made safe."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from delivery.photos import DRAWING_PREFIX, NotAPicture, clean_drawing, small_jpeg
from tests.delivery.acts import drawing
from tests.factories.delivery import picture


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_large_photo_becomes_a_small_jpeg() -> None:
    data, width, height = small_jpeg(picture(4000, 3000))
    assert opened(data).format == "JPEG"
    assert (width, height) == opened(data).size == (1600, 1200)


def test_a_small_photo_is_not_blown_up() -> None:
    assert small_jpeg(picture(64, 48))[1:] == (64, 48)


def test_place_and_camera_are_stripped_and_the_turn_applied() -> None:
    exif = Image.Exif()
    exif[0x0110] = "SecretCam 3"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    sent = picture(64, 48, exif=exif)
    assert b"SecretCam" in sent
    data, width, height = small_jpeg(sent)
    assert b"SecretCam" not in data
    assert not opened(data).getexif()
    assert (width, height) == (48, 64)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_other_kinds_become_jpeg(kind: str) -> None:
    assert opened(small_jpeg(picture(kind=kind))[0]).format == "JPEG"


def test_what_is_transparent_becomes_white() -> None:
    held = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(held, "PNG")
    assert opened(small_jpeg(held.getvalue())[0]).getpixel((0, 0)) == (255, 255, 255)


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return (
        b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    )


@pytest.mark.parametrize(("side", "which"), [(9_000, "large"), (60_000, "large")])
def test_a_decompression_bomb_is_refused_unopened(side: int, which: str) -> None:
    with pytest.raises(NotAPicture, match=which):
        small_jpeg(png_header(side, side))


@pytest.mark.parametrize(
    ("data", "which"),
    [
        (b"", "empty"),
        (b"MZ not a picture", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "kind"),
        (b"%PDF-1.7", "kind"),
        (picture()[:200], "kind"),
        (b"\xff" * (21 * 1024 * 1024), "heavy"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, which: str) -> None:
    with pytest.raises(NotAPicture, match=which):
        small_jpeg(data)


def test_a_drawing_is_written_anew() -> None:
    clean = clean_drawing(drawing())
    assert clean.startswith(DRAWING_PREFIX)
    assert opened(base64.b64decode(clean.removeprefix(DRAWING_PREFIX))).size == (300, 120)


def test_an_empty_pad_is_no_drawing() -> None:
    assert clean_drawing(drawing(mark=False)) == ""


@pytest.mark.parametrize(
    ("url", "which"),
    [
        (drawing("JPEG"), "kind"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "kind"),
        (DRAWING_PREFIX + "not base64!", "kind"),
        (DRAWING_PREFIX + base64.b64encode(b"GIF89a").decode(), "kind"),
        (DRAWING_PREFIX + "A" * 300_000, "heavy"),
        (DRAWING_PREFIX + base64.b64encode(png_header(9000, 9000)).decode(), "large"),
        ("javascript:alert(1)", "kind"),
    ],
)
def test_what_is_no_drawing_is_refused(url: str, which: str) -> None:
    with pytest.raises(NotAPicture, match=which):
        clean_drawing(url)
