"""What engineers are, as columns: skills, certificates, areas, costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Work, checks
from dispatch.policy import ALLOW, Policy

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Crowd:
    """Engineers by number, in the order given; columns are made once and asked often."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = list(people)
        self.count = len(people)
        self.ids = self._ints(lambda p: p.id)
        self.most_minutes = self._ints(lambda p: -1 if p.max_travel_minutes is None else p.max_travel_minutes)
        money = [(p.hour_cost, p.km_cost, p.overtime_percent) for p in people]
        self.costs: Floats = np.array(money, np.float64).reshape(-1, 3).T
        self.last_given = self._ints(lambda p: p.last_given)
        self.has_breaks = self._ints(lambda p: len(p.breaks)) > 0
        self.has_weeks = self._ints(lambda p: len(p.weeks)) > 0
        self._is_active = self._ints(lambda p: p.is_active) > 0
        self._levels, self._held_until = self._skills()
        self._has_inactive = not self._is_active.all()
        self._expiring = {
            skill for skill, until in self._held_until.items() if ((until >= 0) & (until < FOREVER)).any()
        }
        self.boundless = np.full(self.count, FOREVER)
        self._nobody = np.zeros(self.count, np.bool_)
        self._areas: dict[str, Bools] = {}
        self._lacking: dict[tuple[int, int], Bools] = {}
        self._longest: dict[int, Ints] = {}
        self.special = [number for number, person in enumerate(people) if _is_special(person)]
        self._scoped = self._scopes()

    def known(self, knowing: dict[int, Person]) -> Crowd:
        """The same engineers, some of whom (by number) are told to know a site or carry parts."""
        told = copy(self)
        told.people = list(self.people)
        for number, person in knowing.items():
            told.people[number] = person
        told.special = sorted({*self.special, *knowing})
        return told

    def replaced(self, changed: dict[int, Person]) -> Crowd:
        """The same engineers, some of whom (by number) have other visits."""
        told = self.known({n: person for n, person in changed.items() if _is_special(person)})
        told.last_given = self.last_given.copy()
        for number, person in changed.items():
            told.people[number], told.last_given[number] = person, person.last_given
        return told

    def longest(self, limit: int) -> Ints:
        """The longest trip of each in minutes, where a policy lets others go so far (0: without a limit);
        FOREVER without a limit."""
        if limit not in self._longest:
            most = np.where(self.most_minutes < 0, limit, self.most_minutes)
            self._longest[limit] = np.where(most > 0, most, FOREVER)
        return self._longest[limit]

    def level(self, skill_id: int) -> Ints:
        """Each engineer's level of a skill; 0 without."""
        return self._levels.get(skill_id, np.zeros(self.count, np.int64))

    def held_until(self, skill_id: int) -> Ints:
        """The last second at which each engineer's certificate for a skill holds."""
        return self._held_until[skill_id]

    def _lack(self, skill_id: int, level: int) -> Bools:
        key = skill_id, level
        if key not in self._lacking:
            self._lacking[key] = self.level(skill_id) < level
        return self._lacking[key]

    def broken(self, work: Work, at: int, policy: Policy) -> Iterator[tuple[tuple[str, int], Bools]]:
        """((rule, skill or part), whose it is) of every rule that `checks.fixed_reasons` looks at, in its
        order, but those that the policy allows."""
        for key, mask in self._broken(work, at):
            if policy.verdict(key[0]) != ALLOW:
                yield key, mask

    def _broken(self, work: Work, at: int) -> Iterator[tuple[tuple[str, int], Bools]]:
        if self._has_inactive:
            yield (codes.INACTIVE, 0), ~self._is_active
        if not (work.crew_size > 1 and work.crew_cover == checks.ANY):
            for skill_id, level in work.skills.items():
                yield (codes.SKILL, skill_id), self._lack(skill_id, level)
            yield from self.expired(work, at)
        if work.area:
            yield (codes.TERRITORY, 0), ~self._covers(work.area)
        for whose in self._scoped:
            for reason in checks.scope_reasons(self.people[whose[0]], work):
                yield (codes.PROVIDER_SCOPE, reason.facts.get("skill_id", 0)), self._only(*whose)
        if likings := [i for i in self.special if self._is_excluded(i, work.customer_id)]:
            yield (codes.EXCLUDED, 0), self._only(*likings)
        for part_id, needed in work.parts.items():
            have = [i for i in self.special if self.people[i].spare(part_id, work.id) >= needed]
            yield (codes.PARTS, part_id), ~self._only(*have)
        if work.same_engineer:
            yield (codes.DEPENDENCY, 0), self.ids != work.same_engineer

    def expired(self, work: Work, at: int | Ints) -> Iterator[tuple[tuple[str, int], Bools]]:
        """Whose certificates have ended by an instant (one for all, or one each)."""
        for skill_id, level in work.skills.items():
            if skill_id in self._expiring:
                held = (self._levels[skill_id] >= level) & (self._held_until[skill_id] < at)
                yield (codes.CERTIFICATE, skill_id), held & (self._held_until[skill_id] >= 0)

    def certified_until(self, work: Work) -> Ints:
        """The last second at which each engineer's certificates hold that the work needs."""
        until = self.boundless
        for skill_id, level in work.skills.items():
            if skill_id in self._expiring:
                has = (self._levels[skill_id] >= level) & (self._held_until[skill_id] >= 0)
                until = np.where(has, np.minimum(until, self._held_until[skill_id]), until)
        return until

    def _is_excluded(self, index: int, customer_id: int) -> bool:
        likings = self.people[index].likings if customer_id else {}
        return likings.get(customer_id) == checks.EXCLUDED_LIKING

    def _covers(self, area: str) -> Bools:
        if area not in self._areas:
            folded = area.casefold()
            self._areas[area] = np.array(
                [not p.areas or folded in {name.casefold() for name in p.areas} for p in self.people],
                np.bool_,
            )
        return self._areas[area]

    def _only(self, *indexes: int) -> Bools:
        mask = self._nobody.copy()
        mask[list(indexes)] = True
        return mask

    def _scopes(self) -> list[list[int]]:
        """Who shares a provider's scope, but for those without any."""
        scopes: dict[tuple[frozenset[int], frozenset[str]], list[int]] = {}
        for index, person in enumerate(self.people):
            if person.scope_skills or person.scope_areas:
                scopes.setdefault((person.scope_skills, person.scope_areas), []).append(index)
        return list(scopes.values())

    def _skills(self) -> tuple[dict[int, Ints], dict[int, Ints]]:
        levels: dict[int, Ints] = {}
        until: dict[int, Ints] = {}
        for index, person in enumerate(self.people):
            for skill_id, (level, held_until) in person.skills.items():
                if skill_id not in levels:
                    levels[skill_id] = np.zeros(self.count, np.int64)
                    until[skill_id] = np.full(self.count, -1, np.int64)
                levels[skill_id][index] = level
                until[skill_id][index] = min(held_until, FOREVER)
        return levels, until

    def _ints(self, value: Callable[[Person], int]) -> Ints:
        return np.array([value(person) for person in self.people], np.int64)


def _is_special(person: Person) -> bool:
    """Whether anything is told of an engineer that is not told of all."""
    return bool(person.sites or person.site_last or person.last_customers or person.likings or person.parts)
