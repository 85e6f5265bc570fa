"""Files judged by content and name."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from channels.files import clean_name, judge


def zipped(*entries: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("invoice.pdf", b"MZ\x90\x00program", "executable"),
        ("run.exe", b"harmless", "executable"),
        ("script.js", b"alert(1)", "executable"),
        ("x.docm", b"PK", "macro"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "macro"),
        ("book.xlsx", zipped(("xl/vbaProject.bin", b"x")), "macro"),
        ("photos.zip", zipped(("a.jpg", b"x"), ("run.exe", b"x")), "executable"),
        ("bomb.zip", zipped(("zeros", bytes(100 * 1024 * 1024))), "bomb"),
        ("many.zip", zipped(*((f"{n}", b"") for n in range(6_000))), "bomb"),
        ("bomb.gz", gzip.compress(bytes(200 * 1024 * 1024), mtime=0), "bomb"),
        ("torn.zip", b"PK\x03\x04torn", "disguised"),
        ("nothing.txt", b"", "empty"),
        ("book.xlsx", zipped(("xl/workbook.xml", b"<x/>")), ""),
        ("notes.txt", "メモ".encode(), ""),
        ("log.gz", gzip.compress(b"fine " * 1000, mtime=0), ""),
    ],
)
def test_what_could_harm_is_refused(name: str, content: bytes, problem: str) -> None:
    assert judge(name, content).problem == problem


@pytest.mark.parametrize(
    ("name", "content", "declared", "kind"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", "", "image/png"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "text/plain", "image/png"),
        ("a.png", b"<svg onload=x>", "image/png", "image/svg+xml"),
        ("a.txt", b"<!DOCTYPE html><p>", "text/plain", "text/html"),
        ("a.bin", b"1234", "image/png", "application/octet-stream"),
        ("a.ics", b"BEGIN:VCALENDAR", "", "text/calendar"),
        ("a.zzz", b"1234", "text/evil\r\nX: y", "application/octet-stream"),
    ],
)
def test_content_says_what_a_file_is(name: str, content: bytes, declared: str, kind: str) -> None:
    assert judge(name, content, declared).content_type == kind


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.txt", "evil.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\r\nc.txt", "a_b c.txt"),
        ("", "file"),
        ("...", "file"),
        ("写真 1.jpg", "写真 1.jpg"),
        ("x" * 400 + ".pdf", "x" * 137 + ".pdf"),
    ],
)
def test_names_lead_nowhere_and_hide_nothing(given: str, kept: str) -> None:
    assert clean_name(given) == kept
