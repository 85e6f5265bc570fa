"""Set times of rules: weekdays, zones, and the two nights a year on which clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.occurrences import next_occurrence

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at_time", "weekdays", "after", "expected"),
    [
        (TOKYO, time(6), [], "2026-11-22T20:59:59", "2026-11-22T21:00"),
        (TOKYO, time(6), [], "2026-11-22T21:00", "2026-11-23T21:00"),
        (TOKYO, time(6), [0], "2026-11-22T21:00", "2026-11-29T21:00"),
        (TOKYO, time(6), [4, 5], "2026-11-22T21:00", "2026-11-26T21:00"),
        (NEW_YORK, time(2, 30), [], "2026-03-08T05:00", "2026-03-08T07:30"),
        (NEW_YORK, time(1, 30), [], "2026-11-01T04:00", "2026-11-01T05:30"),
        (NEW_YORK, time(1, 30), [], "2026-11-01T05:30", "2026-11-02T06:30"),
    ],
)
def test_the_next_set_time(
    zone: ZoneInfo, at_time: time, weekdays: list[int], after: str, expected: str
) -> None:
    assert next_occurrence(at_time, weekdays, zone, _utc(after)) == _utc(expected)


@pytest.mark.parametrize(
    "zone", [TOKYO, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")]
)
def test_each_date_of_a_year_has_one(zone: ZoneInfo) -> None:
    at, dates = _utc("2026-01-01T00:00"), []
    for _ in range(370):
        at = next_occurrence(time(2, 15), [], zone, at)
        dates.append(at.astimezone(zone).date())
    assert len(set(dates)) == 370
    assert dates[-1] - dates[0] == timedelta(days=369)
