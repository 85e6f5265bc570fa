"""Own hours and the on-call roster as pure decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from notices.rules import USUAL_HOURS, Duty, due_at, on_call, read_hours, turns, write_hours

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


def at(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((2026, 11, 24, 2, 0), (2026, 11, 24, 8, 0)),
        ((2026, 11, 24, 8, 0), (2026, 11, 24, 8, 0)),
        ((2026, 11, 24, 17, 59), (2026, 11, 24, 17, 59)),
        ((2026, 11, 24, 18, 0), (2026, 11, 25, 8, 0)),
        ((2026, 11, 27, 18, 0), (2026, 11, 30, 8, 0)),
    ],
    ids=["night", "first minute", "last minute", "evening", "weekend"],
)
def test_a_notice_waits_for_own_hours(made: tuple[int, ...], told: tuple[int, ...]) -> None:
    assert due_at(USUAL_HOURS, TOKYO, at(TOKYO, *made), at_once=False) == at(TOKYO, *told)


def test_whoever_is_on_call_does_not_wait() -> None:
    night = at(TOKYO, 2026, 11, 24, 2, 0)
    assert due_at(USUAL_HOURS, TOKYO, night, at_once=True) == night


def test_any_time_never_waits() -> None:
    night = at(TOKYO, 2026, 11, 24, 2, 0)
    assert due_at({}, TOKYO, night, at_once=False) == night


def test_a_night_shift_of_own_hours_reaches_into_the_morning() -> None:
    hours = {"mon": [["22:00", "06:00"]]}
    night = at(TOKYO, 2026, 11, 24, 2, 0)
    assert due_at(hours, TOKYO, night, at_once=False) == night
    assert due_at(hours, TOKYO, at(TOKYO, 2026, 11, 24, 6, 0), at_once=False) == at(
        TOKYO, 2026, 11, 30, 22, 0
    )


def test_hours_begin_by_the_wall_clock_on_the_night_of_spring() -> None:
    hours = {"sun": [["03:30", "12:00"]]}
    night = at(BERLIN, 2026, 3, 29, 1, 59)
    assert due_at(hours, BERLIN, night, at_once=False) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_hours_that_begin_in_the_skipped_hour_begin_when_it_is_skipped() -> None:
    hours = {"sun": [["02:30", "12:00"]]}
    assert due_at(hours, BERLIN, at(BERLIN, 2026, 3, 29, 1, 0), at_once=False) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("9:00–17:30", [["09:00", "17:30"]]),
        ("9-12, 13-17", [["09:00", "12:00"], ["13:00", "17:00"]]),
        ("22:00-06:00", [["22:00", "06:00"]]),
        ("0900~2400", [["09:00", "24:00"]]),
        ("", []),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, spans: list[list[str]]) -> None:
    assert read_hours(text) == spans
    assert read_hours(write_hours(spans)) == spans


@pytest.mark.parametrize("text", ["nine to five", "9:75-12:00", "25-26", "9:00"])
def test_what_is_not_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_hours(text)


def weekly(member: int, *, weeks: int, monday: int, last_on: date | None = None) -> Duty:
    """Monday 18:00 to the next Monday 08:00, in November 2026."""
    start, end = at(BERLIN, 2026, 10, monday, 18, 0), at(BERLIN, 2026, 10, monday + 7, 8, 0)
    return Duty(member, member, start, end, weeks, last_on)


def test_a_rotation_takes_turns_by_the_wall_clock_over_dst() -> None:
    one, two = weekly(1, weeks=2, monday=5), weekly(2, weeks=2, monday=12)
    for moment, who in [
        (at(BERLIN, 2026, 10, 5, 17, 59), []),
        (at(BERLIN, 2026, 10, 5, 18, 0), [1]),
        (at(BERLIN, 2026, 10, 12, 7, 59), [1]),
        (at(BERLIN, 2026, 10, 12, 8, 0), []),
        (at(BERLIN, 2026, 10, 19, 18, 0), [1]),
        # Clocks go back on 25 October: the turn ends at 08:00 of winter, an hour later in UTC.
        (at(BERLIN, 2026, 10, 26, 7, 59), [1]),
        (at(BERLIN, 2026, 10, 26, 8, 0), []),
        (at(BERLIN, 2026, 10, 26, 18, 0), [2]),
        (at(BERLIN, 2027, 3, 29, 17, 59), []),
        (at(BERLIN, 2027, 3, 29, 18, 0), [2]),
    ]:
        assert [turn.duty.member_id for turn in on_call([one, two], BERLIN, moment)] == who, moment


def test_a_single_duty_stands_in_for_the_rotation() -> None:
    rotation = weekly(1, weeks=1, monday=5)
    swap = Duty(9, 9, at(BERLIN, 2026, 10, 14, 20, 0), at(BERLIN, 2026, 10, 15, 6, 0))
    night = at(BERLIN, 2026, 10, 15, 2, 0)
    assert [turn.duty.member_id for turn in on_call([rotation, swap], BERLIN, night)] == [9]
    assert [turn.duty.member_id for turn in on_call([rotation, swap], BERLIN, swap.until_at)] == [1]


def test_a_rotation_ends_after_its_last_day() -> None:
    duty = weekly(1, weeks=1, monday=5, last_on=date(2026, 10, 12))
    found = list(turns(duty, BERLIN, at(BERLIN, 2026, 10, 1), at(BERLIN, 2027, 1, 1)))
    assert [turn.from_at.astimezone(BERLIN).day for turn in found] == [5, 12]


def test_nobody_is_on_call_without_a_roster() -> None:
    assert on_call([], TOKYO, at(TOKYO, 2026, 11, 24, 2, 0)) == []
