"""Working time: overnight, across changes of the clocks, and with gaps."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intervals import Interval, join, minutes_of, without
from workforce.forms import read_span
from workforce.rules import WeeklyShift, working_intervals

NEW_YORK = ZoneInfo("America/New_York")
TOKYO = ZoneInfo("Asia/Tokyo")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def shift(day: int, starts: str, ends: str) -> WeeklyShift:
    return WeeklyShift(day, time.fromisoformat(starts), time.fromisoformat(ends))


def test_a_day_keeps_its_local_hours() -> None:
    found = working_intervals([shift(0, "09:00", "17:00")], TOKYO, utc(2026, 11, 22), utc(2026, 11, 25))
    assert found == [(utc(2026, 11, 23, 0), utc(2026, 11, 23, 8))]


def test_an_overnight_shift_reaches_into_the_next_day() -> None:
    found = working_intervals([shift(0, "22:00", "06:00")], TOKYO, utc(2026, 11, 23, 16), utc(2026, 11, 24))
    assert found == [(utc(2026, 11, 23, 16), utc(2026, 11, 23, 21))]


def test_midnight_joins_two_days() -> None:
    shifts = [shift(0, "16:00", "00:00"), shift(1, "00:00", "08:00")]
    found = working_intervals(shifts, TOKYO, utc(2026, 11, 22), utc(2026, 11, 26))
    assert found == [(utc(2026, 11, 23, 7), utc(2026, 11, 23, 23))]


@pytest.mark.parametrize(
    ("month", "day", "starts", "ends", "minutes"),
    [
        (3, 8, "00:00", "08:00", 7 * 60),  # the night that loses an hour
        (11, 1, "00:00", "08:00", 9 * 60),  # the night that repeats one
        (3, 8, "02:30", "08:00", 4 * 60 + 30),  # starts at a time that never comes: at 3:30
        (11, 1, "01:30", "08:00", 7 * 60 + 30),  # starts at the first of two 1:30s
        (11, 1, "00:00", "01:30", 2 * 60 + 30),  # ends at the second
    ],
)
def test_changes_of_the_clocks(month: int, day: int, starts: str, ends: str, minutes: int) -> None:
    sunday = [shift(6, starts, ends)]
    found = working_intervals(sunday, NEW_YORK, utc(2026, month, day - 1 or 1), utc(2026, month, day + 2))
    assert minutes_of(found) == minutes


instants = st.integers(0, 200).map(lambda n: datetime.fromtimestamp(n * 3600, UTC))
spans = st.lists(
    st.tuples(instants, instants).map(sorted).map(tuple).filter(lambda s: s[0] < s[1]), max_size=6
)


@given(spans, spans)
def test_gaps_take_away_exactly_what_they_cover(work: list[Interval], gaps: list[Interval]) -> None:
    left = without(join(work), gaps)
    hours = {h for a, b in work for h in range(int(a.timestamp()), int(b.timestamp()), 3600)}
    away = {h for a, b in gaps for h in range(int(a.timestamp()), int(b.timestamp()), 3600)}
    kept = {h for a, b in left for h in range(int(a.timestamp()), int(b.timestamp()), 3600)}
    assert kept == hours - away


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:00–17:30", (time(9), time(17, 30))),
        ("9-17", (time(9), time(17))),
        ("22:00~24:00", (time(22), time(0))),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, expected: tuple[time, time]) -> None:
    assert read_span(text) == expected


@pytest.mark.parametrize("text", ["nine to five", "9:00", "25:00-26:00", "9:75-10:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_span(text)
