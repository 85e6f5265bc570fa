"""Crews that arrive together, and work that must wait for other work.

The search of a round never moves such orders: each is held at one moment, so that no route hangs on another.
Between rounds a group of them is taken out whole, and put back at the moments that now cost least: all of a
crew or none, each after what it waits for. What waits for work that is not done is not done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.kernel import linked as kernel
from dispatch.optimiser.kernel import places, routes
from dispatch.optimiser.kernel.routes import extra
from dispatch.optimiser.problem import BadProblem, Order

if TYPE_CHECKING:
    from dispatch.optimiser.packing import Arrays
    from dispatch.optimiser.walk import Walk

MOMENTS = 48
"""How many moments of a window are tried, each time others."""
MINUTE = 60
TRIED = 4
"""How many people are tried for each of a crew, the cheapest ones."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Orders that start together, after the ends of `after` (order, seconds between)."""

    members: tuple[int, ...]
    after: tuple[tuple[int, int], ...]


Group = tuple[Unit, ...]


def groups_of(orders: list[Order], back_to: NDArray[np.int32]) -> list[Group]:
    """Groups of units in an order in which nothing waits for what comes later.

    `orders` as the problem numbers them, members as `back_to` does. Raises BadProblem for circles.
    """
    crews: dict[int, list[int]] = {}
    for number, order in enumerate(orders):
        if order.crew >= 0:
            crews.setdefault(order.crew, []).append(number)
    awaited = {order.after for order in orders if order.after >= 0}
    unit_of: dict[int, tuple[int, ...]] = {}
    for number, order in enumerate(orders):
        if order.crew >= 0 or order.after >= 0 or number in awaited:
            unit_of[number] = tuple(crews.get(order.crew, [number])) if order.crew >= 0 else (number,)
    sorted_units = _in_turn(orders, unit_of)
    roots: dict[tuple[int, ...], tuple[int, ...]] = {}
    found: dict[tuple[int, ...], list[Unit]] = {}
    for members in sorted_units:
        waits = [(orders[i].after, orders[i].gap) for i in members if orders[i].after >= 0]
        before = [roots[unit_of[i]] for i, _gap in waits]
        root = before[0] if before else members
        for other in before[1:]:
            if other != root:
                found[root] += found.pop(other)
                roots = {unit: root if was == other else was for unit, was in roots.items()}
        roots[members] = root
        after = tuple((int(back_to[i]), gap) for i, gap in waits)
        found.setdefault(root, []).append(Unit(tuple(int(back_to[i]) for i in members), after))
    return [tuple(units) for units in found.values()]


