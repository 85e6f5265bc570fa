"""The SLA clock: the ten vectors of the design, its edges, and a walk minute by minute as the oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import WEEKDAYS, Calendar, advance, elapsed
from tickets.sla import Segment, due_at, replay, retargeted, warn_after

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = [["09:00", "12:00"], ["13:00", "17:00"]]
WEEK = dict.fromkeys(WEEKDAYS[:5], OFFICE)
BUSINESS = Calendar.from_json(WEEK)
ALWAYS = Calendar.from_json({})
HOUR = timedelta(hours=1)


def local(day: int, hour: int, minute: int = 0, zone: ZoneInfo = TOKYO) -> datetime:
    """November 2026: the 20th is a Friday, the 23rd a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=zone)


def running(at: datetime, target: timedelta) -> Segment:
    return Segment(at, "running", target, "started")


def test_1_friday_afternoon_runs_on_on_monday() -> None:
    assert advance(BUSINESS, TOKYO, local(20, 16), 3 * HOUR) == local(23, 11)


def test_2_the_lunch_break_does_not_count() -> None:
    assert advance(BUSINESS, TOKYO, local(20, 12, 30), HOUR) == local(20, 14)


def test_3_a_pause_moves_the_due_time_by_its_business_time() -> None:
    segments = [running(local(19, 15, 30), 2 * HOUR)]
    assert due_at(segments, BUSINESS, TOKYO) == local(20, 9, 30)
    paused = [*segments, Segment(local(19, 16, 30), "paused", 2 * HOUR)]
    assert due_at(paused, BUSINESS, TOKYO) is None
    resumed = [*paused, Segment(local(20, 9, 30), "running", 2 * HOUR)]
    assert due_at(resumed, BUSINESS, TOKYO) == local(20, 10, 30)


def test_4_a_pause_outside_business_time_moves_nothing() -> None:
    segments = [running(local(20, 15), 4 * HOUR)]
    over_the_weekend = [
        *segments,
        Segment(local(20, 18), "paused", 4 * HOUR),
        Segment(local(23, 8), "running", 4 * HOUR),
    ]
    assert due_at(over_the_weekend, BUSINESS, TOKYO) == due_at(segments, BUSINESS, TOKYO) == local(23, 11)


def test_5_time_on_hold_is_no_part_of_a_stopped_clock() -> None:
    segments = [
        running(local(20, 9), 8 * HOUR),
        Segment(local(20, 10), "paused", 8 * HOUR),
        Segment(local(20, 15), "stopped", 8 * HOUR),
    ]
    reading = replay(segments, BUSINESS, TOKYO, local(23, 17))
    assert reading.elapsed == HOUR
    assert reading.state == "stopped"


def test_6_a_new_priority_keeps_the_pause() -> None:
    segments = [running(local(20, 9), 8 * HOUR), Segment(local(20, 10), "paused", 8 * HOUR)]
    urgent = retargeted(segments, 2 * HOUR, local(20, 16), "P3 to P1")
    assert replay(urgent, BUSINESS, TOKYO, local(20, 17)).elapsed == HOUR
    assert replay(urgent, BUSINESS, TOKYO, local(20, 17)).state == "paused"
    resumed = [*urgent, Segment(local(20, 16), "running", 2 * HOUR)]
    assert due_at(resumed, BUSINESS, TOKYO) == local(20, 17)


def test_7_a_holiday_added_later_moves_a_running_clock() -> None:
    segments = [running(local(20, 16), 3 * HOUR)]
    with_holiday = Calendar.from_json(WEEK, holidays=["2026-11-23"])
    assert due_at(segments, BUSINESS, TOKYO) == local(23, 11)
    assert due_at(segments, with_holiday, TOKYO) == local(24, 11)


def test_8_a_night_that_loses_an_hour_still_counts_hours_that_passed() -> None:
    new_york = ZoneInfo("America/New_York")
    saturday = datetime(2026, 3, 7, 23, tzinfo=new_york)
    due = advance(ALWAYS, new_york, saturday, 4 * HOUR)
    assert due is not None
    assert due.astimezone(new_york).strftime("%a %H:%M") == "Sun 04:00"


