"""When a rule with a set time runs next. Pure: wall-clock times of a zone, one instant for each date."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = range(7)


def next_occurrence(at_time: time, weekdays: Collection[int], zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant later than `after` at which the zone's clock shows this time on one of the weekdays.

    Monday is 0; no weekday means every day. A time that a spring night skips comes as much later as the clock
    jumps; one that an autumn night shows twice counts the first time.
    """
    wanted = set(weekdays) or set(WEEK)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if day.weekday() in wanted:
            found = datetime.combine(day, at_time, tzinfo=zone).astimezone(UTC)
            if found > after:
                return found
        day += timedelta(days=1)
