"""Pure decisions of the desk: when to look again, what is a new need, who is meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

from core.text import fold
from tickets.enums import TicketStatus

FOLLOW_UP_AFTER = timedelta(days=14)
"""An answer this long after the solution of a closed ticket is a new need that follows it."""

LOOK_AGAIN_DAYS = 2
"""Business days after which somebody asks again what the customer has not answered."""

CLOSING_TIME = time(17)


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


def mentioned(text: str, names: Mapping[int, str]) -> list[int]:
    """Who of `names` (id to name) stands after an @ in the text, ordered by id. The longest name wins."""
    left = fold(text)
    found = set()
    for key, name in sorted(names.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        mark = f"@{fold(name)}"
        if name.strip() and mark in left:
            found.add(key)
            left = left.replace(mark, " ")
    return sorted(found)
