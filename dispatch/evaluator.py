"""The evaluator: whether an engineer can do work at a time, and how well. Pure; the only opinion in the
house.

The board, the candidates, auto-dispatch and the API all ask `evaluate` (this engineer, this time) or
`earliest_start` (this engineer, as soon as possible). Instants are whole seconds since 1970 UTC; facts are
primitives, so that a verdict can be stored and told in any language later (`dispatch.reasons`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.rules import is_among
from dispatch.travel import Point, trip

Span = tuple[int, int]
FOREVER = 1 << 53
FAR_MINUTES = 60
"""A trip from home that may be told as the reason why no working time holds the work."""

INACTIVE, SKILL, CERTIFICATE, TERRITORY = "inactive", "skill", "certificate", "territory"
SHIFT, ABSENCE, OVERLAP, WINDOW, TRAVEL = "shift", "absence", "overlap", "window", "travel"

SOFT = frozenset({TERRITORY, SHIFT, WINDOW, TRAVEL})
"""Rules a dispatcher may break with a reason; the others cannot be broken."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that is broken, or one thing for or against: a code and primitive facts."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, **self.facts}


@dataclass(frozen=True, slots=True)
class Work:
    """What must be done: `seconds` long, at `place` in `area`, with `skills` {skill id: least level}.

    `promised`: inside which the engineer must arrive; `window`: inside which the work must happen; `hours`:
    when the site may be visited (None: always); `after`: before which what it depends on is not done;
    `parts`: {part id: quantity} to bring; `same_engineer`: who must do it (0: anybody). Work of `crew_size`
    people needs the skills of each of them (`crew_cover` "all") or of all together ("any").
    """

    id: int
    seconds: int
    place: Point | None = None
    area: str = ""
    site_id: int = 0
    skills: Mapping[int, int] = field(default_factory=dict)
    promised: Span = (0, FOREVER)
    window: Span = (0, FOREVER)
    hours: list[Span] | None = None
    customer_id: int = 0
    priority: int = 3
    parts: Mapping[int, float] = field(default_factory=dict)
    crew_size: int = 1
    crew_cover: str = "all"
    after: int = 0
    same_engineer: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit already planned. One that has ended takes no time any more, but says where the engineer was."""

    visit_id: int
    work_order: str
    start: int
    end: int
    place: Point | None = None
    is_over: bool = False


@dataclass(slots=True)
class Person:
    """An engineer as the evaluator sees one. All lists are in order of time.

    `skills` maps a skill id to (level, last second its certificate holds). `areas` empty means everywhere.
    `breaks`: (begins at the earliest, begins at the latest, seconds) of every shift. `overtime`: seconds that
    may be worked past a shift. `scope_skills` and `scope_areas`: what the engineer's provider may be given
    (empty: anything). `likings`: {customer id: "preferred" or "excluded"}; `last_customers`: customers
    visited before. `parts`: {part id: quantity in the van}. `max_travel_minutes` None: as the policy says.
    Costs are in minor units of money. `last_given`: when work was last planned for them.
    """

    id: int
    name: str
    is_active: bool = True
    home: Point | None = None
    skills: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    areas: frozenset[str] = frozenset()
    shifts: list[Span] = field(default_factory=list)
    absences: list[Span] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    sites: Mapping[int, int] = field(default_factory=dict)
    breaks: list[tuple[int, int, int]] = field(default_factory=list)
    overtime: int = 0
    max_travel_minutes: int | None = None
    hour_cost: int = 0
    km_cost: int = 0
    overtime_percent: int = 100
    provider_id: int = 0
    scope_skills: frozenset[int] = frozenset()
    scope_areas: frozenset[str] = frozenset()
    likings: Mapping[int, str] = field(default_factory=dict)
    last_customers: frozenset[int] = frozenset()
    parts: Mapping[int, float] = field(default_factory=dict)
    last_given: int = 0

    def add(self, stop: Stop) -> None:
        """Plan another visit in memory."""
        self.stops.insert(bisect_right(self.stops, stop.start, key=_start), stop)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `start` is None when no time was found; `broken` then says why not."""

    person: Person
    start: int | None
    end: int | None
    broken: tuple[Reason, ...] = ()
    travel_minutes: int = 0
    travel_km: float = 0.0
    late_minutes: int = 0
    load_percent: int = 0

    @property
    def span(self) -> Span:
        """(start, end) of a verdict that found a time. Raises ValueError on one that did not."""
        if self.start is None or self.end is None:
            raise ValueError("no time was found")
        return self.start, self.end

    @property
    def can_be_forced(self) -> bool:
        """Whether a reason is enough to plan this against the rules."""
        return self.start is not None and all(reason.code in SOFT for reason in self.broken)


