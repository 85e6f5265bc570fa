"""Rounds of search on one or two threads, and what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.chains import Chains
from dispatch.optimiser.kernel import annealing, places
from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.kernel import routes as kernel_routes
from dispatch.optimiser.kernel.scratch import scratch
from dispatch.optimiser.linked import Links
from dispatch.optimiser.packing import Ints, arrays_of
from dispatch.optimiser.prices import Prices
from dispatch.optimiser.problem import BadProblem, Problem
from dispatch.optimiser.walk import Walk

ROUNDS = 40
MOST_WORKERS_TO_EXCHANGE = 40
"""Up to here two whole walks that take over each other's plan do better than two halves."""
EXCHANGE_EVERY = 8
BLINK_IN_HALVES = 0.01
"""Halves look away from fewer places: by 2 of 187 h with 1,000 orders, in three pairs of runs."""
CHAINS_BELOW = 1_500.0
"""Chains are looked for from this heat down: what they gain in a hotter round is lost in the next."""
LARGE, HOT_WHEN_LARGE = 2_500, 5_000.0
"""From so many orders on a search of a whole day begins hotter: there is more to be put in order at first. At the
prices as they are: with fewer steps for each order, what was taken in at twice the price is not left out again."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the search walks. Heat is in seconds of cost; the defaults suit a day of field work."""

    hot: float = 3000.0
    cold: float = 50.0
    strings: float = 10.0
    longest: float = 6.0
    blink: float = 0.02
    split: float = 0.01
    few_unserved: int = 10
    near_unserved: int = 60
    nearby: int = 256
    """Where each thread has its side of the map: among how many orders, neighbours by their numbers, a step's ruin
    begins. They move on by one each step, so that what steps read stays in the processor's cache."""
    eager: float = 2.0
    """By what the prices of work not done, or done late, are multiplied while it is hot."""
    everywhere: bool = False
    """Try every worker for every order, not only near ones: for few workers who are all alike."""
    keys: tuple[float, ...] = (0.22, 0.20, 0.14, 0.10, 0.08, 0.06, 0.10, 0.05, 0.05, 0.0)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to search: `seconds` by the clock, or a fixed number of `steps` per thread and round.

    Only a fixed number of steps gives the same plan for the same problem every time.
    """

    seconds: float | None = None
    steps: int | None = None
    threads: int = 2
    rounds: int = ROUNDS


@dataclass(frozen=True, slots=True)
class Solution:
    """`routes` holds for each worker the indices of orders in driving order, `starts` when each begins.

    `cost` is in seconds.
    """

    routes: list[list[int]]
    starts: list[list[int]]
    unserved: list[int]
    cost: int
    steps: int
    seconds: float


TELL_EVERY = 0.2
Progress = Callable[[float, int], bool]
"""Called several times a second with the share done (0 to 1) and the best cost so far in seconds.

