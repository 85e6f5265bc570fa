"""`manage.py sla_replay`: what it reckons, against a walk minute by minute, and what it refuses."""

from __future__ import annotations

import json
import os
import random
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.tickets.walk import made_up, walked
from tickets.cases import read_case, result

CASES = int(os.environ.get("SLA_CASES", "2000"))
"""How many random cases: `SLA_CASES=10000` is the full run."""
OFFICE = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def event(at: str, do: str, target: int | None = None) -> dict[str, Any]:
    """November 2026 in Tokyo: the 20th is a Friday. `at` is "20 16:00"."""
    day, _space, clock = at.partition(" ")
    found: dict[str, Any] = {"at": f"2026-11-{day}T{clock}+09:00", "do": do}
    return found if target is None else {**found, "target_minutes": target}


def case(*events: dict[str, Any], target: int = 180, **facts: Any) -> dict[str, Any]:
    base = {"id": "A", "zone": "Asia/Tokyo", "calendar": OFFICE, "holidays": []}
    return {**base, "target_minutes": target, "events": list(events), **facts}


def reckoned(one: dict[str, Any]) -> dict[str, Any]:
    return result(read_case(one, 0))


def due(one: dict[str, Any]) -> str | None:
    found = reckoned(one)["due_at"]
    return found and f"{datetime.fromisoformat(found):%d %H:%M}"


def test_random_cases_around_clock_changes_equal_the_walk() -> None:
    rng = random.Random(20260_1122)
    beyond = 0
    for number in range(CASES):
        made, begin, shown, dates = made_up(rng, number)
        wanted, found = walked(made, begin, shown, dates), reckoned(made)
        assert found["elapsed_minutes"] == wanted["elapsed_minutes"], made
        assert found["met"] == wanted["met"], made
        at = found["due_at"] and datetime.fromisoformat(found["due_at"])
        if wanted["due_at"] == "later":
            beyond += 1
            assert at is None or (at - begin).total_seconds() > len(shown) * 60, made
        else:
            assert at == wanted["due_at"], made
    assert beyond < CASES / 2, "most windows hold the due time"


def test_the_walk_can_fail() -> None:
    """The oracle sees a calendar that is off by one minute."""
    one = case(event("20 16:00", "start"), event("20 16:30", "stop"))
    begin = datetime.fromisoformat("2026-11-20T00:00+09:00")
    shown, dates = tuple(range(1440)), ("2026-11-20",)
    assert walked(one, begin, shown, dates)["elapsed_minutes"] == 30
    late = {**one, "calendar": {"fri": [["16:01", "17:00"]]}}
    assert walked(late, begin, shown, dates)["elapsed_minutes"] == 29


def test_stopping_in_time_is_met_and_still_tells_when_it_was_due() -> None:
    found = reckoned(case(event("20 16:00", "start"), event("20 16:30", "stop")))
    assert found == {"id": "A", "due_at": "2026-11-23T11:00:00+09:00", "elapsed_minutes": 30, "met": True}


def test_a_late_stop_is_not_met() -> None:
    found = reckoned(case(event("20 09:00", "start"), event("20 14:00", "stop")))
    assert (found["elapsed_minutes"], found["met"]) == (240, False)


def test_a_pause_that_never_ends_has_no_due_time_even_when_it_was_stopped() -> None:
    paused = (event("20 09:00", "start"), event("20 10:00", "pause"))
    assert due(case(*paused)) is None
    stopped = reckoned(case(*paused, event("20 15:00", "stop")))
    assert (stopped["due_at"], stopped["elapsed_minutes"], stopped["met"]) == (None, 60, True)


def test_what_was_due_before_the_pause_stays_due() -> None:
    assert due(case(event("20 09:00", "start"), event("20 15:00", "pause"))) == "20 12:00"


def test_the_last_target_counts_from_the_start_and_a_pause_survives_it() -> None:
    events = [event("20 09:00", "start"), event("20 10:00", "pause"), event("20 11:00", "retarget", 120)]
    assert due(case(*events)) is None
    assert due(case(*events, event("20 14:00", "resume"))) == "20 15:00"
    assert due(case(event("20 09:00", "start"), event("20 15:00", "retarget", 60))) == "20 10:00"


