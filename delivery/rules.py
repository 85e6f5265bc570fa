"""Pure decisions about the work on site: steps, answers, time and what a signature covers."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from delivery.enums import TimeKind
from dispatch.enums import VisitStatus

V = VisitStatus

CHECK_VALUES = ("pass", "fail", "na")
LARGEST_READING = Decimal(999_999_999)
DELAYS = (10, 20, 30, 45, 60, 90)
"""Minutes an engineer may report to be late."""

_READING = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_HAZARD = re.compile(r"^\s*[!！⚠]\ufe0f?\s*")


@dataclass(frozen=True)
class Step:
    """A tap: the state it gives, the states it may follow, and what the engineer's time goes to from then."""

    gives: VisitStatus
    follows: tuple[VisitStatus, ...]
    time: TimeKind | None = None

    def may_follow(self, status: str) -> bool:
        return status in self.follows


ACCEPT = Step(V.ACCEPTED, (V.DISPATCHED,))
TRAVEL = Step(V.TRAVELLING, (V.ACCEPTED,), TimeKind.TRAVEL)
ARRIVE = Step(V.ON_SITE, (V.ACCEPTED, V.TRAVELLING), TimeKind.WORK)
PAUSE = Step(V.PAUSED, (V.ON_SITE,), TimeKind.BREAK)
RESUME = Step(V.ON_SITE, (V.PAUSED,), TimeKind.WORK)
COMPLETE = Step(V.DONE, (V.ON_SITE, V.PAUSED))
GIVE_UP = Step(V.COULD_NOT_COMPLETE, (V.ON_SITE, V.PAUSED))
NOBODY_THERE = Step(V.NO_SHOW, (V.DISPATCHED, V.ACCEPTED, V.TRAVELLING, V.ON_SITE, V.PAUSED))

COLLECTING = (V.ON_SITE, V.PAUSED)
"""States in which evidence may be added."""

SHOWN_TO_ENGINEER = (
    V.DISPATCHED,
    V.ACCEPTED,
    V.TRAVELLING,
    V.ON_SITE,
    V.PAUSED,
    V.DONE,
    V.COULD_NOT_COMPLETE,
    V.NO_SHOW,
)
"""A plan stays private until it is sent."""

OPEN = (V.DISPATCHED, V.ACCEPTED, V.TRAVELLING, V.ON_SITE, V.PAUSED)
UNDER_WAY = (V.ON_SITE, V.PAUSED, V.TRAVELLING)


def instant(device_at: datetime | None, at: datetime, earliest: datetime | None) -> datetime:
    """When a tap happened: the device's clock, but neither after the server's nor before the last tap."""
    told = min(device_at or at, at)
    return max(told, earliest) if earliest else told


def read_number(text: str) -> Decimal | None:
    """A reading as typed, also full-width or with a decimal comma; None when it is no number."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-").replace(" ", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _READING.fullmatch(plain):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if abs(number) <= LARGEST_READING else None


def is_within(number: Decimal, minimum: Decimal | None, maximum: Decimal | None) -> bool:
    """Whether a reading keeps its limits, ends included."""
    return (minimum is None or number >= minimum) and (maximum is None or number <= maximum)


def whole_minutes(stretches: Iterable[tuple[datetime, datetime]]) -> int:
    """Whole minutes of several stretches together: seconds are added before they are dropped."""
    return int(sum((end - start).total_seconds() for start, end in stretches) // 60)


def document_hash(lines: Iterable[str]) -> str:
    """SHA-256 of what the customer saw when signing, one fact a line."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def split_access_notes(notes: str) -> tuple[list[str], str]:
    """(hazards, the rest): a line of a site's access notes that begins with "!" warns of a hazard."""
    lines = [line.strip() for line in notes.splitlines() if line.strip()]
    hazards = [_HAZARD.sub("", line) for line in lines if _HAZARD.match(line)]
    return hazards, "\n".join(line for line in lines if not _HAZARD.match(line))
