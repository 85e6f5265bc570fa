"""Every gap of every engineer as rows of numbers: what the search in Python walks through, laid out at
once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.evaluator import FOREVER, Person
from dispatch.evaluator.gaps import Gap, gaps
from dispatch.evaluator.search import with_overtime
from dispatch.instant.places import Places
from dispatch.travel import Point, trip

Ints = NDArray[np.int64]
NOTHING_FOLLOWS = -1
NO_WAY_ON = -1
"""Nothing follows in the same shift: what the work adds is the trip to it."""

(
    READY,
    END,
    ARRIVE_BY,
    SHIFT_END,
    LOAD,
    LEAD_SECONDS,
    LEAD_UNTIL,
    TAIL_SECONDS,
    TAIL_FROM,
    ORIGIN,
    FOLLOWING,
    IS_OVER,
    DIRECT,
) = range(13)
WIDTH = 13


@dataclass(frozen=True, slots=True)
class Kind:
    """Which rules the gaps of a table keep: see `evaluator.search.Search`. What overtime adds to a shift stands
    in rows of its own."""

    has_stops: bool = True
    has_absences: bool = True
    has_breaks: bool = True


@dataclass(slots=True)
class Block:
    """The rows of one engineer; places are numbered within `points`."""

    rows: Ints
    points: list[Point | None]


@dataclass(slots=True)
class Table:
    """All rows: one column each of `numbers` (one row each of `rows`), whose engineer is `person`; places are
    numbered in `places`."""

    numbers: Ints
    rows: Ints
    person: Ints
    places: Places


def block_of(person: Person, kind: Kind) -> Block:
    """One engineer's gaps of a kind, in working time and with overtime."""
    number: dict[Point | None, int] = {}
    found = [_row(gap, 0, number) for gap in _gaps(person, kind, 0)]
    if person.overtime:
        longer = (gap for gap in _gaps(person, kind, person.overtime) if gap.end > gap.shift_end)
        found += [_row(gap, 1, number) for gap in longer]
    return Block(np.array(found, np.int64).reshape(-1, WIDTH), list(number))


def _gaps(person: Person, kind: Kind, overtime: int) -> Iterator[Gap]:
    stops = person.stops if kind.has_stops else ()
    absences = person.absences if kind.has_absences else ()
    for begin, finish, end in with_overtime(person.shifts, overtime):
        yield from gaps(person, (begin, finish), stops, absences, shift_end=end, with_breaks=kind.has_breaks)


def _row(gap: Gap, is_over: int, number: dict[Point | None, int]) -> tuple[int, ...]:
    """A gap in numbers; a place gets the next number when it is new."""
    origin = number.setdefault(gap.origin, len(number))
    follows = gap.arrive_by < FOREVER
    return (
        gap.ready,
        gap.end,
        gap.arrive_by,
        gap.shift_end,
        gap.load_percent,
        gap.lead_seconds,
        gap.lead_until,
        gap.tail_seconds,
        gap.tail_from,
        origin,
        number.setdefault(gap.following, len(number)) if follows else NOTHING_FOLLOWS,
        is_over,
        trip(gap.origin, gap.following)[0] if gap.arrive_by == gap.end else NO_WAY_ON,
    )


def table_of(blocks: Sequence[Block]) -> Table:
    """The blocks of all engineers, in order, as one table."""
    sizes = np.array([len(block.rows) for block in blocks], np.int64)
    counts = np.array([len(block.points) for block in blocks], np.int64)
    offsets = np.concatenate(([0], np.cumsum(counts)[:-1])) if len(blocks) else counts
    person = np.repeat(np.arange(len(blocks)), sizes)
    rows = np.concatenate([block.rows for block in blocks]) if blocks else np.empty((0, WIDTH), np.int64)
    shift = offsets[person] if len(person) else person
    rows[:, ORIGIN] += shift
    rows[:, FOLLOWING] = np.where(rows[:, FOLLOWING] >= 0, rows[:, FOLLOWING] + shift, NOTHING_FOLLOWS)
    places = Places([point for block in blocks for point in block.points])
    return Table(np.ascontiguousarray(rows.T), np.ascontiguousarray(rows), person, places)
