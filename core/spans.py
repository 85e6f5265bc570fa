"""Stretches of a day as people write them: 9:00–17:30, 19–24."""

from __future__ import annotations

import re
from datetime import time

DaySpan = tuple[time, time]
"""Wall-clock times; an end at or before the start is on the next day."""

SEPARATORS = re.compile(r"[,、，;；\n]")
_SPAN = re.compile(r"^(\d{1,2})(?:[:：]?(\d{2}))?\s*[-–—~〜～]\s*(\d{1,2})(?:[:：]?(\d{2}))?$")


def read_span(text: str) -> DaySpan:
    """ "9-17:30" as two times; "24:00" is midnight. Raises ValueError."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(text)
    start_hour, start_minute, end_hour, end_minute = (int(part or 0) for part in match.groups())
    end = time(0) if (end_hour, end_minute) == (24, 0) else time(end_hour, end_minute)
    return time(start_hour, start_minute), end


def read_spans(text: str) -> list[DaySpan]:
    """ "9-12, 13:00–17:30" as spans, in the order written. Raises ValueError."""
    return [read_span(part) for part in SEPARATORS.split(text) if part.strip()]


def write_span(starts: time, ends: time) -> str:
    """The inverse of `read_span`: midnight as an end is 24:00."""
    return f"{starts:%H:%M}–{ends:%H:%M}" if ends != time(0) else f"{starts:%H:%M}–24:00"