def evaluate(person: Person, work: Work, start: int, *, end: int | None = None, ignoring: int = 0) -> Verdict:
    """Judge one engineer at one time: every broken rule, not only the first. `ignoring` is a visit being
    moved."""
    end = start + work.seconds if end is None else end
    stops = [s for s in person.stops if s.visit_id != ignoring]
    before = _last_before(stops, start)
    origin, ready = _origin(person, before, start)
    minutes, km = trip(origin, work.place)
    broken = [
        *fixed_reasons(person, work, start),
        *_time_reasons(person, start, end),
        *(_overlap(s) for s in stops if not s.is_over and s.start < end and s.end > start),
        *_travel_reasons(stops, before, work, (start, end), ready + minutes * 60),
        *_window_reasons(work, start, end),
    ]
    late = max(0, start - work.promised[1]) // 60
    load = _load(person, stops, start)
    return Verdict(person, start, end, tuple(broken), minutes, km, late, load)


def earliest_start(person: Person, work: Work, from_at: int, until: int) -> Verdict:
    """The first time, from `from_at` and starting before `until`, at which the engineer can do the work.

    Travel counts on both sides, within working time. The territory does not hinder here: it is told in
    `broken`,
    and so is arriving after the promise when no time keeps it. Other rules hinder.
    """
    fixed = fixed_reasons(person, work, from_at)
    hard = tuple(reason for reason in fixed if reason.code not in SOFT)
    if hard:
        return Verdict(person, None, None, hard)
    found = _first_gap(person, work, (from_at, until))
    if found is None:
        return Verdict(person, None, None, (_why_none(person, work, from_at, until),))
    start, minutes, km = found
    expired = tuple(_certificates(person, work, start + work.seconds))
    if expired:
        return Verdict(person, None, None, expired)
    end = start + work.seconds
    broken = (*fixed, *_window_reasons(work, start, end))
    late = max(0, start - work.promised[1]) // 60
    return Verdict(person, start, end, broken, minutes, km, late, _load(person, person.stops, start))


def fixed_reasons(person: Person, work: Work, at: int) -> list[Reason]:
    """Rules that do not depend on the day's plan: activity, skills, certificates, territory."""
    reasons = [] if person.is_active else [Reason(INACTIVE)]
    for skill_id, level in work.skills.items():
        has = person.skills.get(skill_id, (0, 0))[0]
        if has < level:
            reasons.append(Reason(SKILL, {"skill_id": skill_id, "level": level, "has": has}))
    reasons += _certificates(person, work, at)
    if work.area and person.areas and not is_among(work.area, person.areas):
        reasons.append(Reason(TERRITORY, {"area": work.area}))
    return reasons


def _certificates(person: Person, work: Work, at: int) -> list[Reason]:
    return [
        Reason(CERTIFICATE, {"skill_id": skill_id, "held_until": person.skills[skill_id][1]})
        for skill_id, level in work.skills.items()
        if skill_id in person.skills
        and person.skills[skill_id][0] >= level
        and person.skills[skill_id][1] < at
    ]


def _first_gap(
    person: Person,
    work: Work,
    between: Span,
    *,
    stops: list[Stop] | None = None,
    absences: list[Span] | None = None,
) -> tuple[int, int, float] | None:
    """(start, travel minutes, km) of the first gap that holds the work and the trips on both sides."""
    stops = person.stops if stops is None else stops
    absences = person.absences if absences is None else absences
    from_at, until = between
    not_before = max(from_at, work.window[0], work.promised[0])
    latest = min(until, work.window[1] - work.seconds)
    for shift_start, shift_end in person.shifts:
        if shift_end - work.seconds < not_before:
            continue
        if shift_start > latest:
            break
        for origin, ready, gap_end, following in _gaps(person, (shift_start, shift_end), stops, absences):
            ready_now = max(ready, from_at)
            if max(ready_now, not_before) + work.seconds > gap_end:
                continue
            minutes, km = trip(origin, work.place)
            start = _whole_minute(max(ready_now + minutes * 60, not_before))
            if start > latest:
                return None
            spare = gap_end - start - work.seconds
            if spare >= 0 and (following is None or trip(work.place, following)[0] * 60 <= spare):
                return start, minutes, km
    return None