def _in_turn(orders: list[Order], unit_of: dict[int, tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Units sorted so that each comes after all it waits for."""
    waiting = list(dict.fromkeys(unit_of.values()))
    done: set[tuple[int, ...]] = set()
    turn: list[tuple[int, ...]] = []
    while waiting:
        ready = [
            u for u in waiting if all(orders[i].after < 0 or unit_of[orders[i].after] in done for i in u)
        ]
        if not ready:
            names = ", ".join(orders[i].name or str(i) for unit in waiting for i in unit)
            raise BadProblem(f"Orders wait for each other in a circle ({names}): let one of them go first.")
        turn += ready
        done.update(ready)
        waiting = [unit for unit in waiting if unit not in done]
    return turn


class Links:
    """Plans the linked orders of a problem anew, on any walk through it."""

    def __init__(self, arrays: Arrays, rng: np.random.Generator) -> None:
        self.arrays, self.rng = arrays, rng
        self.state = np.ones(1, np.uint64)
        self.gone = np.zeros(arrays.orders.shape[1], np.uint8)

    def close(self, walk: Walk) -> None:
        """Let no linked order be planned or moved by anybody else."""
        for group in self.arrays.groups:
            for unit in group:
                for order in unit.members:
                    walk.orders[:, order, k.STAYS] = 1
                    kernel.hold(walk.orders, self.arrays.orders, order, -1)

    def renew(self, walk: Walk, heat: float) -> None:
        """Plan each group anew; keep what is cheaper, or dearer by what the heat allows."""
        for group in self.arrays.groups:
            old = walk.copy()
            self.plan(walk, group)
            allowed = old.cost - heat * np.log(max(1e-300, self.rng.random()))
            if walk.cost > allowed or self._dropped(walk, group):
                walk.take(old)

    def plan(self, walk: Walk, group: Group) -> None:
        """Take a group out and put it back where it costs least now."""
        moments = self._take_out(walk, group)
        for unit in group:
            self._put_back(walk, unit, moments)
        walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))

    def _dropped(self, walk: Walk, group: Group) -> bool:
        members = [order for unit in group for order in unit.members]
        pinned = self.arrays.orders[0, members, k.PIN] >= 0
        return bool((walk.route_of[members][pinned] < 0).any())

    def _take_out(self, walk: Walk, group: Group) -> dict[int, int]:
        """Empty the plan of a group; the moments at which its orders stood."""
        moments: dict[int, int] = {}
        for unit in group:
            for order in unit.members:
                route = int(walk.route_of[order])
                if route >= 0:
                    moments[order] = int(walk.orders[walk.routes[route, 2, k.DAY], order, k.OPENS])
                    self.gone[order] = 1
                    rules = walk.orders, self.arrays.suits, self.arrays.travel
                    routes.cut(walk.routes, route, *rules, self.gone)
                    self.gone[order] = 0
                    walk.route_of[order] = -1
                kernel.hold(walk.orders, self.arrays.orders, order, -1)
        return moments

    def _put_back(self, walk: Walk, unit: Unit, moments: dict[int, int]) -> None:
        tried = self._moments(walk, unit, moments)
        if not len(tried):
            return
        prices = []
        for order in unit.members:
            found = np.full((len(tried), len(walk.routes)), k.NEVER, np.int64)
            kernel.price_moments(
                walk.routes,
                walk.orders,
                self.arrays.orders,
                self.arrays.suits,
                self.arrays.travel,
                self.arrays.back,
                order,
                tried,
                found,
                self.state,
            )
            prices.append(found)
        worth = int(walk.orders[0, list(unit.members), k.PRIZE].sum(dtype=np.int64))
        best, team, at = worth, [], -1
        for index, moment in enumerate(tried):
            price, chosen = self._team([found[index] for found in prices], walk.routes[:, 2, k.PERSON])
            if price < best:
                best, team, at = price, chosen, int(moment)
        for order, route in zip(unit.members, team, strict=False):
            self._insert(walk, order, route, at)

    def _moments(self, walk: Walk, unit: Unit, moments: dict[int, int]) -> NDArray[np.int64]:
        """Moments to try, within all members' windows and after what they wait for; fewer in a tight window."""
        base, members = self.arrays.orders, list(unit.members)
        opens = int(base[:, members, k.OPENS].min(axis=0).max())
        closes = int(base[:, members, k.CLOSES].max(axis=0).min())
        for order, gap in unit.after:
            route = int(walk.route_of[order])
            if route < 0:
                return np.zeros(0, np.int64)
            day = walk.routes[route, 2, k.DAY]
            ends = int(walk.orders[day, order, k.OPENS]) + int(base[0, order, k.SECONDS])
            opens = max(opens, ends + gap)
        if opens > closes:
            return np.zeros(0, np.int64)
        grid = np.linspace(opens, closes, MOMENTS).astype(np.int64)
        shifted = np.minimum(grid + self.rng.integers(0, 1 + (closes - opens) // MOMENTS), closes)
        was = [moments[order] for order in members if order in moments]
        tried = np.concatenate([grid, shifted]).astype(np.int64)
        # Nobody is told seconds: whole minutes, but for the bounds themselves.
        tried = np.clip(tried // MINUTE * MINUTE, opens, closes)
        return np.unique([*tried, *(m for m in was if opens <= m <= closes)]).astype(np.int64)

    def _team(self, prices: list[NDArray[np.int64]], persons: NDArray[np.int32]) -> tuple[int, list[int]]:
        """The cheapest routes of as many different people: (their price, one route for each)."""
        best, team = k.NEVER, []
        near = [np.argsort(found, kind="stable")[: TRIED * len(prices)] for found in prices]

        def choose(so_far: int, chosen: list[int]) -> None:
            nonlocal best, team
            if so_far >= best:
                return
            if len(chosen) == len(prices):
                best, team = so_far, chosen
                return
            number = len(chosen)
            for route in near[number]:
                if all(persons[route] != persons[other] for other in chosen):
                    choose(so_far + int(prices[number][route]), [*chosen, int(route)])

        choose(0, [])
        return best, team

    def _insert(self, walk: Walk, order: int, route: int, moment: int) -> None:
        arrays = self.arrays
        kernel.hold(walk.orders, arrays.orders, order, moment)
        _price, row, late = places.find_place(
            walk.routes, route, walk.orders, arrays.travel, arrays.back, order, k.NEVER, 0.0, self.state
        )
        more = extra(walk.routes, route, walk.orders, arrays.suits, order)
        routes.insert(walk.routes, route, walk.orders, arrays.travel, order, row, late, more)
        routes.settle(walk.routes, route, walk.orders)
        walk.route_of[order] = route
