"""The ranking of everybody, asked again and again while plans grow. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch import instant, ranking
from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Span, Stop, Verdict, Work
from dispatch.evaluator.checks import most_minutes
from dispatch.instant import Question, answers, engine
from dispatch.instant.world import ALL, NEVER
from dispatch.policy import ALLOW, BLOCK, CONFIRM, Policy
from dispatch.ranking import BEST, Answer
from dispatch.travel import Point


class Ranked:
    """Who should do work, as candidates are ranked, with the plans of `people` as they are when asked."""

    def __init__(self, people: Sequence[Person], policy: Policy) -> None:
        self.people, self.policy = people, policy
        self.by_id = {person.id: person for person in people}
        self._seen = [list(person.stops) for person in people]
        copies = [replace(p, stops=seen) for p, seen in zip(people, self._seen, strict=True)]
        self._world = instant.World(copies, policy.roads.estimate)
        self._has_limits = policy.verdict(codes.MAX_TRAVEL) != ALLOW and any(
            most_minutes(person, policy) for person in people
        )
        # Who is first free too far away may be free nearer later: no run asks for a reason.
        blocked = {**policy.verdicts, codes.MAX_TRAVEL: BLOCK}
        asks = self._has_limits and policy.verdict(codes.MAX_TRAVEL) == CONFIRM
        self._policies = [policy, replace(policy, verdicts=blocked)] if asks else [policy]

    def ask(self, work: Work, between: Span, *, policy: Policy | None = None, most: int = FOREVER) -> Answer:
        """The ranking; its verdicts are about copies of the people."""
        self._look()
        return instant.rank(self._world, Question(work, *between, policy or self.policy), BEST, most=most)

    def anybody(self, work: Work, between: Span) -> bool:
        """Whether anybody could go without a reason, lateness aside: a quick look before the ranking."""
        self._look()
        ask = Question(work, *between, self._policies[-1])
        able, soft, _groups = answers.able(self._world, ask)
        starts = engine.first_starts(self._world, ask, self._world.trips(ask), ALL, able & ~soft)
        return bool((starts.at < NEVER).any())

    def options(
        self, work: Work, between: Span, only: frozenset[int] | None = None, *, most: int = 1
    ) -> list[Verdict]:
        """The best ones who could go without a reason, about the people themselves; at most so many. `only`: who
        is asked (None: everybody)."""
        if only is None and not self.anybody(work, between):
            return []
        for policy in self._policies:
            if only is None:
                answer = self.ask(work, between, policy=policy, most=FOREVER if self._has_limits else most)
            else:
                who = [person for person in self.people if person.id in only]
                answer = ranking.rank(who, work, *between, BEST, policy=policy)
            mine = (
                replace(c.verdict, person=self.by_id[c.verdict.person.id], policy=self.policy)
                for c in answer.candidates
            )
            if found := [verdict for verdict in mine if self.lets_go_on(verdict, work)][:most]:
                return found
        return []

    def lets_go_on(self, verdict: Verdict, work: Work) -> bool:
        """Whether the way on, to the visit after a new one, is not too long."""
        if not self._has_limits or not (most := most_minutes(verdict.person, self.policy)):
            return True
        after = following(verdict.person, *verdict.span)
        return after is None or self.policy.roads.trip(work.place, after.place)[0] <= most

    def may_leave(self, person: Person, start: int, end: int) -> bool:
        """Whether the way to the visit after a time is not too long for who has nothing to do there."""
        if not self._has_limits or not (most := most_minutes(person, self.policy)):
            return True
        after = following(person, start, end)
        return after is None or self.policy.roads.trip(origin_of(person, start), after.place)[0] <= most

    def _look(self) -> None:
        changed = {
            number: replace(person, stops=list(person.stops))
            for number, (person, seen) in enumerate(zip(self.people, self._seen, strict=True))
            if person.stops != seen
        }
        if changed:
            self._world = self._world.replaced(changed)
            for number, person in changed.items():
                self._seen[number] = person.stops


def following(person: Person, start: int, end: int) -> Stop | None:
    """The visit after a time, in the same shift."""
    shift = next((span for span in person.shifts if span[0] <= start < span[1]), None)
    after = next((stop for stop in person.stops if stop.start >= end and not stop.is_over), None)
    return after if after is not None and shift is not None and after.start < shift[1] else None


def origin_of(person: Person, start: int) -> Point | None:
    """Where somebody comes from to a visit."""
    shift = next((span for span in person.shifts if span[0] <= start < span[1]), (start, start))
    before = [stop for stop in person.stops if shift[0] < stop.end <= start]
    return before[-1].place if before else person.home
