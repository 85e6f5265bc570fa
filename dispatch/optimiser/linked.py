"""Crews that arrive together, and work that must wait for other work.

The search of a round never moves such orders: each is held at one moment, so that no route hangs on another.
Between rounds a group of them is taken out whole, and put back at the moments that now cost least: all of a
crew or none, each after what it waits for. What waits for work that is not done is not done. Where one must
follow another closely, or by the same person, several places of the first are tried with the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.kernel import linked as kernel
from dispatch.optimiser.kernel import places, routes
from dispatch.optimiser.kernel.routes import extra
from dispatch.optimiser.problem import FOREVER, BadProblem, Order

if TYPE_CHECKING:
    from dispatch.optimiser.packing import Arrays
    from dispatch.optimiser.walk import Walk

MOMENTS = 48
"""How many moments of a window are tried, each time others."""
MINUTE = 60
TRIED = 4
"""How many people are tried for each of a crew, the cheapest ones."""
WIDE, NARROW = 8, 2
"""How many places are tried for what something must follow closely; fewer for what follows that."""
WIDE_A_ROUND = 2
"""For so many groups in each round, in turn: the others take the cheapest place."""


class After(NamedTuple):
    """What an order waits for: see `problem.Order`."""

    order: int
    gap: int
    within: int
    same_person: bool
    binds: bool

    @property
    def is_tight(self) -> bool:
        """Whether a good place for the first may leave none for the second."""
        return self.binds or self.same_person or self.within < FOREVER


class Option(NamedTuple):
    """One place for a unit: a route for each member."""

    price: int
    team: list[int]
    moment: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Orders that start together, after what they wait for."""

    members: tuple[int, ...]
    after: tuple[After, ...]


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
        waits = [orders[i] for i in members if orders[i].after >= 0]
        before = [roots[unit_of[one.after]] for one in waits]
        root = before[0] if before else members
        for other in before[1:]:
            if other != root:
                found[root] += found.pop(other)
                roots = {unit: root if was == other else was for unit, was in roots.items()}
        roots[members] = root
        after = tuple(
            After(int(back_to[one.after]), one.gap, one.within, one.same_person, one.binds) for one in waits
        )
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
        self.turn = 0

    def close(self, walk: Walk) -> None:
        """Let no linked order be planned or moved by anybody else."""
        for group in self.arrays.groups:
            for unit in group:
                for order in unit.members:
                    walk.orders[:, order, k.STAYS] = 1
                    kernel.hold(walk.orders, self.arrays.orders, order, -1)

    def renew(self, walk: Walk, heat: float) -> None:
        """Plan each group anew; keep what is cheaper, or dearer by what the heat allows."""
        for number, group in enumerate(self.arrays.groups):
            old = walk.copy()
            is_wide = (number - self.turn) % len(self.arrays.groups) < WIDE_A_ROUND
            self.plan(walk, group, WIDE if is_wide else 1)
            allowed = old.cost - heat * np.log(max(1e-300, self.rng.random()))
            if walk.cost > allowed or self._dropped(walk, group):
                walk.take(old)

        self.turn += WIDE_A_ROUND

    def plan(self, walk: Walk, group: Group, width: int = WIDE) -> None:
        """Take a group out and put it back where it costs least now. `width`: how many places are tried for what
        something must follow closely."""
        self._put_back(walk, group, 0, self._take_out(walk, group), width)

    def _dropped(self, walk: Walk, group: Group) -> bool:
        members = [order for unit in group for order in unit.members]
        pinned = self.arrays.orders[0, members, k.PIN] >= 0
        return bool((walk.route_of[members][pinned] < 0).any())

    def _take_out(self, walk: Walk, group: Group) -> dict[int, int]:
        """Empty the plan of a group; the moments at which its orders stood."""
        moments: dict[int, int] = {}
        for order in (order for unit in group for order in unit.members):
            if (route := int(walk.route_of[order])) >= 0:
                moments[order] = int(walk.orders[walk.routes[route, 2, k.DAY], order, k.OPENS])
            self._cut(walk, order)
        return moments

    def _cut(self, walk: Walk, order: int) -> None:
        """Take one order off the plan."""
        route = int(walk.route_of[order])
        if route >= 0:
            self.gone[order] = 1
            rules = walk.orders, self.arrays.suits, self.arrays.travel
            routes.cut(walk.routes, route, *rules, self.gone)
            self.gone[order] = 0
            walk.route_of[order] = -1
        kernel.hold(walk.orders, self.arrays.orders, order, -1)

    def _put_back(self, walk: Walk, group: Group, at: int, moments: dict[int, int], width: int) -> None:
        """Put the units from `at` on back: each at its cheapest place, but what something must follow closely at
        the one of several, or at none, with which the whole group costs least."""
        if at == len(group):
            self._undo_halves(walk, group)
            walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))
            return
        unit = group[at]
        close = [
            one for one in group[at + 1 :] if any(a.is_tight and a.order in unit.members for a in one.after)
        ]
        options = self._options(walk, unit, moments, close)
        if not close or width == 1:
            self._take(walk, unit, min(options, key=lambda one: one.price, default=None))
            self._put_back(walk, group, at + 1, moments, width)
            return
        best: Walk | None = None
        for option in [*self._chosen(walk, unit, options, close, width), None]:
            one = walk.copy()
            self._take(one, unit, option)
            self._put_back(one, group, at + 1, moments, NARROW if width > NARROW else 1)
            if best is None or one.cost < best.cost:
                best = one
        if best is not None:
            walk.take(best)

    def _take(self, walk: Walk, unit: Unit, option: Option | None) -> None:
        if option is not None:
            for order, route in zip(unit.members, option.team, strict=True):
                self._insert(walk, order, route, option.moment)

    def _chosen(
        self, walk: Walk, unit: Unit, options: list[Option], close: list[Unit], width: int
    ) -> list[Option]:
        """The cheapest places by whoever may do what follows too; half of them of as many people or moments as
        there are."""
        suits = np.ones(len(walk.routes), np.bool_)
        for one in close:
            if any(a.same_person and a.order in unit.members for a in one.after):
                suits &= (self.arrays.suits[self.arrays.orders[0, list(one.members), k.GROUP]] >= 0).all(
                    axis=0
                )
        ranked = sorted(options, key=lambda one: (not suits[one.team[0]], one.price))
        people: dict[int, Option] = {}
        for option in ranked:
            people.setdefault(int(walk.routes[option.team[0], 2, k.PERSON]), option)
        by_moment = sorted(options, key=lambda one: one.moment)
        spread = by_moment[:: max(1, len(by_moment) // max(1, width // 2))]
        return [*list(people.values())[: width // 2], *spread[: width // 2]]

    def _undo_halves(self, walk: Walk, group: Group) -> None:
        """Take out what was placed without what it waits for, or without what it may not be done without."""
        halves = list(group)
        while halves:
            halves = [unit for unit in group if self._is_half(walk, unit, group)]
            for order in (order for unit in halves for order in unit.members):
                self._cut(walk, order)

    def _is_half(self, walk: Walk, unit: Unit, group: Group) -> bool:
        members = list(unit.members)
        if (walk.route_of[members] < 0).all() or (self.arrays.orders[0, members, k.PIN] >= 0).any():
            return False
        alone = any(walk.route_of[link.order] < 0 for link in unit.after)
        bound = [one for one in group if any(a.binds and a.order in members for a in one.after)]
        return alone or any((walk.route_of[list(one.members)] < 0).any() for one in bound)

    def _options(self, walk: Walk, unit: Unit, moments: dict[int, int], close: list[Unit]) -> list[Option]:
        """The cheapest place at each moment; where something must follow closely, that of each person beside."""
        tried = self._moments(walk, unit, moments)
        if not len(tried):
            return []
        persons = walk.routes[:, 2, k.PERSON]
        same = {int(persons[walk.route_of[link.order]]) for link in unit.after if link.same_person}
        barred = ~np.isin(persons, list(same)) if same else np.zeros(len(persons), np.bool_)
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
            found[:, barred] = k.NEVER
            prices.append(found)
        gained = [order for one in (unit, *close) for order in one.members]
        worth = int(walk.orders[0, gained, k.PRIZE].sum(dtype=np.int64))
        if len(prices) > 1:
            options = [
                Option(*self._team([found[index] for found in prices], persons), int(moment))
                for index, moment in enumerate(tried)
            ]
            return [one for one in options if one.price < worth]
        alone = prices[0]
        pairs = list(enumerate(alone.argmin(axis=1).tolist()))
        if close:
            pairs += [(index, route) for route, index in enumerate(alone.argmin(axis=0).tolist())]
        return [
            Option(int(alone[index, route]), [route], int(tried[index]))
            for index, route in pairs
            if alone[index, route] < worth
        ]

    def _moments(self, walk: Walk, unit: Unit, moments: dict[int, int]) -> NDArray[np.int64]:
        """Moments to try, within all members' windows and after what they wait for; fewer in a tight window."""
        base, members = self.arrays.orders, list(unit.members)
        opens = int(base[:, members, k.OPENS].min(axis=0).max())
        closes = int(base[:, members, k.CLOSES].max(axis=0).min())
        for link in unit.after:
            route = int(walk.route_of[link.order])
            if route < 0:
                return np.zeros(0, np.int64)
            day = walk.routes[route, 2, k.DAY]
            ends = int(walk.orders[day, link.order, k.OPENS]) + int(base[0, link.order, k.SECONDS])
            opens, closes = max(opens, ends + link.gap), min(closes, ends + link.gap + link.within)
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
