"""Who counts on which parts of the vans once some visits leave their place: accepting and helping ask the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dispatch.evaluator import Person
from dispatch.models import Visit
from dispatch.rules import OCCUPYING


@dataclass(frozen=True, slots=True)
class Holders:
    """The open visits of some work, as (visit, engineer, work order): each counts on the parts of its work."""

    visits: frozenset[tuple[int, int, int]]

    @classmethod
    def of(cls, work_ids: Collection[int]) -> Holders:
        """As they are now; one query, none without work."""
        if not work_ids:
            return cls(frozenset())
        found = Visit.objects.filter(work_order_id__in=work_ids, status__in=OCCUPYING)
        return cls(frozenset(found.values_list("id", "engineer_id", "work_order_id")))

    def let_go(self, people: Iterable[Person], leaving: Collection[int]) -> None:
        """Release what these visits counted on, from everybody who keeps no other visit of the same work."""
        works = {work for visit, _engineer, work in self.visits if visit in leaving}
        staying = {(engineer, work) for visit, engineer, work in self.visits if visit not in leaving}
        for person in people:
            person.release({work for work in works if (person.id, work) not in staying})
