"""The first time for every engineer at once: what `evaluator.earliest_start` answers one by one.

The arrays are made once for a world; changing one engineer's plan replaces that engineer's rows only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Work
from dispatch.evaluator.search import FAR_MINUTES, needs_own_skills, opening_starts
from dispatch.instant import kernel
from dispatch.instant import tables as t
from dispatch.instant.people import Crowd
from dispatch.instant.places import Places
from dispatch.instant.tables import Block, Kind, Table, block_of, table_of
from dispatch.policy import ALLOW, BLOCK, CONFIRM, PRODUCT, Policy

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

NEVER = FOREVER
ALL = Kind()
NO_BREAKS = Kind(has_breaks=False)
NO_STOPS = Kind(has_stops=False, has_breaks=False)
BARE = Kind(has_stops=False, has_absences=False, has_breaks=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Work between two instants under a policy."""

    work: Work
    from_at: int
    until: int
    policy: Policy = PRODUCT

    @property
    def bounds(self) -> tuple[int, int]:
        """The earliest and the latest start."""
        work = self.work
        earliest = max(self.from_at, work.window[0], work.promised[0], work.after)
        return earliest, min(self.until - 1, work.window[1] - work.seconds, work.start_by)


@dataclass(slots=True)
class Starts:
    """One row for each engineer; `at` is NEVER where no time was found. `minutes` of travel;
    `load` in per cent; `overtime` in minutes."""

    at: Ints
    minutes: Ints
    km: Floats
    load: Ints
    overtime: Ints