def test_events_are_sorted_and_what_changes_nothing_has_no_effect() -> None:
    plain = [event("20 09:00", "start"), event("20 10:00", "pause"), event("20 11:00", "resume")]
    noisy = [*plain, event("20 09:30", "start"), event("20 10:30", "pause"), event("20 11:30", "resume")]
    assert due(case(*reversed(noisy))) == due(case(*plain)) == "20 14:00"


def test_a_second_start_continues_a_stopped_clock() -> None:
    events = [event("20 09:00", "start"), event("20 10:00", "stop"), event("20 14:00", "start")]
    assert due(case(*events)) == "20 16:00"


def test_seconds_count() -> None:
    found = reckoned(case(event("20 09:00:30", "start"), event("20 09:10:00", "stop"), target=10))
    assert (found["elapsed_minutes"], found["met"]) == (9.5, True)
    assert found["due_at"] == "2026-11-20T09:10:30+09:00"


def test_a_wall_time_without_offset_is_the_zones_own() -> None:
    events = [{"at": "2026-11-20T16:00", "do": "start"}]
    assert due(case(*events)) == "23 11:00"


def test_nothing_is_due_beyond_a_year() -> None:
    start = event("20 09:00", "start")
    assert due(case(start, calendar={"mon": []})) is None
    assert due(case(start, calendar={}, target=366 * 1440)) == "21 09:00"
    assert due(case(start, calendar={}, target=366 * 1440 + 1)) is None


def test_holidays_are_local_dates_also_of_a_night_shift() -> None:
    nights = {"fri": [["22:00", "06:00"]]}
    start = event("20 21:00", "start")
    assert due(case(start, calendar=nights)) == "21 01:00"
    assert due(case(start, calendar=nights, holidays=["2026-11-21"])) == "27 23:00"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"zone": "Mars/Base"}, "Case A: zone: 'Mars/Base' is not a time zone"),
        ({"zone": None}, "zone"),
        ({"calendar": {"monday": []}}, "calendar: A calendar has no monday"),
        ({"calendar": {"mon": [["9", "17:00"]]}}, "mon: '9' is not a time"),
        ({"calendar": {"mon": 7}}, "calendar"),
        ({"calendar": []}, "calendar"),
        ({"holidays": ["23/11/2026"]}, "holidays: '23/11/2026' is not a date"),
        ({"holidays": [7]}, "holidays"),
        ({"target_minutes": -1}, "target_minutes: -1 is not a number of minutes"),
        ({"target_minutes": "60"}, "target_minutes"),
        ({"events": []}, "events: the clock never starts"),
        ({"events": [{"at": "soon", "do": "start"}]}, r"events\[0\].at: 'soon' is not an instant"),
        ({"events": [{"at": "2026-11-20T16:00Z", "do": "go"}]}, r"events\[0\].do: 'go' is not one of start"),
        ({"events": [{"at": "2026-11-20T16:00Z", "do": "stop"}]}, "has not started cannot stop"),
        ({"events": [{"at": "2026-11-20T16:00Z", "do": "retarget"}]}, r"events\[0\].target_minutes"),
    ],
)
def test_a_bad_case_is_named_with_its_field(tmp_path: Path, facts: dict[str, Any], words: str) -> None:
    good = case(event("20 16:00", "start"), id="good")
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([good, {**case(event("20 16:00", "start")), **facts}]))
    out = StringIO()
    with pytest.raises(CommandError, match=words):
        call_command("sla_replay", str(file), stdout=out)
    assert out.getvalue() == "", "nothing is half-printed"


def test_the_command_prints_json(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case(event("20 16:00", "start"))]))
    out = StringIO()
    call_command("sla_replay", str(file), stdout=out)
    found = json.loads(out.getvalue())
    assert found == [{"id": "A", "due_at": "2026-11-23T11:00:00+09:00", "elapsed_minutes": 0, "met": False}]


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '[{"zone": "UTC"}]'])
def test_a_file_that_holds_no_cases_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(text)
    with pytest.raises(CommandError):
        call_command("sla_replay", str(file), stdout=StringIO())


def test_a_missing_file_is_named() -> None:
    with pytest.raises(CommandError, match=r"nowhere\.json cannot be read"):
        call_command("sla_replay", "nowhere.json", stdout=StringIO())