def _gaps(
    person: Person, shift: Span, stops: list[Stop], absences: list[Span]
) -> Iterator[tuple[Point | None, int, int, Point | None]]:
    """(where from, free from, free until, where to next) of each free stretch of a shift, in order.

    Before the first visit the engineer comes from home. After an absence they start from where they were.
    """
    place, ready = person.home, shift[0]
    busy: list[tuple[int, int, Stop | None]] = [
        (s.start, s.end, s) for s in stops if s.end > shift[0] and s.start < shift[1]
    ]
    if absences:
        busy += [(a, b, None) for a, b in absences if b > shift[0] and a < shift[1]]
        busy.sort(key=_first)
    for start, end, stop in busy:
        if start > ready:
            yield place, ready, start, stop.place if stop else None
        if stop is not None:
            place = stop.place
        ready = max(ready, end)
    if ready < shift[1]:
        yield place, ready, shift[1], None


def _why_none(person: Person, work: Work, from_at: int, until: int) -> Reason:
    """The rule whose absence would have let the work in: other visits, absences, the window, else working
    time."""
    between = (from_at, until)
    if _first_gap(person, work, between, stops=[]):
        planned = sum(1 for s in person.stops if not s.is_over and from_at < s.end and s.start < until)
        return Reason(OVERLAP, {"visits": planned})
    if _first_gap(person, work, between, stops=[], absences=[]):
        return Reason(ABSENCE, {})
    open_work = Work(work.id, work.seconds, work.place)
    if _first_gap(person, open_work, between, stops=[], absences=[]):
        return Reason(WINDOW, {"bound": "none_fits"})
    minutes, _km = trip(person.home, work.place)
    anywhere = Work(work.id, work.seconds)
    if minutes > FAR_MINUTES and _first_gap(person, anywhere, between, stops=[], absences=[]):
        return Reason(TRAVEL, {"side": "far", "minutes": minutes})
    return Reason(SHIFT, {})


def _time_reasons(person: Person, start: int, end: int) -> list[Reason]:
    reasons = []
    if not any(a <= start and end <= b for a, b in person.shifts):
        over = [end - b for a, b in person.shifts if a <= start < b < end]
        reasons.append(Reason(SHIFT, {"over_minutes": over[0] // 60} if over else {}))
    reasons += [Reason(ABSENCE, {"from": a, "to": b}) for a, b in person.absences if a < end and b > start]
    return reasons


def _overlap(stop: Stop) -> Reason:
    facts = {"visit_id": stop.visit_id, "work_order": stop.work_order, "from": stop.start, "to": stop.end}
    return Reason(OVERLAP, facts)


def _travel_reasons(
    stops: list[Stop], before: Stop | None, work: Work, span: Span, arrival: int
) -> list[Reason]:
    start, end = span
    reasons = []
    if before is not None and not before.is_over and arrival > start:
        late = -(-(arrival - start) // 60)
        reasons.append(Reason(TRAVEL, {"work_order": before.work_order, "minutes": late, "side": "before"}))
    after = next((s for s in stops if s.start >= end and not s.is_over), None)
    if after is not None and (short := end + trip(work.place, after.place)[0] * 60 - after.start) > 0:
        late = -(-short // 60)
        reasons.append(Reason(TRAVEL, {"work_order": after.work_order, "minutes": late, "side": "after"}))
    return reasons


def _window_reasons(work: Work, start: int, end: int) -> list[Reason]:
    checks = (
        (start < work.window[0], "window_start", work.window[0]),
        (end > work.window[1], "window_end", work.window[1]),
        (start < work.promised[0], "promised_start", work.promised[0]),
        (start > work.promised[1], "promised_end", work.promised[1]),
    )
    return [
        Reason(
            WINDOW,
            {"bound": bound, "at": at, "minutes": abs(at - (end if bound == "window_end" else start)) // 60},
        )
        for is_broken, bound, at in checks
        if is_broken
    ]


def _last_before(stops: list[Stop], start: int) -> Stop | None:
    index = bisect_right(stops, start, key=_start)
    earlier = [s for s in stops[max(0, index - 1) : index] if s.end <= start]
    return earlier[0] if earlier else None


def _origin(person: Person, before: Stop | None, start: int) -> tuple[Point | None, int]:
    """Where the engineer comes from: the visit before in the same shift, else home."""
    shift_start = max((a for a, b in person.shifts if a <= start < b), default=start - 12 * 3600)
    if before is not None and before.end > shift_start:
        return before.place, before.end
    return person.home, shift_start


def _load(person: Person, stops: list[Stop], start: int) -> int:
    """Per cent of the shift around `start` that visits take already."""
    for a, b in person.shifts:
        if a <= start < b:
            return sum(s.end - s.start for s in stops if a <= s.start < b) * 100 // (b - a)
    return 0


def _whole_minute(at: int) -> int:
    return -(-at // 60) * 60


def _start(stop: Stop) -> int:
    return stop.start


def _first(busy: tuple[int, int, Stop | None]) -> int:
    return busy[0]
