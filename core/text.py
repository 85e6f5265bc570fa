"""Text as people write it: folded for search, cleaned for storage."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_ADDRESS = re.compile(r"[^\s@<>,;:()\x00-\x1f\x7f]+@[^\s@<>,;:()\x00-\x1f\x7f]+")
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def clean(text: str) -> str:
    """Text without NUL and other control characters, which PostgreSQL or a page cannot hold."""
    return text.translate(_CONTROLS)


def fold(text: str) -> str:
    """The searchable form: NFKC, lower case, single spaces. Full-width digits become ASCII."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", clean(text)).casefold()).strip()


def digits(text: str) -> str:
    """Only the digits of the NFKC form: a phone number as typed, comparable."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdecimal())


def harmless(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def is_address(text: str) -> bool:
    """Whether mail could be sent there: something, one @, something; at most 254 characters."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def is_typed_address(text: str) -> bool:
    """Whether a person who types it can be meant: an address whose host has a name and a domain, not `a@b`.

    Only asked of what is typed into a form or sent by a program: who writes to us from `root@intranet` has that
    address.
    """
    host = text.rpartition("@")[2].replace("。", ".")
    return is_address(text) and len(host) > 3 and "." in host.strip(".") and ".." not in host


def is_typed_phone(text: str) -> bool:
    """Whether a person who types it can be called: from 5 to 20 digits, however they are written."""
    return 5 <= len(digits(text)) <= 20
