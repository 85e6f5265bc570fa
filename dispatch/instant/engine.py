"""The first time for every engineer at once: what `evaluator.earliest_start` answers one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Work
from dispatch.evaluator.search import FAR_MINUTES
from dispatch.instant import arrays, layout, passes
from dispatch.instant.people import Crowd
from dispatch.instant.places import Trips
from dispatch.instant.tables import Kind
from dispatch.instant.world import ALL, BARE, NEVER, NO_STOPS, Given, Question, Starts, World
from dispatch.policy import ALLOW, BLOCK, CONFIRM, Policy

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_OVERTIME = {BLOCK: layout.NO_OVERTIME, CONFIRM: layout.OVERTIME_LAST, ALLOW: layout.OVERTIME}


def first_starts(
    world: World, ask: Question, trips: Trips, kind: Kind, able: Bools, *, limited: bool = True
) -> Starts:
    """The first start of each engineer of `able`: in working time, else with overtime where the policy lets
    people be asked for it. `limited` keeps to the longest trip."""
    if ask.policy.verdict(codes.BREAK) == ALLOW:
        kind = replace(kind, has_breaks=False)
    most = most_minutes(world.crowd, ask.policy, (BLOCK,) if limited else ())
    given = Given(world, ask, world.table(kind), trips, able, most)
    if (ready := passes.compiled()) is None:
        return arrays.scan(given)
    found = Starts.nothing(world.crowd.count)
    overtime = _OVERTIME[ask.policy.verdict(codes.OVERTIME)]
    ready.scan(*given.arrays, *ask.numbers(overtime), found.numbers, found.km)
    return found


def most_minutes(crowd: Crowd, policy: Policy, verdicts: tuple[str, ...]) -> Ints:
    """The longest trip of each engineer where the policy's verdict on more is one of these; NEVER without a
    limit."""
    if policy.verdict(codes.MAX_TRAVEL) not in verdicts:
        return crowd.boundless
    return crowd.longest(policy.limit("max_travel_minutes"))


def why_none(world: World, ask: Question, trips: Trips, able: Bools) -> Iterator[tuple[str, Bools]]:
    """(rule, whose time it takes away) for engineers who found none, as `Search.why_none` says it."""
    left = able.copy()
    for code, question, kind, whose in _ladder(world, ask):
        asked = left if whose is None else left & whose
        if not asked.any():
            continue
        found = asked & (first_starts(world, question, trips, kind, asked).at < NEVER)
        yield code, found
        left &= ~found
        if not left.any():
            return
    yield from _too_far(world, ask, trips, left)


def _ladder(world: World, ask: Question) -> Iterator[tuple[str, Question, Kind, Bools | None]]:
    work = ask.work
    if work.full:
        work = replace(work, full=())
        ask = replace(ask, work=work)
        yield codes.CAPACITY, ask, ALL, None
    kind = replace(ALL, has_weeks=False)
    yield codes.OVERTIME_WEEK, ask, kind, world.crowd.has_weeks
    yield codes.BREAK, ask, replace(kind, has_breaks=False), world.crowd.has_breaks
    yield codes.OVERLAP, ask, NO_STOPS, None
    yield codes.ABSENCE, ask, BARE, None
    if work.hours is not None:
        work = replace(work, hours=None)
        yield codes.VISITING_HOURS, replace(ask, work=work), BARE, None
    if work.after > ask.from_at or work.start_by < FOREVER:
        work = replace(work, after=0, start_by=FOREVER)
        yield codes.DEPENDENCY, replace(ask, work=work), BARE, None
    bare = Work(work.id, work.seconds, work.place)
    yield codes.WINDOW, replace(ask, work=bare), BARE, None


def _too_far(world: World, ask: Question, trips: Trips, left: Bools) -> Iterator[tuple[str, Bools]]:
    world.places.measure(trips)
    from_home = trips.minutes[world.places.first[:-1]]
    over = left & (from_home > most_minutes(world.crowd, ask.policy, (BLOCK,)))
    yield codes.MAX_TRAVEL, over
    left = left & ~over
    far = left & (from_home > FAR_MINUTES)
    if far.any():
        nowhere = replace(ask, work=Work(ask.work.id, ask.work.seconds))
        starts = first_starts(world, nowhere, world.places.trips(None), BARE, far, limited=False)
        reached = far & (starts.at < NEVER)
        yield codes.TRAVEL, reached
        left = left & ~reached
    yield codes.SHIFT, left
