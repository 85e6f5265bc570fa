"""Every gap of every engineer as rows of numbers: what the search in Python walks through, laid out at
once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.evaluator import FOREVER, Person
from dispatch.evaluator.gaps import Gap, gaps
from dispatch.evaluator.weeks import with_overtime
from dispatch.instant.places import points_of
from dispatch.travel import ESTIMATE, Estimate, Point

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
    has_weeks: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of all engineers, one after the other: number n's are `rows[first[n] : first[n + 1]]`. Places are
    numbered within their engineer's (see `places.Places`)."""

    rows: Ints
    first: Ints

    @property
    def person(self) -> Ints:
        """The engineer's number of each row."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


def block_of(person: Person, kind: Kind, estimate: Estimate = ESTIMATE) -> Ints:
    """One engineer's gaps of a kind, those of working time first, then those with overtime."""
    number = {point: n for n, point in enumerate(points_of(person))}
    found = [_row(gap, 0, number, estimate) for gap in _gaps(person, kind, 0, estimate)]
    if person.overtime:
        longer = (gap for gap in _gaps(person, kind, person.overtime, estimate) if gap.end > gap.shift_end)
        found += [_row(gap, 1, number, estimate) for gap in longer]
    return np.array(found, np.int64).reshape(-1, WIDTH)


def _gaps(person: Person, kind: Kind, overtime: int, estimate: Estimate) -> Iterator[Gap]:
    stops = person.stops if kind.has_stops else ()
    absences = person.absences if kind.has_absences else ()
    for begin, finish, end in with_overtime(person, overtime, has_weeks=kind.has_weeks):
        yield from gaps(
            person,
            (begin, finish),
            stops,
            absences,
            shift_end=end,
            with_breaks=kind.has_breaks,
            estimate=estimate,
        )


def _row(gap: Gap, is_over: int, number: dict[Point | None, int], estimate: Estimate) -> tuple[int, ...]:
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
        number[gap.origin],
        number[gap.following] if follows else NOTHING_FOLLOWS,
        is_over,
        estimate.trip(gap.origin, gap.following)[0] if gap.arrive_by == gap.end else NO_WAY_ON,
    )


def table_of(blocks: Sequence[Ints]) -> Table:
    """The rows of all engineers, in order, as one table."""
    rows = np.concatenate(blocks) if blocks else np.empty((0, WIDTH), np.int64)
    return Table(rows, np.cumsum([0, *map(len, blocks)], dtype=np.int64))