def test_9_a_reopened_clock_goes_on_or_begins_again() -> None:
    met = [running(local(20, 9), 4 * HOUR), Segment(local(20, 11), "stopped", 4 * HOUR)]
    reopened = Segment(local(23, 9), "running", 4 * HOUR, "reopened")
    assert due_at([*met, reopened], BUSINESS, TOKYO) == local(23, 11)
    assert due_at([reopened], BUSINESS, TOKYO) == local(23, 14)


def test_10_the_readers_zone_changes_nothing() -> None:
    seen_from_london = local(20, 16).astimezone(ZoneInfo("Europe/London"))
    assert advance(BUSINESS, TOKYO, seen_from_london, 3 * HOUR) == local(23, 11)


def test_an_interval_may_end_at_24_and_the_next_day_begin_at_0() -> None:
    calendar = Calendar.from_json({"fri": [["22:00", "24:00"]], "sat": [["00:00", "02:00"]]})
    assert advance(calendar, TOKYO, local(20, 23), 2 * HOUR) == local(21, 1)


def test_an_overnight_interval_belongs_to_both_days() -> None:
    calendar = Calendar.from_json({"fri": [["22:00", "06:00"]]}, holidays=["2026-11-21"])
    assert calendar.intervals_on(date(2026, 11, 28)) == ((0, 360),)
    assert advance(calendar, TOKYO, local(20, 21), 3 * HOUR) == local(27, 23), "the 21st is a holiday"


def test_due_time_is_the_first_instant_and_intervals_are_half_open() -> None:
    assert advance(BUSINESS, TOKYO, local(20, 16), HOUR) == local(20, 17)
    assert elapsed(BUSINESS, TOKYO, local(20, 17), local(23, 9)) == timedelta()
    assert advance(BUSINESS, TOKYO, local(21, 3), timedelta()) == local(21, 3)


def test_a_shorter_target_was_due_when_its_time_was_used() -> None:
    segments = retargeted([running(local(20, 9), 8 * HOUR)], HOUR, local(20, 15), "P1")
    assert due_at(segments, BUSINESS, TOKYO) == local(20, 10)
    assert replay(segments, BUSINESS, TOKYO, local(20, 15)).is_late


def test_a_make_up_day_works_and_a_partial_day_works_partly() -> None:
    calendar = Calendar.from_json({**WEEK, "days": {"2026-11-21": [["10:00", "12:00"]], "2026-11-20": []}})
    assert advance(calendar, TOKYO, local(20, 9), HOUR) == local(21, 11)


def test_a_calendar_that_never_opens_has_no_due_time() -> None:
    assert advance(Calendar.from_json({"mon": []}), TOKYO, local(20, 9), HOUR) is None


def test_a_due_time_beyond_a_year_is_none() -> None:
    assert advance(ALWAYS, TOKYO, local(20, 9), timedelta(days=400)) is None
    one_hour_a_week = Calendar.from_json({"mon": [["09:00", "10:00"]]})
    assert advance(one_hour_a_week, TOKYO, local(20, 9), 60 * HOUR) is None


def test_the_explanation_adds_up() -> None:
    segments = [
        running(local(20, 8, 41), 2 * HOUR),
        Segment(local(20, 9, 34), "paused", 2 * HOUR, "we answered"),
        Segment(local(20, 10, 8), "running", 2 * HOUR, "reply"),
    ]
    reading = replay(segments, BUSINESS, TOKYO, local(20, 10, 24))
    assert [row.used for row in reading.rows] == [timedelta(minutes=34), timedelta(), timedelta(minutes=16)]
    assert reading.left == timedelta(minutes=70)


def test_a_warning_comes_at_its_share() -> None:
    assert warn_after(2 * HOUR, 60) == timedelta(minutes=72)