False ends the search within a few milliseconds, or as soon as chains are looked for; what was found until then is the
solution.
"""


def solve(
    problem: Problem,
    budget: Budget,
    *,
    seed: int = 1,
    tuning: Tuning | None = None,
    progress: Progress | None = None,
    began: float | None = None,
) -> Solution:
    """Plan a problem. `began` is when the clock of the budget started (`time.monotonic`), now by default.

    Raises BadProblem when the problem contradicts itself, such as two promises that nobody could keep.
    """
    began = time.monotonic() if began is None else began
    search = _Search(problem, budget, seed, tuning or _usual(problem), began)
    return search.run(progress)


def _usual(problem: Problem) -> Tuning:
    tuning = Tuning()
    if len(problem.workers) > MOST_WORKERS_TO_EXCHANGE:
        tuning = replace(tuning, blink=BLINK_IN_HALVES)
    if len(problem.orders) >= LARGE:
        tuning = replace(tuning, hot=HOT_WHEN_LARGE, eager=1.0)
    return tuning


def pace(left: float, rounds: int, chains: float) -> float:
    """Seconds of steps in the next of `rounds`, of the seconds `left`, where a look for chains took `chains` seconds.

    At least half of a round is steps: on a busy machine a look may take longer than a round has, and a search
    that then took no steps would be over long before its time.
    """
    share = left / rounds
    return max(share - chains, share / 2)


class _Search:
    def __init__(self, problem: Problem, budget: Budget, seed: int, tuning: Tuning, began: float) -> None:
        self.problem, self.arrays = problem, arrays_of(problem)
        self.budget, self.tuning, self.began = budget, tuning, began
        self.rng = np.random.default_rng(seed)
        self.states = [
            self.rng.integers(1, 2**63, 1, dtype=np.uint64) for _thread in range(max(1, budget.threads))
        ]
        self.settings = np.array(
            [
                tuning.strings,
                tuning.longest,
                tuning.blink,
                tuning.split,
                tuning.few_unserved,
                tuning.near_unserved,
                tuning.nearby if len(self.arrays.routes) > MOST_WORKERS_TO_EXCHANGE else k.NEVER,
            ]
        )
        self.keys = np.array(tuning.keys)
        self.steps = 0
        self.rate = 40_000.0
        n_orders, n_workers = self.arrays.orders.shape[1], len(self.arrays.routes)
        self.everybody = np.zeros(n_workers, np.int32), np.zeros(n_orders, np.int32)
        self.helpers = self.arrays.helpers
        if tuning.everywhere:
            self.helpers = np.tile(np.arange(n_workers, dtype=np.int32), (n_orders, 1))
        self.watches = np.zeros((len(self.states), k.WATCH), np.int64)
        self.links = Links(self.arrays, self.rng)
        self.chains = Chains(self.arrays, len(self.states))
        self.prices = Prices(self.arrays, tuning.eager)
        self.chains_seconds = 0.0
        self.progress: Progress | None = None
        self.round, self.round_steps, self.best_cost = 0, 1, 0

    def run(self, progress: Progress | None) -> Solution:
        best = self._begin()
        self.progress, self.best_cost = progress, best.cost
        threads = len(self.states)
        exchanging = threads > 1 and len(self.arrays.routes) <= MOST_WORKERS_TO_EXCHANGE
        walks = [best.copy() for _state in self.states] if exchanging else [best.copy()]
        with ThreadPoolExecutor(threads) as pool:
            for number in range(self.budget.rounds if self.arrays.orders.shape[1] else 0):
                steps = self._steps_of(number)
                if steps <= 0:
                    break
                self.round, self.round_steps = number, steps
                self.prices.cool(walks, self._heat(number, self.budget.rounds)[1])
                at = time.monotonic()
                if exchanging:
                    found = self._walk_apart(pool, walks, steps, number)
                else:
                    found = self._walk_halves(pool, walks[0], steps, number, threads)
                self._learn(steps, time.monotonic() - at)
                best = self._better(best, found)
                if exchanging and (number + 1) % EXCHANGE_EVERY == 0:
                    self._exchange(walks)
                best = self._chain(pool, walks, best)
                for walk in walks if self.arrays.groups else []:
                    self.links.renew(walk, self._heat(number, self.budget.rounds)[1])
                    best = self._better(best, walk)
                self.best_cost = best.cost
                self.watches[:, k.DONE] = 0
                if not self._tell((number + 1) / self.budget.rounds):
                    break
        return self._told(best)

    def _chain(self, pool: ThreadPoolExecutor, walks: list[Walk], best: Walk) -> Walk:
        """Look for chains in each walk that leaves work undone, once it has cooled; the best plan so far."""
        if self._heat(self.round, self.budget.rounds)[1] > CHAINS_BELOW or self.watches[0, k.STOPPED]:
            return best
        if self.budget.steps is None and self._left() < self.chains_seconds:
            return best
        began = time.monotonic()
        for walk in walks:
            if (walk.route_of >= 0).all():
                continue
            self.chains.improve(walk, lambda work: self._everywhere(pool, work))
            best = self._better(best, walk)
        self.chains_seconds = time.monotonic() - began
        return best

    def _better(self, best: Walk, found: Walk) -> Walk:
        """The best plan so far, at the prices as they are; where it is `found`, a copy."""
        real = self.prices.really(found)
        return real if real.cost < best.cost else best

    def _everywhere(self, pool: ThreadPoolExecutor, work: Callable[[int], None]) -> None:
        self._all([pool.submit(work, thread) for thread in range(len(self.states))])

    def _tell(self, share: float) -> bool:
        """Tell how far the search is; False when it is to end."""
        if not self.watches[0, k.STOPPED] and self.progress is not None:
            self.watches[:, k.STOPPED] = not self.progress(share, self.best_cost)
        return not self.watches[0, k.STOPPED]

    def _all(self, found: list[Future[Any]]) -> list[Any]:
        """Wait for the threads of a round, telling meanwhile how far they are."""
        waiting: set[Future[Any]] = set(found)
        while waiting:
            _done, waiting = wait(waiting, TELL_EVERY if self.progress else None)
            if waiting:
                part = float(self.watches[:, k.DONE].mean()) / self.round_steps
                self._tell((self.round + min(1.0, part)) / self.budget.rounds)
        return [one.result() for one in found]

    def _begin(self) -> Walk:
        """A first plan: the older one as far as it fits, and what is cheapest for the rest."""
        for with_plan in (True, False) if self.arrays.plan else (False,):
            walk = self._first(with_plan=with_plan)
            dropped = self.arrays.numbering[(self.arrays.orders[0, :, k.PIN] >= 0) & (walk.route_of < 0)]
            if not len(dropped):
                return walk
        names = ", ".join(self.problem.orders[i].name or str(i) for i in sorted(dropped)[:20])
        raise BadProblem(
            f"Promised orders cannot all be kept ({names} would be dropped): their times contradict each "
            "other, the shift or the break. Release one of them."
        )

    def _first(self, *, with_plan: bool) -> Walk:
        arrays, state = self.arrays, np.ones(1, np.uint64)
        routes, route_of = arrays.routes.copy(), np.full(arrays.orders.shape[1], -1, np.int32)
        for number, block in enumerate(routes):
            if not kernel_routes.whole(routes, number, arrays.orders, arrays.travel):
                block[2, k.CAPACITY] = -1  # Nobody gets home from an empty route that is too long.
        orders = arrays.orders.copy() if arrays.groups else arrays.orders
        walk = Walk(routes, route_of, orders, 0, owns_orders=bool(arrays.groups))
        self.links.close(walk)
        gone = np.zeros(len(route_of), np.uint8)
        rules = orders, arrays.suits, arrays.travel
        for number, stops in enumerate(arrays.plan if with_plan else []):
            places.resume(routes, route_of, *rules, stops, number, gone)
        pinned = arrays.orders[0, arrays.queue, k.PIN] >= 0
        places.begin(routes, route_of, *rules, arrays.back, arrays.queue[pinned], state)
        for group in arrays.groups:
            self.links.plan(walk, group)
        places.begin(routes, route_of, *rules, arrays.back, arrays.queue[~pinned], state)
        walk.cost = int(places.total(routes, route_of, orders))
        return walk

    def _steps_of(self, number: int) -> int:
        if self.budget.steps is not None:
            return self.budget.steps
        share = pace(self._left(), self.budget.rounds - number, self.chains_seconds)
        return int(self.rate * min(share, 0.25) if number == 0 else self.rate * share)

    def _left(self) -> float:
        """Seconds until the search is to end, a little kept to tell what it found."""
        return (self.budget.seconds or 0.0) - (time.monotonic() - self.began) - 0.05

    def _learn(self, steps: int, seconds: float) -> None:
        self.steps += steps * len(self.states)
        self.rate = steps / max(seconds, 1e-6)

    def _heat(self, number: int, rounds: int) -> tuple[float, float]:
        """How hot a round begins and ends."""
        span = self.tuning.cold / self.tuning.hot
        return self.tuning.hot * span ** (number / rounds), self.tuning.hot * span ** ((number + 1) / rounds)

    def _anneal(
        self,
        walk: Walk,
        best: Walk,
        *,
        steps: int,
        number: int,
        thread: int,
        sides: tuple[Ints, Ints],
        side: int,
    ) -> int:
        arrays = self.arrays
        return int(
            annealing.anneal(
                steps,
                *self._heat(number, self.budget.rounds),
                self.states[thread],
                walk.routes,
                walk.route_of,
                best.routes,
                best.route_of,
                walk.orders,
                arrays.suits,
                arrays.travel,
                arrays.back,
                arrays.neighbours,
                self.helpers,
                arrays.help_distance,
                *sides,
                side,
                self.settings,
                self.keys,
                *scratch(walk.routes, len(walk.route_of), sides[0], side, self.helpers.shape[1]),
                self.watches[thread],
            )
        )

    def _walk_apart(self, pool: ThreadPoolExecutor, walks: list[Walk], steps: int, number: int) -> Walk:
        """Each thread walks through the whole problem by itself."""

        def one(thread: int) -> Walk:
            walk = walks[thread]
            best = walk.copy()
            best.cost += self._anneal(
                walk, best, steps=steps, number=number, thread=thread, sides=self.everybody, side=0
            )
            walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))
            return best

        found: list[Walk] = self._all([pool.submit(one, thread) for thread in range(len(walks))])
        return min(found, key=lambda walk: walk.cost)

    def _exchange(self, walks: list[Walk]) -> None:
        """The worst walk goes on from where the best one stands."""
        ranked = sorted(range(len(walks)), key=lambda i: walks[i].cost)
        walks[ranked[-1]] = walks[ranked[0]].copy()

    def _walk_halves(
        self, pool: ThreadPoolExecutor, walk: Walk, steps: int, number: int, threads: int
    ) -> Walk:
        """Each thread walks through its part of the map; the parts are cut anew each round."""
        sides = self._cut(walk, threads) if threads > 1 else self.everybody
        best = walk.copy()

        def one(thread: int) -> int:
            return self._anneal(
                walk, best, steps=steps, number=number, thread=thread, sides=sides, side=thread
            )

        best.cost += sum(self._all([pool.submit(one, thread) for thread in range(threads)]))
        walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))
        return best

    def _cut(self, walk: Walk, threads: int) -> tuple[Ints, Ints]:
        """Sides of routes and orders, cut along a random direction into parts with as many routes each."""
        centres = self.arrays.centres
        angle = self.rng.uniform(0, 2 * np.pi)
        along = centres @ np.array([np.cos(angle), np.sin(angle)])
        middle = np.zeros(len(walk.routes))
        for number, block in enumerate(walk.routes):
            stops = block[k.FIRST + 1 : block[0, k.LAST], k.STOP]
            middle[number] = along[stops].mean() if len(stops) else self.rng.uniform(along.min(), along.max())
        ranks = np.argsort(np.argsort(middle, kind="stable"), kind="stable")
        route_side = (ranks * threads // len(ranks)).astype(np.int32)
        bounds = [middle[route_side <= side].max() for side in range(threads - 1)]
        own = np.searchsorted(np.array(bounds), along).astype(np.int32)
        order_side = np.where(walk.route_of >= 0, route_side[walk.route_of], own).astype(np.int32)
        return route_side, order_side

    def _told(self, best: Walk) -> Solution:
        numbering: NDArray[np.int64] = self.arrays.numbering
        routes, starts = [], []
        for number, block in enumerate(best.routes):
            kernel_routes.reckon(best.routes, number, best.orders)
            rows = block[k.FIRST + 1 : block[0, k.LAST]]
            routes.append([int(numbering[stop]) for stop in rows[:, k.STOP]])
            starts.append([int(start) for start in rows[:, k.STARTS]])
        unserved = sorted(int(numbering[i]) for i in np.flatnonzero(best.route_of < 0))
        return Solution(routes, starts, unserved, best.cost, self.steps, time.monotonic() - self.began)
