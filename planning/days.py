"""What is planned and in which time: tasks, the free time between walls, when work may begin. Pure.

What must not move stands as walls: each engineer's free time between walls (fixed visits, absences, the ends
of a shift) is a worker of its own, so that no search can drop or shift a promise. Instants are whole seconds
since 1970, as in `dispatch.evaluator`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dispatch import policy as codes
from dispatch.enums import LinkKind
from dispatch.evaluator import Person, Span, Stop, Work
from dispatch.evaluator.model import Full
from dispatch.evaluator.weeks import with_overtime
from dispatch.optimiser.problem import Break
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.travel import Point

if TYPE_CHECKING:
    pass

SHORTEST_GAP = 15 * 60
PRIZES: Mapping[int, int] = {1: 144_000, 2: 36_000, 3: 10_800, 4: 3_600}
"""Seconds of cost that leaving work of a priority undone is worth; each day of waiting adds a tenth."""
UNTOLD_CHANGE = 300
"""What moving a visit costs that nobody was told of: enough to leave alone what is as good."""
MOST_AGEING_DAYS = 10


@dataclass(frozen=True, slots=True)
class Wait:
    """A link to other work of the same run: its id and name, how it hangs on it, seconds between, its zone."""

    first: int
    name: str
    kind: str
    gap: int
    zone: ZoneInfo

    @property
    def is_close(self) -> bool:
        """Whether it goes right after: both are done, or neither."""
        return self.kind == LinkKind.IMMEDIATELY


@dataclass(frozen=True, slots=True)
class Task:
    """Work to find a place for. `was` is (engineer, start) of its visit, `team` the engineers of a crew's visits;
    `told` the first and last start that are what its customer was told (None: nothing). `waits` are links to other
    tasks. `only`: who may do it as far as scarce parts go (None: anybody)."""

    work: Work
    priority: int = 3
    visit_id: int = 0
    was: tuple[int, int] | None = None
    told: Span | None = None
    waiting_days: int = 0
    team: tuple[int, ...] = ()
    waits: tuple[Wait, ...] = ()
    only: frozenset[int] | None = None
    name: str = ""

    @property
    def is_for_search(self) -> bool:
        """Whether the search can plan it: one engineer, or a crew of which each has the skills."""
        return self.work.crew_size == 1 or self.work.crew_cover == "all"


@dataclass(frozen=True, slots=True)
class Placed:
    """A task with the engineer and the time found for it; `seconds` 0 is all of it, else this is a stint."""

    task: Task
    person_id: int
    start: int
    travel_minutes: int
    seconds: int = 0

    @property
    def end(self) -> int:
        return self.start + (self.seconds or self.task.work.seconds)


@dataclass(frozen=True, slots=True)
class Gap:
    """Free time of one engineer between two walls. `target` is where to be when it ends, if anywhere."""

    person: Person
    span: Span
    origin: Point | None
    target: Point | None
    has_target: bool
    pause: Break | None = None
    regular_end: int | None = None
    """Where overtime begins, of who may work it."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What the search weighs driving against, in seconds of cost."""

    change: int = 1_800
    late_share: float = 0.5
    prizes: Mapping[int, int] = field(default_factory=lambda: dict(PRIZES))


def gaps_of(person: Person, between: Span, policy: Policy = PRODUCT) -> list[Gap]:
    """The free time that an engineer's walls leave between two instants, in order, with the overtime that the
    policy allows."""
    overtime = person.overtime if policy.verdict(codes.OVERTIME) == ALLOW else 0
    found: list[Gap] = []
    for shift_begin, finish, shift_end in with_overtime(person, overtime):
        begin, end = max(shift_begin, between[0]), min(finish, between[1])
        if min(shift_end, end) - begin < SHORTEST_GAP:
            continue
        walls = [stop for stop in person.stops if stop.end > shift_begin and stop.start < finish]
        gaps = _between_walls(person, (shift_begin, end), begin, walls)
        if policy.verdict(codes.BREAK) != ALLOW:
            gaps = _with_breaks(person, (shift_begin, min(shift_end, end)), gaps)
        found += [replace(gap, regular_end=shift_end) if gap.span[1] > shift_end else gap for gap in gaps]
    return found


def _between_walls(person: Person, shift: Span, begin: int, walls: Sequence[Stop]) -> list[Gap]:
    busy: list[tuple[int, int, Stop | None]] = [(stop.start, stop.end, stop) for stop in walls]
    busy += [(a, b, None) for a, b in person.absences if b > shift[0] and a < shift[1]]
    busy.sort(key=lambda one: one[:2])
    place, ready = person.home, shift[0]
    gaps: list[Gap] = []
    for start, end, stop in [*busy, (shift[1], shift[1], None)]:
        span = (max(ready, begin), min(start, shift[1]))
        if span[1] - span[0] >= SHORTEST_GAP:
            target = stop.place if stop else None
            gaps.append(Gap(person, span, place, target, has_target=stop is not None))
        if stop is not None:
            place = stop.place
        ready = max(ready, end)
    return gaps


def _with_breaks(person: Person, shift: Span, gaps: list[Gap]) -> list[Gap]:
    """Put each of the shift's breaks where most of its window is free, one in a gap; what fits nowhere is had
    already, or left to the evaluator."""
    for earliest, latest, seconds in person.breaks:
        if not shift[0] <= earliest < shift[1]:
            continue
        room = [
            min(gap.span[1], shift[1], latest + seconds) - max(gap.span[0], earliest)
            if gap.pause is None
            else 0
            for gap in gaps
        ]
        if room and max(room) >= seconds:
            best = room.index(max(room))
            gap = gaps[best]
            closes = min(latest, min(gap.span[1], shift[1]) - seconds)
            pause = Break(min(whole_minute(max(earliest, gap.span[0])), closes), closes, seconds)
            gaps[best] = replace(gap, pause=pause)
    return gaps


def start_window(task: Task, between: Span) -> Span:
    """The first and last whole minute at which a task may begin; the last is before the first when none is.

    Where somebody was told when to expect it, never before that.
    """
    opens, closes = _work_window(task.work, between)
    if task.told:
        opens = max(opens, min(task.told[0], closes))
    return whole_minute(opens), closes // 60 * 60


def lies_in(starts: Span, full: Sequence[Full]) -> bool:
    """Whether all of these starts are on a day without room."""
    return any(begin <= starts[0] <= starts[1] < end for begin, end, _reserved in full)


def hours_of(work: Work, between: Span) -> list[Span]:
    """[(first start, last start)] that the visiting hours leave between two instants; none without such hours."""
    opens, closes = _open_window(work, between)
    spans = ((max(opens, a), min(closes, b - work.seconds)) for a, b in work.hours or ())
    whole = ((whole_minute(a), b // 60 * 60) for a, b in spans)
    return [(a, b) for a, b in whole if a <= b]


def _work_window(work: Work, between: Span) -> Span:
    if work.hours is None:
        return _open_window(work, between)
    spans = hours_of(work, between)
    opens = _open_window(work, between)[0]
    return (spans[0][0], max(b for _a, b in spans)) if spans else (opens, opens - 1)


def _open_window(work: Work, between: Span) -> Span:
    opens = max(between[0], work.window[0], work.promised[0], work.after)
    return opens, min(min(between[1], work.window[1]) - work.seconds, work.start_by)


def whole_minute(at: int) -> int:
    """The first whole minute at an instant or after."""
    return -(-at // 60) * 60