@pytest.mark.parametrize(
    "calendar",
    [
        {"monday": []},
        {"mon": [["9", "17:00"]]},
        {"mon": [["09:00", "24:30"]]},
        {"mon": [["24:00", "02:00"]]},
        {"mon": ["09:00-17:00"]},
        {"holidays": ["23/11/2026"]},
    ],
)
def test_an_unreadable_calendar_says_what_is_wrong(calendar: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Calendar.from_json(calendar)


def test_segments_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="begins before"):
        replay(
            [running(local(20, 9), HOUR), Segment(local(19, 9), "paused", HOUR)], ALWAYS, TOKYO, local(21, 9)
        )


ZONES = [
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
]
TIMES = st.integers(0, 48).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")
STARTS = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")
DAYS = st.lists(st.tuples(STARTS, TIMES).map(list), max_size=2)
WEEKS = st.fixed_dictionaries(dict.fromkeys(WEEKDAYS, DAYS))
# Around the days on which clocks change, over the years 2020 to 2035.
CHANGES = st.sampled_from([(3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (10, 29), (11, 1), (4, 26), (6, 15)])


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    month, day = draw(CHANGES)
    base = datetime(draw(st.integers(2020, 2035)), month, day, tzinfo=UTC)
    return base + timedelta(minutes=draw(st.integers(-2880, 2880)))


def open_minutes(calendar: Calendar, zone: ZoneInfo, from_at: datetime, minutes: int) -> list[bool]:
    """Whether each minute is business time, found by walking and looking at the wall clock."""
    walls = ((from_at + timedelta(minutes=minute)).astimezone(zone) for minute in range(minutes))
    return [
        any(start <= wall.hour * 60 + wall.minute < end for start, end in calendar.intervals_on(wall.date()))
        for wall in walls
    ]


@settings(max_examples=150, deadline=None)
@given(WEEKS, st.sampled_from(ZONES), instants(), st.integers(1, 2000))
def test_elapsed_agrees_with_a_walk(
    week: dict[str, list[list[str]]], name: str, at: datetime, length: int
) -> None:
    calendar, zone = Calendar.from_json(week), ZoneInfo(name)
    walked = sum(open_minutes(calendar, zone, at, length))
    assert elapsed(calendar, zone, at, at + timedelta(minutes=length)) == timedelta(minutes=walked)


@settings(max_examples=150, deadline=None)
@given(WEEKS, st.sampled_from(ZONES), instants(), st.integers(1, 600))
def test_due_agrees_with_a_walk(
    week: dict[str, list[list[str]]], name: str, at: datetime, target: int
) -> None:
    calendar, zone = Calendar.from_json(week), ZoneInfo(name)
    used, expected = 0, None
    for index, is_open in enumerate(open_minutes(calendar, zone, at, 2000)):
        used += is_open
        if used == target:
            expected = at + timedelta(minutes=index + 1)
            break
    found = advance(calendar, zone, at, timedelta(minutes=target))
    if expected is None:
        assert found is None or found > at + timedelta(minutes=2000)
    else:
        assert found == expected


@settings(max_examples=60, deadline=None)
@given(
    WEEKS,
    st.sampled_from(ZONES),
    instants(),
    st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["running", "paused"])), min_size=1, max_size=5),
)
def test_a_replay_is_the_sum_of_its_running_parts(
    week: dict[str, list[list[str]]], name: str, at: datetime, changes: list[tuple[int, str]]
) -> None:
    calendar, zone = Calendar.from_json(week), ZoneInfo(name)
    segments, moment = [running(at, 8 * HOUR)], at
    for gap, state in changes:
        moment += timedelta(minutes=gap)
        segments.append(Segment(moment, state, 8 * HOUR))  # type: ignore[arg-type]
    end = moment + HOUR
    reading = replay(segments, calendar, zone, end)
    bounds = [*(segment.from_at for segment in segments), end]
    parts = [
        elapsed(calendar, zone, start, stop)
        for segment, start, stop in zip(segments, bounds, bounds[1:], strict=False)
        if segment.state == "running"
    ]
    assert reading.elapsed == sum(parts, timedelta())
    if reading.due_at is not None and reading.due_at <= end:
        assert reading.elapsed >= reading.target