class World:
    """Engineers with their plan as tables, made when first asked for."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.crowd = Crowd(people)
        self.homes = Places([person.home for person in people])
        self._blocks: dict[Kind, list[Block]] = {}
        self._tables: dict[Kind, Table] = {}

    def replaced(self, changed: dict[int, Person]) -> World:
        """The same world with other plans for some engineers, by number; this one stays as it is."""
        people = list(self.crowd.people)
        for index, person in changed.items():
            people[index] = person
        found = World(people)
        for kind, old in self._blocks.items():
            blocks = list(old)
            for index, person in changed.items():
                blocks[index] = block_of(person, kind)
            found._blocks[kind], found._tables[kind] = blocks, table_of(blocks)
        return found

    def knowing(self, known: dict[int, Person]) -> World:
        """The same world, some of whose engineers (by number) know a site or carry parts; plans are equal."""
        found = object.__new__(World)
        found.crowd, found.homes = self.crowd.known(known), self.homes
        found._blocks, found._tables = self._blocks, self._tables
        return found

    def table(self, kind: Kind) -> Table:
        """The rows of a kind."""
        if kind not in self._tables:
            self._blocks[kind] = [block_of(person, kind) for person in self.crowd.people]
            self._tables[kind] = table_of(self._blocks[kind])
        return self._tables[kind]

    def warm(self) -> None:
        """Make every table."""
        for kind in (ALL, NO_BREAKS, NO_STOPS, BARE):
            self.table(kind)


def first_starts(world: World, ask: Question, kind: Kind, able: Bools, *, limited: bool = True) -> Starts:
    """The first start of each engineer of `able`: in working time, else with overtime where the policy lets
    people be asked for it. `limited` keeps to the longest trip."""
    if ask.policy.verdict(codes.BREAK) == ALLOW:
        kind = replace(kind, has_breaks=False)
    table = world.table(kind)
    if (scan := kernel.compiled()) is not None:
        most = most_minutes(world.crowd, ask.policy) if limited else None
        return _scanned(scan, ask, table, able, most)
    nothing = np.zeros((3, world.crowd.count), np.int64)
    found = Starts(np.full(world.crowd.count, NEVER), nothing[0], np.zeros(world.crowd.count), *nothing[1:])
    rows = live_rows(table, ask, able)
    numbers, person = table.numbers[:, rows], table.person[rows]
    minutes, km = table.places.trips(ask.work.place, numbers[t.ORIGIN])
    starts = starts_in(numbers, ask, minutes)
    if limited and (most := most_minutes(world.crowd, ask.policy)) is not None:
        starts[minutes > most[person]] = NEVER
    good = np.flatnonzero(starts < NEVER)
    good = good[starts[good] <= last_starts(table, numbers[:, good], ask.work)]
    best = _first_of_each(found.at, starts[good], person[good], numbers[t.IS_OVER, good], ask.policy)
    rows, whose = good[best], person[good[best]]
    found.minutes[whose], found.km[whose] = minutes[rows], km[rows]
    found.load[whose] = numbers[t.LOAD, rows]
    past = starts[rows] + ask.work.seconds - numbers[t.SHIFT_END, rows]
    found.overtime[whose] = np.maximum(0, -(-past // 60))
    return found


_OVERTIME = {BLOCK: kernel.NO_OVERTIME, CONFIRM: kernel.OVERTIME_LAST, ALLOW: kernel.OVERTIME}


def _scanned(scan: kernel.Scan, ask: Question, table: Table, able: Bools, most: Ints | None) -> Starts:
    """What the compiled scan finds."""
    count, work, hours = len(able), ask.work, opening_starts(ask.work, ask.policy)
    starts, km = np.full((6, count), NEVER), np.zeros((2, count))
    scan(
        table.rows,
        table.person,
        table.places.numbers,
        np.radians(work.place or (np.nan, np.nan)),
        able,
        np.full(count, NEVER) if most is None else most,
        np.array(hours or [], np.int64).reshape(-1, 2),
        np.array(
            [
                ask.from_at,
                *ask.bounds,
                work.seconds,
                _OVERTIME[ask.policy.verdict(codes.OVERTIME)],
                hours is not None,
            ],
            np.int64,
        ),
        starts,
        km,
    )
    over = starts[0] == NEVER
    starts[:3, over], km[0, over] = starts[3:, over], km[1, over]
    who = np.flatnonzero(starts[0] < NEVER)
    rows = starts[2, who]
    load, overtime = np.zeros((2, count), np.int64)
    load[who] = table.rows[rows, t.LOAD]
    overtime[who] = np.maximum(0, -(-(starts[0, who] + work.seconds - table.rows[rows, t.SHIFT_END]) // 60))
    minutes = np.where(starts[0] < NEVER, starts[1], 0)
    return Starts(starts[0], minutes, km[0], load, overtime)


def _first_of_each(at: Ints, starts: Ints, person: Ints, is_over: Ints, policy: Policy) -> NDArray[np.intp]:
    """Write each engineer's first start into `at` and give its row. Overtime comes only when nothing else
    does, unless the policy allows it."""
    if policy.verdict(codes.OVERTIME) == CONFIRM:
        regular = is_over == 0
        np.minimum.at(at, person[regular], starts[regular])
        last = ~regular & (at[person] == NEVER)
        np.minimum.at(at, person[last], starts[last])
    else:
        regular = last = np.ones(starts.shape, np.bool_)
        np.minimum.at(at, person, starts)
    counts: Bools = regular | last
    found: NDArray[np.intp] = (counts & (starts == at[person])).nonzero()[0]
    return found


def live_rows(table: Table, ask: Question, able: Bools) -> NDArray[np.intp]:
    """The rows of able engineers that could hold the work, travel aside."""
    earliest, latest = ask.bounds
    rows = np.flatnonzero(able[table.person])
    numbers = table.numbers
    begin = np.maximum(numbers[t.READY, rows], earliest)
    fits = (begin <= latest) & (begin + ask.work.seconds <= numbers[t.END, rows])
    if ask.policy.verdict(codes.OVERTIME) == BLOCK:
        fits &= numbers[t.IS_OVER, rows] == 0
    live: NDArray[np.intp] = rows[fits]
    return live


def starts_in(numbers: Ints, ask: Question, minutes: Ints) -> Ints:
    """The first start in each row that is so many minutes away, what follows aside; NEVER where there is
    none. With `last_starts` it is `evaluator.search.start_in`."""
    earliest, latest = ask.bounds
    ready = np.maximum(numbers[t.READY], ask.from_at)
    lead = np.minimum(numbers[t.LEAD_SECONDS], np.maximum(0, numbers[t.LEAD_UNTIL] - ready))
    start = ready + minutes * 60 + lead
    np.maximum(start, numbers[t.LEAD_UNTIL], out=start)
    np.maximum(start, earliest, out=start)
    start += -start % 60
    fits: Bools | None = None
    hours = opening_starts(ask.work, ask.policy)
    if hours is not None:
        start, fits = opened(start, hours)
    last = np.minimum(ends(numbers, ask.work), latest)
    fits = start <= last if fits is None else fits & (start <= last)
    return np.where(fits, start, NEVER)


def ends(numbers: Ints, work: Work) -> Ints:
    """The last start in each row that keeps the shift and the breaks."""
    end = np.minimum(numbers[t.END], numbers[t.TAIL_FROM]) - work.seconds
    found: Ints = np.minimum(end, numbers[t.SHIFT_END] - 1)
    return found


def last_starts(table: Table, numbers: Ints, work: Work) -> Ints:
    """The last start in each row from which what follows is reached in time; NEVER where nothing does."""
    found = np.full(numbers.shape[1], NEVER, np.int64)
    follows = np.flatnonzero(numbers[t.FOLLOWING] >= 0)
    onward = table.places.trips(work.place, numbers[t.FOLLOWING, follows])[0] * 60
    arrive_by, tail = numbers[t.ARRIVE_BY, follows], numbers[t.TAIL_SECONDS, follows]
    found[follows] = arrive_by - onward - tail - work.seconds
    return found


def opened(start: Ints, hours: list[tuple[int, int]]) -> tuple[Ints, Bools]:
    """Each start moved to when the site is open, and whether there is such a time."""
    if not hours:
        return start, np.zeros(start.shape, np.bool_)
    first = np.array([a for a, _b in hours], np.int64)
    last = np.array([b for _a, b in hours], np.int64)
    index = np.searchsorted(last, start, side="left")
    fits = index < len(last)
    return np.maximum(start, first[np.minimum(index, len(last) - 1)]), fits


def most_minutes(crowd: Crowd, policy: Policy, verdicts: tuple[str, ...] = (BLOCK,)) -> Ints | None:
    """The longest trip of each engineer where the policy's verdict on more is one of these; None where nobody
    has a limit."""
    if policy.verdict(codes.MAX_TRAVEL) not in verdicts:
        return None
    most = np.where(crowd.most_minutes < 0, policy.limit("max_travel_minutes"), crowd.most_minutes)
    return np.where(most > 0, most, NEVER) if (most > 0).any() else None


def why_none(world: World, ask: Question, able: Bools) -> Iterator[tuple[str, Bools]]:
    """(rule, whose time it takes away) for engineers who found none, as `Search.why_none` says it."""
    left = able.copy()
    for code, question, kind, whose in _ladder(world, ask):
        if not (asked := left & whose).any():
            continue
        found = asked & (first_starts(world, question, kind, asked).at < NEVER)
        yield code, found
        left &= ~found
    if left.any():
        yield from _too_far(world, ask, left)


def _ladder(world: World, ask: Question) -> Iterator[tuple[str, Question, Kind, Bools]]:
    everybody = np.ones(world.crowd.count, np.bool_)
    work = ask.work
    yield codes.BREAK, ask, NO_BREAKS, world.crowd.has_breaks
    yield codes.OVERLAP, ask, NO_STOPS, everybody
    yield codes.ABSENCE, ask, BARE, everybody
    if work.hours is not None:
        work = replace(work, hours=None)
        yield codes.VISITING_HOURS, replace(ask, work=work), BARE, everybody
    if work.after > ask.from_at or work.start_by < FOREVER:
        work = replace(work, after=0, start_by=FOREVER)
        yield codes.DEPENDENCY, replace(ask, work=work), BARE, everybody
    bare = Work(work.id, work.seconds, work.place)
    yield codes.WINDOW, replace(ask, work=bare), BARE, everybody


def _too_far(world: World, ask: Question, left: Bools) -> Iterator[tuple[str, Bools]]:
    from_home = world.homes.trips(ask.work.place)[0]
    most = most_minutes(world.crowd, ask.policy)
    if most is not None:
        over = left & (from_home > most)
        yield codes.MAX_TRAVEL, over
        left = left & ~over
    far = left & (from_home > FAR_MINUTES)
    if far.any():
        nowhere = replace(ask, work=Work(ask.work.id, ask.work.seconds))
        reached = far & (first_starts(world, nowhere, BARE, far, limited=False).at < NEVER)
        yield codes.TRAVEL, reached
        left = left & ~reached
    yield codes.SHIFT, left


def expired(world: World, ask: Question, starts: Starts) -> Iterator[tuple[tuple[str, int], Bools]]:
    """Whose certificates end before the time that was found."""
    if needs_own_skills(ask.work):
        yield from world.crowd.expired(ask.work, starts.at)
