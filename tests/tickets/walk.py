"""The oracle of SLA cases: minute after minute, looking only at the wall clock, without the product's code.

What the wall clock shows at each minute around a night on which clocks change is walked once per window;
a case then looks at each minute of its window.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
    "Africa/Cairo",
    "America/Nuuk",
    "Asia/Kolkata",
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LENGTH = 16 * 1440
"""Minutes of a window."""

Case = dict[str, Any]


@lru_cache(maxsize=64)
def changes(name: str) -> tuple[datetime, ...]:
    """The hours of 2020 to 2035 after which the zone's offset differs; a summer's day where it never does."""
    zone, at, found = ZoneInfo(name), datetime(2020, 1, 1, tzinfo=UTC), []
    while at.year < 2036:
        later = at + timedelta(hours=6)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(at)
        at = later
    return tuple(found) or tuple(datetime(year, 6, 15, tzinfo=UTC) for year in range(2020, 2036))


@lru_cache(maxsize=512)
def window(name: str, index: int) -> tuple[datetime, tuple[int, ...], tuple[str, ...]]:
    """Where a window begins, and what its wall clock shows each minute: 1440 * date + minute of day."""
    zone = ZoneInfo(name)
    begin = (changes(name)[index] - timedelta(days=5)).replace(hour=0, minute=0)
    dates: dict[str, int] = {}
    shown = []
    for minute in range(LENGTH):
        wall = (begin + timedelta(minutes=minute)).astimezone(zone)
        number = dates.setdefault(wall.date().isoformat(), len(dates))
        shown.append(number * 1440 + wall.hour * 60 + wall.minute)
    return begin, tuple(shown), tuple(dates)


def open_table(case: Case, dates: tuple[str, ...]) -> bytearray:
    """For each date and minute of its day whether that is business time."""
    calendar = case["calendar"]
    table = bytearray(len(dates) * 1440)
    for number, text in enumerate(dates):
        if text in case["holidays"]:
            continue
        day = datetime.fromisoformat(text)
        today = calendar.get(DAYS[day.weekday()], []) if calendar else [["00:00", "24:00"]]
        yesterday = calendar.get(DAYS[day.weekday() - 1], [])
        spans = [(minutes(a), minutes(b) if minutes(b) > minutes(a) else 1440) for a, b in today]
        spans += [(0, minutes(b)) for a, b in yesterday if minutes(b) <= minutes(a)]
        for start, end in spans:
            table[number * 1440 + start : number * 1440 + end] = b"\1" * (end - start)
    return table


def minutes(text: str) -> int:
    hours, _colon, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def walked(case: Case, begin: datetime, shown: tuple[int, ...], dates: tuple[str, ...]) -> dict[str, Any]:
    """The outcome, found by walking. `due_at` is "later" when it lies beyond the window."""
    is_open = list(map(open_table(case, dates).__getitem__, shown))
    target, runs, stopped, marks = case["target_minutes"], "no", False, []
    for event in case["events"]:
        minute = int((datetime.fromisoformat(event["at"]) - begin).total_seconds()) // 60
        do = event["do"]
        if do == "retarget":
            target = event["target_minutes"]
        elif do == "stop":
            stopped = True
            marks.append((minute, "stop"))
        else:
            runs = {"start": "yes", "resume": "yes", "pause": "no"}[do]
            marks.append((minute, runs))
        last = minute
    counted = bytearray(len(is_open))
    state, since, stop = "no", 0, None
    for minute, mark in marks:
        if mark == "stop":
            stop = minute
            break
        if state == "yes":
            counted[since:minute] = b"\1" * (minute - since)
        state, since = mark, minute
    if state == "yes":
        counted[since:] = b"\1" * (len(counted) - since)
    used = list(accumulate(a & b for a, b in zip(is_open, counted, strict=True)))
    end = stop if stop is not None else last
    elapsed = used[end - 1] if end else 0
    due = next((n + 1 for n, total in enumerate(used) if total >= target), None)
    if due is None:
        due_at: Any = "later" if state == "yes" else None
    else:
        due_at = begin + timedelta(minutes=due)
    return {"due_at": due_at, "elapsed_minutes": elapsed, "met": stopped and elapsed <= target}


def made_up(rng: random.Random, number: int) -> tuple[Case, datetime, tuple[int, ...], tuple[str, ...]]:
    """A random case around a night on which clocks change, with the window it lies in."""
    name = rng.choice(ZONES)
    begin, shown, dates = window(name, rng.randrange(len(changes(name))))
    moments = sorted(rng.sample(range(1440, LENGTH - 5 * 1440), rng.randint(1, 9)))
    if rng.random() < 0.5:  # Crowd them around the change itself.
        moments = sorted(rng.sample(range(5 * 1440 - 600, 6 * 1440 + 1200), len(moments)))
    at = [(begin + timedelta(minutes=moment)).astimezone(ZoneInfo(name)).isoformat() for moment in moments]
    events: list[dict[str, Any]] = [{"at": at[0], "do": "start"}]
    state = "running"
    for text in at[1:]:
        choices = {
            "running": ["pause", "pause", "retarget", "stop"],
            "paused": ["resume", "resume", "retarget"],
        }
        do = rng.choice(choices.get(state, ["retarget"]))
        if do == "stop" and rng.random() < 0.5:
            do = "pause"
        events.append({"at": text, "do": do})
        if do == "retarget":
            events[-1]["target_minutes"] = target(rng)
        state = {"pause": "paused", "resume": "running", "stop": "stopped"}.get(do, state)
    if state == "paused" and rng.random() < 0.3:
        events.append({"at": at[-1], "do": "stop"})
    case = {
        "id": f"case-{number}",
        "zone": name,
        "calendar": {} if rng.random() < 0.1 else {day: hours(rng) for day in DAYS if rng.random() < 0.85},
        "holidays": rng.sample(dates, rng.randint(0, 3)),
        "target_minutes": target(rng),
        "events": events,
    }
    return case, begin, shown, dates


def target(rng: random.Random) -> int:
    return rng.choice([rng.randint(1, 90), rng.randint(1, 1440), rng.randint(1, 6000)])


def hours(rng: random.Random) -> list[list[str]]:
    """No, one or several intervals of a day; some run past midnight, some until it."""
    step = rng.choice([1, 15, 30, 60])
    cuts = sorted(rng.sample(range(0, 1440 // step), 4))
    texts = [f"{cut * step // 60:02d}:{cut * step % 60:02d}" for cut in cuts]
    kinds = [
        [],
        [[texts[0], texts[1]]],
        [[texts[0], texts[1]], [texts[2], texts[3]]],
        [[texts[2], "24:00"]],
        [[texts[3], texts[0]]],
        [["00:00", "24:00"]],
    ]
    return rng.choice(kinds)
