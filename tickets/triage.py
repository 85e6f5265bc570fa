"""Pure decisions of the desk: when to look again, what is a new need, who is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

from core.text import fold
from tickets.enums import TicketStatus

FOLLOW_UP_AFTER = timedelta(days=14)
"""An answer this long after the solution of a closed ticket is a new need that follows it."""

LOOK_AGAIN_DAYS = 2
"""Business days after which somebody asks again what the customer has not answered."""

CLOSING_TIME = time(17)
_AT = re.compile(r"(?<![a-z0-9._%+-])@")
"""An @ that begins a name; one within an e-mail address does not."""


def is_follow_up(status: str, resolved_at: datetime | None, at: datetime) -> bool:
    """Whether what the customer writes now opens a ticket that follows this one, and reopens nothing."""
    return status == TicketStatus.CLOSED and resolved_at is not None and at - resolved_at > FOLLOW_UP_AFTER


def end_of_business_day(at: datetime, zone: tzinfo, *, days_later: int = 0) -> datetime:
    """When the working day of `at` ends, or the next one's when it is over; then so many working days on."""
    local = at.astimezone(zone)
    day = local.date()
    if local.time() >= CLOSING_TIME:
        day += timedelta(days=1)
    left = days_later
    while day.weekday() >= 5 or left:
        left -= day.weekday() < 5 and left > 0
        day += timedelta(days=1)
    return datetime.combine(day, CLOSING_TIME, tzinfo=zone)


def mentioned(text: str, names: Mapping[int, str], addresses: Mapping[int, str] | None = None) -> list[int]:
    """Who of `names` (id to name) stands after an @ in the text, ordered by id. The longest match wins.

    Where only one person has it, a part of the name will do, or what stands before the @ of their address.
    """
    known = _callings(names, addresses or {})
    found = set()
    for place in _AT.finditer(left := fold(text)):
        rest = left[place.end() :]
        said = max((name for name in known if _begins(rest, name)), key=len, default=None)
        if said is not None:
            found.add(known[said])
    return sorted(found)


def _callings(names: Mapping[int, str], addresses: Mapping[int, str]) -> dict[str, int]:
    """By what each person may be called: the whole name; short forms that belong to one person alone."""
    whole = {fold(name): key for key, name in sorted(names.items(), reverse=True) if name.strip()}
    short: dict[str, set[int]] = {}
    for key, name in names.items():
        for part in {*fold(name).split(), fold(addresses.get(key, "").partition("@")[0])} - {""}:
            short.setdefault(part, set()).add(key)
    return {part: min(keys) for part, keys in short.items() if len(keys) == 1} | whole


def _begins(text: str, name: str) -> bool:
    """Whether the text begins with the name as a word; scripts without spaces have no end of a word."""
    following = text[len(name) : len(name) + 1]
    is_whole = not (name[-1].isascii() and following.isascii() and following.isalnum())
    return text.startswith(name) and is_whole
