"""What a file really is, and whether it may be kept: by content and by name, pure and without unpacking it.

Archives are listed, never unpacked. A compressed stream is only counted, up to a limit.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

FileProblem = Literal[
    "", "empty", "heavy", "executable", "macro", "bomb", "disguised", "picture", "kind", "missing"
]
"""Codes of `enums.FileProblem`."""

MOST_BYTES = 25 * 1024 * 1024
MOST_ENTRIES = 5_000
MOST_UNPACKED = 1024**3
MOST_RATIO = 150
MOST_COUNTED = 100 * 1024 * 1024
LONGEST_NAME = 150

_ACTIVE = {
    *("ade", "adp", "apk", "app", "appx", "appxbundle", "bat", "cab", "chm", "cmd", "com", "cpl"),
    *("crx", "deb", "diagcab", "diagcfg", "diagpkg", "dll", "dmg", "elf", "ex_", "exe", "hta", "img"),
    *("inf", "ins", "iso", "isp", "jar", "jnlp", "js", "jse", "lnk", "mde", "mjs", "msc", "msi"),
    *("msix", "msixbundle", "msp", "mst", "nsh", "pif", "pkg", "ps1", "ps1xml", "ps2", "psc1"),
    *("psc2", "reg", "rpm", "scf", "scr", "sct", "sh", "shb", "shs", "sys", "url", "vb", "vbe"),
    *("vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll"),
}
_MACRO = {
    *("docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm", "one"),
    *("onepkg"),
}
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HIDDEN = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_BAD_IN_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"PK\x03\x04", 0, "application/zip"),
    (b"PK\x05\x06", 0, "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage"),
    (b"\x1f\x8b", 0, "application/gzip"),
    (b"BZh", 0, "application/x-bzip2"),
    (b"\xfd7zXZ\x00", 0, "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar"),
    (b"ustar", 257, "application/x-tar"),
    (b"\x78\x9f\x3e\x22", 0, "application/ms-tnef"),
    (b"{\\rtf", 0, "application/rtf"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"BM", 0, "image/bmp"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"ID3", 0, "audio/mpeg"),
    (b"OggS", 0, "audio/ogg"),
    (b"RIFF", 0, "application/x-riff"),
)
_PROGRAM_MAGIC = (
    *(b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
    *(b"dex\n", b"#!", b"L\x00\x00\x00\x01\x14\x02\x00", b"MSCF", b"ITSF"),
)
_OLE_MACRO = "_VBA_PROJECT".encode("utf-16-le")
_TYPE_OF_EXTENSION = {
    **{
        "txt": "text/plain",
        "log": "text/plain",
        "csv": "text/csv",
        "ics": "text/calendar",
        "vcf": "text/vcard",
    },
    **{"eml": "message/rfc822", "html": "text/html", "htm": "text/html", "svg": "image/svg+xml"},
    **{"xml": "application/xml", "json": "application/json", "p7s": "application/pkcs7-signature"},
    **{"p7m": "application/pkcs7-mime", "asc": "application/pgp-signature", "doc": "application/msword"},
    **{"xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint"},
    **{
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "msg": "application/vnd.ms-outlook",
    },
}
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_OF_FORMS = {
    *(
        *PICTURES,
        "image/heic",
        "image/tiff",
        "image/bmp",
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/ogg",
    ),
    *("application/pdf", "application/rtf", "text/plain", "text/csv", "text/calendar", "text/vcard"),
    *(_TYPE_OF_EXTENSION[extension] for extension in ("doc", "xls", "ppt", "docx", "xlsx", "pptx")),
}
"""What strangers may send with a form: what shows or tells something, no archive and nothing unknown."""
ACCEPTED = "image/*,video/*,audio/*,.pdf,.txt,.log,.csv,.rtf,.doc,.docx,.xls,.xlsx,.ppt,.pptx"
"""The same as a browser's file dialog wants it."""
_SHOWN = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "heic", "tif", "tiff", "bmp"), "image/"),
    **dict.fromkeys(("mp4", "mov", "webm"), "video/"),
    "pdf": "application/pdf",
}
_DECLARED = re.compile(r"[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,58}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A file's clean name, its type, and the code of why it is refused ("" when it may be kept)."""

    name: str
    content_type: str
    problem: FileProblem = ""


def judge(name: str, content: bytes, declared_type: str = "") -> Verdict:
    """Say what a file is. Unpacks nothing; takes time in proportion to the file at most."""
    clean, kind = clean_name(name), kind_of(name, content, declared_type)
    return Verdict(clean, kind, _problem(clean, kind, content))


def judge_upload(verdict: Verdict) -> Verdict:
    """The same for a form that strangers fill in: only what a name promises, and only of certain kinds."""
    promised = _SHOWN.get(extension_of(verdict.name), "")
    if verdict.problem:
        return verdict
    if not verdict.content_type.startswith(promised):
        return Verdict(verdict.name, verdict.content_type, "disguised")
    if verdict.content_type not in _OF_FORMS:
        return Verdict(verdict.name, verdict.content_type, "kind")
    return verdict


def clean_name(name: str) -> str:
    """A name that can neither lead elsewhere nor look like another: no path, no direction marks."""
    text = _HIDDEN.sub("", _BIDI.sub("", unicodedata.normalize("NFC", name)))
    text = text.replace("\\", "/").rsplit("/", 1)[-1]
    text = _BAD_IN_NAME.sub("_", " ".join(text.split())).strip(" .")
    text = text.encode("utf-8", "replace").decode("utf-8")
    if not text:
        return "file"
    stem, dot, extension = text.rpartition(".")
    if dot and len(extension) <= 12:
        return f"{stem[: LONGEST_NAME - 13] or 'file'}.{extension}"
    return text[:LONGEST_NAME]


def kind_of(name: str, content: bytes, declared_type: str = "") -> str:
    """The type by content; by name and then by what was declared only where content says nothing."""
    head = content[:512]
    if head.startswith(_PROGRAM_MAGIC) and not (head.startswith(b"#!") and b"\n" not in head):
        return "application/x-executable"
    extension = extension_of(name)
    for magic, offset, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            is_office = kind in ("application/zip", "application/x-ole-storage")
            return _TYPE_OF_EXTENSION.get(extension, kind) if is_office else kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<script", b"<head", b"<body")):
        return "text/html"
    if b"<svg" in content[:4096].lower():
        return "image/svg+xml"
    declared = declared_type.lower() if _DECLARED.fullmatch(declared_type.lower()) else ""
    return _TYPE_OF_EXTENSION.get(extension) or _believable(declared) or "application/octet-stream"


def extension_of(name: str) -> str:
    """The last extension, lower-case, without the dot."""
    return PurePosixPath(clean_name(name)).suffix.lower().lstrip(".")


def _believable(declared: str) -> str:
    """What was declared, unless its content would have shown it."""
    shown = {kind for _magic, _offset, kind in _MAGIC} | {"text/html", "image/svg+xml", "image/jpg"}
    return "" if declared in shown or declared.startswith(("image/", "multipart/")) else declared


def _problem(name: str, kind: str, content: bytes) -> FileProblem:
    extension = extension_of(name)
    if not content:
        return "empty"
    if len(content) > MOST_BYTES:
        return "heavy"
    if kind == "application/x-executable" or extension in _ACTIVE:
        return "executable"
    if extension in _MACRO or (content.startswith(b"\xd0\xcf\x11\xe0") and _OLE_MACRO in content):
        return "macro"
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive_problem(content)
    if kind in ("application/gzip", "application/x-bzip2", "application/x-xz"):
        return "bomb" if _is_bomb(kind, content) else ""
    return ""


def _archive_problem(content: bytes) -> FileProblem:
    """By the archive's own list: how much it would become, and whether a program is in it."""
    if _entry_count(content) > MOST_ENTRIES:
        return "bomb"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        struct.error,
        UnicodeError,
        OverflowError,
    ):
        return "disguised"
    total = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries), len(content) // 2)
    if len(entries) > MOST_ENTRIES or total > MOST_UNPACKED:
        return "bomb"
    if total > 50 * 1024 * 1024 and total / min(packed, len(content)) > MOST_RATIO:
        return "bomb"
    names = [clean_name(entry.filename) for entry in entries]
    if any(name.lower() in ("vbaproject.bin", "vbadata.xml") for name in names):
        return "macro"
    return "executable" if any(extension_of(name) in _ACTIVE for name in names) else ""


