"""Working time: overnight, across changes of the clocks, and with gaps."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.intervals import Interval, join, minutes_of, without
from core.spans import read_span
from workforce.rules import ShiftPause, WeeklyShift, break_windows, working_intervals

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


def with_break(day: int, hours: str, window: str, minutes: int) -> list[WeeklyShift]:
    starts, ends, earliest, latest = (time.fromisoformat(t) for t in (hours + "-" + window).split("-"))
    return [WeeklyShift(day, starts, ends, (ShiftPause(earliest, latest, minutes),))]


def test_a_break_falls_on_every_shift_date() -> None:
    shifts = with_break(0, "09:00-17:00", "11:30-13:00", 45) + with_break(1, "09:00-17:00", "12:00-12:00", 60)
    found = break_windows(shifts, TOKYO, utc(2026, 11, 22), utc(2026, 12, 1))
    assert found == [
        (utc(2026, 11, 23, 2, 30), utc(2026, 11, 23, 4), 45 * 60),
        (utc(2026, 11, 24, 3), utc(2026, 11, 24, 3), 60 * 60),
        (utc(2026, 11, 30, 2, 30), utc(2026, 11, 30, 4), 45 * 60),
    ]


def test_a_break_of_a_night_shift_may_fall_on_the_next_day() -> None:
    shifts = with_break(0, "22:00-06:00", "23:30-02:00", 30)
    found = break_windows(shifts, TOKYO, utc(2026, 11, 23), utc(2026, 11, 25))
    assert found == [(utc(2026, 11, 23, 14, 30), utc(2026, 11, 23, 17), 1800)]


def test_a_break_ends_before_its_shift_does() -> None:
    shifts = with_break(0, "09:00-17:00", "16:00-17:00", 30)
    found = break_windows(shifts, TOKYO, utc(2026, 11, 23), utc(2026, 11, 24))
    assert found == [(utc(2026, 11, 23, 7), utc(2026, 11, 23, 7, 30), 1800)]


@pytest.mark.parametrize(
    ("month", "day", "window", "found"),
    [
        (3, 7, "02:30-04:00", (utc(2026, 3, 8, 7, 30), utc(2026, 3, 8, 8))),  # 2:30 never comes: at 3:30
        (10, 31, "01:00-01:30", (utc(2026, 11, 1, 5), utc(2026, 11, 1, 6, 30))),  # from the first 1:00
    ],
)
def test_breaks_in_the_nights_when_the_clocks_change(
    month: int, day: int, window: str, found: tuple[datetime, datetime]
) -> None:
    shifts = with_break(5, "22:00-06:00", window, 30)
    got = break_windows(shifts, NEW_YORK, utc(2026, month, day, 23), found[1])
    assert [(earliest, latest) for earliest, latest, _ in got] == [found]


def test_a_break_that_the_time_asked_for_does_not_touch_is_left_out() -> None:
    shifts = with_break(0, "09:00-17:00", "12:00-12:00", 60)
    noon, one = utc(2026, 11, 23, 3), utc(2026, 11, 23, 4)
    assert break_windows(shifts, TOKYO, utc(2026, 11, 23), noon) == []
    assert break_windows(shifts, TOKYO, one, utc(2026, 11, 24)) == []


instants = st.integers(0, 200).map(lambda n: datetime.fromtimestamp(n * 3600, UTC))
spans = st.lists(
    st.tuples(instants, instants).map(sorted).map(tuple).filter(lambda s: s[0] < s[1]), max_size=6
)


@settings(suppress_health_check=[HealthCheck.too_slow])
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
