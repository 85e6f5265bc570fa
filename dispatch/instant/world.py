"""All engineers with their plan as tables, and what is asked about them.

The arrays are made once for a world; changing one engineer's plan replaces that engineer's rows only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Work
from dispatch.evaluator.search import opening_starts
from dispatch.instant import layout
from dispatch.instant.people import Crowd
from dispatch.instant.places import Places, Trips, points_of, spots_of
from dispatch.instant.tables import Kind, Table, block_of, table_of
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.travel import ESTIMATE, Estimate, Key, key_of
from dispatch.travel import Table as RoadTable

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

NEVER = FOREVER
ALL = Kind()
NO_BREAKS = Kind(has_breaks=False)
NO_STOPS = Kind(has_stops=False, has_breaks=False, has_weeks=False)
BARE = Kind(has_stops=False, has_absences=False, has_breaks=False, has_weeks=False)


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

    @property
    def kind(self) -> Kind:
        """The gaps that the policy asks to look at."""
        return NO_BREAKS if self.policy.verdict(codes.BREAK) == ALLOW else ALL

    def numbers(self, overtime: int) -> tuple[Ints, Ints]:
        """(visiting hours as first and last starts, the rest) for the compiled passes."""
        hours = opening_starts(self.work, self.policy)
        asked = (self.from_at, *self.bounds, self.work.seconds, overtime, hours is not None)
        return np.array(hours or [], np.int64).reshape(-1, 2), np.array(asked, np.int64)


@dataclass(slots=True)
class Starts:
    """What was found for each engineer: `numbers` has a row each for the start (NEVER where there is none), the
    minutes of travel, the load in per cent, the minutes of overtime and the place that the engineer comes from (by
    number within their own); `km` of travel."""

    numbers: Ints
    km: Floats

    @classmethod
    def nothing(cls, count: int) -> Starts:
        """Nothing found for so many engineers."""
        numbers = np.zeros((5, count), np.int64)
        numbers[layout.AT] = NEVER
        return cls(numbers, np.zeros(count))

    @property
    def at(self) -> Ints:
        """The first start of each."""
        column: Ints = self.numbers[layout.AT]
        return column

    @property
    def minutes(self) -> Ints:
        """The travel to it."""
        column: Ints = self.numbers[layout.MINUTES]
        return column

    @property
    def overtime(self) -> Ints:
        """Minutes of overtime."""
        column: Ints = self.numbers[layout.OVER]
        return column


class World:
    """Engineers with their plan as tables, made when first asked for.

    `estimate` is what the ways between planned visits take: questions should be asked with the same.
    """

    def __init__(self, people: Sequence[Person], estimate: Estimate = ESTIMATE) -> None:
        self.crowd, self.estimate = Crowd(people), estimate
        self._keys: list[Key | None] | None = None
        self._spots = [spots_of(person) for person in people]
        self.places = Places(self._spots)
        self._blocks: dict[Kind, list[Ints]] = {}
        self._tables: dict[Kind, Table] = {}

    def without(self, visit_ids: Collection[int]) -> World:
        """The world as if these visits were not planned."""
        freed = {
            number: person.without(visit_ids)
            for number, person in enumerate(self.crowd.people if visit_ids else ())
            if person.has_any(visit_ids)
        }
        return self.replaced(freed) if freed else self

    def replaced(self, changed: dict[int, Person]) -> World:
        """The same world with other visits of some engineers, by number; nothing else of them is read anew.
        This world stays as it is."""
        found = copy(self)
        found.crowd = self.crowd.replaced(changed)
        found._spots, found._blocks = list(self._spots), {}
        # Those that are made by now: a world made anew has none.
        found._tables = {kind: table for kind, table in self._tables.items() if not kind.has_stops}
        found._keys = None
        for index, person in changed.items():
            found._spots[index] = spots_of(person)
        found.places = Places(found._spots)
        for kind, old in self._blocks.items():
            if not kind.has_stops:
                found._blocks[kind] = old
                continue
            found._blocks[kind] = blocks = list(old)
            for index, person in changed.items():
                blocks[index] = block_of(person, kind, self.estimate)
        return found

    def remade(self, changed: dict[int, Person]) -> World:
        """The same world with other engineers in the place of some, by number."""
        found = self.replaced(changed)
        found._blocks = {
            kind: [
                block_of(changed[n], kind, self.estimate) if n in changed else block
                for n, block in enumerate(blocks)
            ]
            for kind, blocks in self._blocks.items()
        }
        found.crowd, found._tables = Crowd(found.crowd.people), {}
        return found

    def knowing(self, known: dict[int, Person]) -> World:
        """The same world, some of whose engineers (by number) know a site or carry parts; plans are equal."""
        found = copy(self)
        found.crowd = self.crowd.known(known)
        return found

    def table(self, kind: Kind) -> Table:
        """The rows of a kind."""
        if not self.crowd.has_weeks.any():
            kind = replace(kind, has_weeks=True)
        if kind not in self._tables:
            if kind not in self._blocks:
                self._blocks[kind] = [block_of(person, kind, self.estimate) for person in self.crowd.people]
            self._tables[kind] = table_of(self._blocks[kind])
        return self._tables[kind]

    def trips(self, ask: Question) -> Trips:
        """The ways to the place of a question's work and back: what a routing service said of them, the others
        not measured yet."""
        roads, to = ask.policy.roads, ask.work.place
        found = self.places.trips(to, roads.estimate.factors)
        if isinstance(roads, RoadTable) and roads.legs and to is not None:
            found.tell(self._numbered(), to, roads)
        return found

    def _numbered(self) -> list[Key | None]:
        """The keys of all places, in their order."""
        if self._keys is None:
            points = (point for person in self.crowd.people for point in points_of(person))
            self._keys = [None if point is None else key_of(point) for point in points]
        return self._keys

    def warm(self) -> None:
        """Make every table."""
        for kind in (ALL, NO_BREAKS, NO_STOPS, BARE):
            self.table(kind)


@dataclass(frozen=True, slots=True)
class Given:
    """What a pass over the rows is given: whose rows count (`able`) and the longest trip of each engineer."""

    world: World
    ask: Question
    table: Table
    trips: Trips
    able: Bools
    most: Ints

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The same for the compiled passes, in their order."""
        table, places, trips = self.table, self.world.places, self.trips
        rows = table.rows, table.first, places.numbers, places.first
        ways = trips.to, trips.factors, trips.minutes, trips.km, trips.onward, trips.onward_km
        return *rows, *ways, self.able, self.most
