"""What would let a crew come: the team asked for again with one thing given up, for all of them or for one, or, where
no single thing helps, with one for each of two. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dispatch import evaluator, relaxing
from dispatch import policy as codes
from dispatch.crews import Likings, Team, earliest_team
from dispatch.evaluator import FOREVER, Person, Reason, Verdict
from dispatch.evaluator.checks import ANY
from dispatch.policy import ALLOW
from dispatch.relaxing import TRIED, Asked, Change, Given, Measure, Relaxation, Try, smallest
from dispatch.stints import crew_in_stints

NEAREST = 40
"""So many engineers who may go are asked whether they could come together."""
BESIDE = 12
"""So many of them, the nearest, are asked who could come along with somebody for whom something is given up."""
MOST_STOPS = 3
MOST_OF_A_SORT = 6
"""So many engineers for whom the same is given up are tried together."""


def explain_crew(people: Iterable[Person], asked: Asked, likings: Likings) -> list[Relaxation]:
    """The smallest change of each sort after which a whole crew could come, the easiest sort first; none when one could
    come anyway. At most two things are given up, for the crew or for one or two of its members."""
    return _Crew(list(people), asked, likings).changes()


@dataclass(frozen=True, slots=True)
class _Given:
    """Somebody for whom something is given up, and how that is told by their part in a team."""

    person: Person
    measure: Measure


class _Crew:
    def __init__(self, people: list[Person], asked: Asked, likings: Likings) -> None:
        # Coming after the promise is better than not at all, as it is to a run.
        asked = asked.without(promised=(asked.work.promised[0], FOREVER))
        self.asked, self.likings = asked, likings
        self.unable: list[Verdict] = []
        able: list[Person] = []
        for person in people:
            if fixed := tuple(evaluator.fixed_reasons(person, self.asked.work, asked.from_at, asked.policy)):
                self.unable.append(Verdict(person, None, None, fixed, policy=asked.policy))
            else:
                able.append(person)
        self.able = sorted(able, key=self._far)[:NEAREST]
        free = [person for person in self.able if self._alone(person).start is not None]
        self.beside = free[:BESIDE]

    def changes(self) -> list[Relaxation]:
        if self._team(self.able, self.asked):
            return []
        one = [*self._for_all(), *self._for_one()]
        return smallest(one or [*self._for_one(is_later=True), *self._for_two()])

    def _for_all(self) -> Iterator[Relaxation]:
        """Another day, or a rule of the work that no longer holds."""
        work = self.asked.work
        changes: list[Change] = [relaxing.another_day, relaxing.beyond_window]
        changes += [relaxing.allowed(codes.VISITING_HOURS)] if work.hours is not None else []
        changes += [relaxing.allowed(codes.CAPACITY)] if work.full else []
        changes += [relaxing.not_waiting] if work.after > self.asked.from_at else []
        for change in changes:
            for one in change(self.asked, self.able[0]) if self.able else ():
                if team := self._team(self.able, one.asked):
                    yield from self._told(team, [_Given(team[0].person, one.measure)])

    def _for_one(self, *, is_later: bool = False) -> Iterator[Relaxation]:
        """One thing that holds for one member only; `is_later`: on another day too."""
        for one in [*self._fixed(), *self._covering(), *self._busy()]:
            asked = replace(one.asked, until=one.asked.later) if is_later else one.asked
            near = self.able[:BESIDE] if is_later else self.beside
            others = [self._rested(person) for person in near if person.id != one.person.id]
            team = self._team([one.person, *others], asked)
            if team and not _leans_on(team, one):
                also = self.asked.on_another_day(team[0]) if is_later else None
                yield from self._told(team, [_Given(one.person, one.measure)], also)

    def _for_two(self) -> Iterator[Relaxation]:
        """The same sort of thing for two of them."""
        groups: dict[str, list[Try]] = {}
        for one, code in [(one, self._code_of(one.person)) for one in self._fixed()]:
            groups.setdefault(code, []).append(one)
        willing = [next(relaxing.with_overtime(self.asked, person)) for person in self.able]
        for tries in (*groups.values(), willing):
            for count in range(2, min(len(tries), MOST_OF_A_SORT) + 1):
                changed = {one.person.id: one for one in tries[:count]}
                others = [person for person in self.beside if person.id not in changed]
                if team := self._team([*(one.person for one in changed.values()), *others], tries[0].asked):
                    given = [v.person for v in team if v.person.id in changed]
                    yield from self._told(team, [_Given(one, changed[one.id].measure) for one in given])
                    break

    def _fixed(self) -> Iterator[Try]:
        """Each of those who may not go, with the one thing given up that hinders them."""
        tried: dict[str, int] = {}
        for verdict in sorted(self.unable, key=lambda one: (relaxing.distance(one), self._far(one.person))):
            code = verdict.broken[0].code
            tried[code] = tried.get(code, 0) + 1
            if tried[code] > TRIED:
                continue
            for one in relaxing.tries(verdict, self.asked, verdict.person):
                if not evaluator.fixed_reasons(
                    one.person, self.asked.work, one.asked.from_at, one.asked.policy
                ):
                    yield one

    def _covering(self) -> Iterator[Try]:
        """Each of the nearest with what the crew lacks together, where its skills may be spread: all that none of them
        has, else any one more."""
        needed = self.asked.work.skills
        if self.asked.work.crew_cover != ANY or not needed:
            return
        most = {skill: max((_level(one, skill) for one in self.able), default=0) for skill in needed}
        lacking = {skill: level for skill, level in needed.items() if most[skill] < level}
        for person in self.beside[:TRIED]:
            for given in [lacking] if lacking else [{skill: level} for skill, level in needed.items()]:
                yield from relaxing.with_skills(self.asked, person, given)

    def _busy(self) -> Iterator[Try]:
        """Each of the nearest who may go, with something given up that stands in their time."""
        for person in self.able[:BESIDE]:
            yield from relaxing.with_overtime(self.asked, person)
            yield from relaxing.without_a_visit(self.asked, person, most=MOST_STOPS)
            if person.absences:
                yield from relaxing.present(self.asked, person)
            if person.breaks:
                yield from relaxing.allowed(codes.BREAK)(self.asked, person)

    def _team(self, people: Sequence[Person], asked: Asked) -> tuple[Verdict, ...]:
        """Who comes, each with their part in it; of work that may be split the first one has all stints."""
        between = asked.from_at, asked.until
        if not asked.work.may_split:
            found = earliest_team(people, asked.work, between, self.likings, asked.policy)
            return found.verdicts if isinstance(found, Team) else ()
        stints = crew_in_stints(people, asked.work, between, self.likings, asked.policy)
        if isinstance(stints, Reason):
            return ()
        (lead, *others), *later = [stint.verdicts for stint in stints]
        return replace(lead, then=tuple(verdicts[0] for verdicts in later)), *others

    def _told(
        self, team: Sequence[Verdict], given: Sequence[_Given], also: Given | None = None
    ) -> Iterator[Relaxation]:
        """What the team needs, where each of these is in it and needs it."""
        by_person = {verdict.person.id: verdict for verdict in team}
        needed = [
            (told, verdict.person)
            for one in given
            if (verdict := by_person.get(one.person.id)) and (told := one.measure(verdict))
        ]
        if not 1 <= len(needed) <= 2:
            return
        (first, person), *second = needed
        names = tuple(verdict.person.name for verdict in team if verdict.person.id != person.id)
        if second:
            also = replace(second[0][0], facts={**second[0][0].facts, "name": second[0][1].name})
        yield Relaxation.by(team[0], first, person, also=also, beside=names)

    def _rested(self, person: Person) -> Person:
        """Somebody who is asked for no overtime when another is."""
        return person if self.asked.policy.verdict(codes.OVERTIME) == ALLOW else replace(person, overtime=0)

    def _alone(self, person: Person) -> Verdict:
        return self.asked.answer(person)

    def _code_of(self, person: Person) -> str:
        return next(one.broken[0].code for one in self.unable if one.person.id == person.id)

    def _far(self, person: Person) -> tuple[int, int]:
        return self.asked.policy.roads.trip(person.home, self.asked.work.place)[0], person.id


def _level(person: Person, skill: int) -> int:
    return person.skills.get(skill, (0, 0))[0]


def _leans_on(team: Sequence[Verdict], one: Try) -> bool:
    """Whether somebody else of the team breaks the rule that was given up for one."""
    verdict = next((v for v in team if v.person.id == one.person.id), None)
    given = one.measure(verdict) if verdict else None
    others = [v for v in team if v.person.id != one.person.id]
    return given is None or any(r.code == given.code for v in others for r in v.allowed)
