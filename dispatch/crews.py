"""Who goes together: the first time at which enough engineers can do work at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from dispatch import evaluator
from dispatch.evaluator import Person, Reason, Span, Verdict, Work
from dispatch.policy import PRODUCT, Policy

STEP = 15 * 60
MOST_STEPS = 2_000
MOST_TO_COMBINE = 14
"""Of more who are free at one time, those with the least travel are tried together."""

Likings = Mapping[frozenset[int], str]
"""{two engineers' ids: "preferred" or "excluded"}."""


@dataclass(frozen=True, slots=True)
class Team:
    """Engineers who can do the work together from `start` on; one verdict each, the first one leads."""

    start: int
    end: int
    verdicts: tuple[Verdict, ...]


def earliest_team(
    people: Iterable[Person],
    work: Work,
    between: Span,
    likings: Likings | None = None,
    policy: Policy = PRODUCT,
    *,
    may_be_late: bool = False,
) -> Team | Reason:
    """The first team for work of a crew between two instants, or the one reason why there is none.

    With `crew_cover` "any" the skills may be spread over the team. Pairs that exclude each other never go
    together; among teams that can, preferred pairs come first, then the least travel. A team that would come after
    the promise counts only where it `may_be_late`, and then after those that would not.
    """
    likings = likings or {}
    at, until = between
    able = [person for person in people if not evaluator.fixed_reasons(person, work, at, policy)]
    if len(able) < work.crew_size:
        return Reason("crew", {"needed": work.crew_size, "able": len(able)})
    most = 0
    for _step in range(MOST_STEPS):
        starts = sorted(
            verdict.start
            for person in able
            if (verdict := evaluator.earliest_start(person, work, at, until, policy)).start is not None
        )
        most = max(most, 1 if starts else 0)
        if len(starts) < work.crew_size:
            break
        at = starts[work.crew_size - 1]
        judged = [evaluator.evaluate(person, work, at, policy=policy) for person in able]
        free = [verdict for verdict in judged if not verdict.broken or (may_be_late and verdict.is_only_late)]
        if team := _best(free, work, likings):
            return Team(at, at + work.seconds, team)
        most = max(most, min(len(free), work.crew_size - 1))
        at += STEP
    return Reason("crew", {"needed": work.crew_size, "able": len(able), "at_once": most})


def check_team(people: Sequence[Person], work: Work, likings: Likings | None = None) -> tuple[Reason, ...]:
    """What speaks against these engineers as a team, whatever the time."""
    reasons: list[Reason] = []
    if len(people) != work.crew_size:
        reasons.append(Reason("crew", {"needed": work.crew_size, "given": len(people)}))
    if work.crew_cover == "any":
        reasons += [
            Reason("skill", {"skill_id": skill_id, "level": level, "has": _most(people, skill_id)})
            for skill_id, level in work.skills.items()
            if _most(people, skill_id) < level
        ]
    reasons += [
        Reason("crew", {"first": one.name, "second": other.name})
        for one, other in combinations(people, 2)
        if (likings or {}).get(frozenset({one.id, other.id})) == "excluded"
    ]
    return tuple(reasons)


def _best(free: Sequence[Verdict], work: Work, likings: Likings) -> tuple[Verdict, ...] | None:
    near = sorted(free, key=lambda verdict: (verdict.travel_minutes, verdict.person.id))
    if work.crew_cover == "any":
        near.sort(key=lambda verdict: -sum(1 for skill in work.skills if skill in verdict.person.skills))
    teams = [
        team
        for team in combinations(near[:MOST_TO_COMBINE], work.crew_size)
        if not check_team([verdict.person for verdict in team], work, likings)
    ]
    return min(teams, key=lambda team: _order(team, likings), default=None)


def _order(team: Sequence[Verdict], likings: Likings) -> tuple[int, int, int]:
    pairs = combinations([verdict.person.id for verdict in team], 2)
    liked = sum(likings.get(frozenset(pair)) == "preferred" for pair in pairs)
    return -liked, sum(verdict.travel_minutes for verdict in team), min(v.person.id for v in team)


def _most(people: Sequence[Person], skill_id: int) -> int:
    return max((person.skills.get(skill_id, (0, 0))[0] for person in people), default=0)
