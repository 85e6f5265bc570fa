"""The policy's objectives in seconds of driving, at the ranking's rates of exchange. Pure.

The ranking gives a minute of driving `travel` / 120 points; so a point is worth so many seconds, and what else it
gives points for has a price. What depends on when a visit begins has none in the search: see `planning.leftovers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dispatch import policy as codes
from dispatch.evaluator import Person, Span, Work
from dispatch.optimiser.problem import HIGHEST_OVERTIME
from dispatch.policy import WEIGHTS, Policy
from dispatch.ranking import is_preferred, knows, surplus
from dispatch.scores import LONG_TRAVEL, MANY_LEVELS, MUCH_OVERTIME
from planning.days import Task


def point_seconds(policy: Policy) -> float:
    """How many seconds of driving a point of the ranking's score is worth; as in the product's own policy where
    driving weighs nothing."""
    return LONG_TRAVEL * 60 / (policy.weight(codes.TRAVEL_TIME) or WEIGHTS[codes.TRAVEL_TIME])


class Objectives:
    """What sending one rather than another costs beside the way: `people` with what stands before the search."""

    def __init__(self, people: Sequence[Person], stretch: Span, policy: Policy) -> None:
        self.policy, self.point = policy, point_seconds(policy)
        self.people = people
        self.loads = {person.id: _load(person, stretch) for person in people}
        self._knowing = [p for p in people if p.likings or p.sites or p.last_customers]
        self._plain: dict[object, dict[int, float]] = {}

    @property
    def overtime_price(self) -> int:
        """What an hour of overtime costs."""
        points = self.policy.weight(codes.OVERTIME_COST) * 60 / MUCH_OVERTIME
        return min(HIGHEST_OVERTIME, int(points * self.point))

    def prices(self, task: Task) -> Mapping[int, int]:
        """{engineer: seconds}, whole minutes; nothing for a visit that is planned already: it does not move for
        these."""
        if task.was is not None:
            return {}
        points = dict(self._plain_points(task.work))
        for person in self._knowing:
            points[person.id] -= self.policy.weight(codes.PREFERRED) * is_preferred(person, task.work)
            points[person.id] -= self.policy.weight(codes.PREVIOUS_ENGINEER) * knows(person, task.work)
        least = min(points.values(), default=0.0)
        found = {who: int((lost - least) * self.point) // 60 * 60 for who, lost in points.items()}
        return {who: price for who, price in found.items() if price}

    def _plain_points(self, work: Work) -> dict[int, float]:
        """Points lost by each engineer whatever the customer: skills beyond what is needed, load and cost."""
        key = frozenset(work.skills.items()), work.seconds
        if key not in self._plain:
            weight = self.policy.weight
            costs = {p.id: p.hour_cost * work.seconds / 3600 for p in self.people}
            least = min(costs.values(), default=0.0)
            self._plain[key] = {
                p.id: weight(codes.EXACT_SKILL) * min(surplus(p, work), MANY_LEVELS) / MANY_LEVELS
                + weight(codes.LOAD) * self.loads[p.id]
                - weight(codes.COST) * (least / costs[p.id] if costs[p.id] > 0 else 1.0)
                for p in self.people
            }
        return self._plain[key]


def _load(person: Person, stretch: Span) -> float:
    """What share of the working time in a stretch visits take already."""
    shifts = [(max(a, stretch[0]), min(b, stretch[1])) for a, b in person.shifts]
    working = sum(b - a for a, b in shifts if b > a)
    taken = sum(s.end - s.start for s in person.stops if stretch[0] <= s.start < stretch[1])
    return min(1.0, taken / working) if working else 0.0
