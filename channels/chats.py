"""What a chat widget is: its settings, the visitor's secret, and the origins it may stand on."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LONGEST = 4_000
"""Characters of one chat message."""
HERE = timedelta(seconds=90)
"""A visitor's page tells us at least once a minute that it is open."""
PATIENCE = timedelta(minutes=5)
"""How long an answer waits for the visitor before it goes by e-mail."""
LIFETIME = timedelta(days=30)
"""A session that nobody looked into for so long is over."""
COLOUR = "#0b5cad"
LANGUAGES = ("en", "ja", "zh-hans")

_INK, _PAPER = "#151b26", "#ffffff"
_ORIGIN = re.compile(r"(https?)://((?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?/?")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """The `options` of a chat account, whatever of them is missing or spoiled."""

    origins: tuple[str, ...] = ()
    greeting: str = ""
    hours: str = ""
    colour: str = COLOUR
    languages: tuple[str, ...] = LANGUAGES

    @classmethod
    def read(cls, address: str, options: Mapping[str, Any]) -> ChatOptions:
        """The settings of an account for the site `address`. What is no origin or no colour is left out."""
        colour = str(options.get("colour") or "").lower()
        languages = tuple(code for code in parts(options.get("languages")) if code in LANGUAGES)
        found = map(find_origin, (address, *parts(options.get("origins"))))
        return cls(
            origins=tuple(dict.fromkeys(filter(None, found))),
            greeting=str(options.get("greeting") or ""),
            hours=str(options.get("hours") or ""),
            colour=colour if _COLOUR.fullmatch(colour) else COLOUR,
            languages=languages or LANGUAGES,
        )

    @property
    def ink(self) -> str:
        """The colour of words on `colour`: dark or white, whichever is read better."""
        return _PAPER if _contrast(self.colour, _PAPER) >= _contrast(self.colour, _INK) else _INK

    def language_for(self, wanted: str) -> str:
        """The language that the widget speaks to a browser that prefers `wanted`."""
        return wanted if wanted in self.languages else self.languages[0]


def parts(text: object) -> list[str]:
    """The words of a list as people type it."""
    return [part for part in re.split(r"[\s,;]+", str(text or "").lower()) if part]


def find_origin(text: object) -> str:
    """`https://shop.example` in its one spelling, "" when it is none. `*.` before the host is all below it.

    What comes out holds no character that could end a directive of a security policy.
    """
    plain = str(text).strip().lower()
    scheme, mark, rest = plain.partition("://")
    try:
        plain = f"{scheme}{mark}{rest.encode('idna').decode()}" if not rest.isascii() else plain
    except UnicodeError:
        return ""
    found = _ORIGIN.fullmatch(plain)
    if found is None or ".." in found[2] or int((found[3] or ":1")[1:]) > 65_535:
        return ""
    return f"{found[1]}://{found[2]}{found[3] or ''}"


def is_colour(text: str) -> bool:
    """Whether this is a colour as `#rrggbb`."""
    return _COLOUR.fullmatch(text.lower()) is not None


def new_code() -> str:
    """The secret of a new session: 256 random bits, known to the visitor's browser only."""
    return secrets.token_urlsafe(32)


def hash_of(code: str) -> str:
    """What we keep of a code."""
    return hashlib.sha256(code.encode()).hexdigest()


def name_of(session_id: int) -> str:
    """How messages and the live feed name a session."""
    return f"chat-{session_id}"


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