def _entry_count(content: bytes) -> int:
    """How many entries the archive's end says it lists; 0 when it has no end."""
    at = content.rfind(b"PK\x05\x06")
    return int.from_bytes(content[at + 10 : at + 12], "little") if at >= 0 else 0


def _is_bomb(kind: str, content: bytes) -> bool:
    """Whether a compressed stream becomes too much: counted in small pieces, nothing of it kept."""
    makers: dict[str, Any] = {
        "application/gzip": lambda: zlib.decompressobj(wbits=31),
        "application/x-bzip2": bz2.BZ2Decompressor,
        "application/x-xz": lambda: lzma.LZMADecompressor(memlimit=64 * 1024 * 1024),
    }
    stream, total, at = makers[kind](), 0, 0
    allowed = max(MOST_COUNTED, 0)
    pending = b""
    try:
        while at < len(content) or pending:
            if not pending:
                pending, at = content[at : at + 65_536], at + 65_536
            if kind == "application/gzip":
                total += len(stream.decompress(pending, 1_048_576))
                pending = stream.unconsumed_tail
            else:
                total += len(stream.decompress(pending, 1_048_576))
                pending = b"" if stream.needs_input or stream.eof else b"\x00"[:0]
                while not stream.eof and not stream.needs_input and total <= allowed:
                    total += len(stream.decompress(b"", 1_048_576))
            if total > allowed or (total > 20 * 1024 * 1024 and total > MOST_RATIO * len(content)):
                return True
            if stream.eof:
                return False
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
        return False
    return False
