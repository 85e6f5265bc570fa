"""Arrival windows of a crew: those in which enough engineers could come at once, and who they would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch import evaluator
from dispatch.crews import Likings, Team, earliest_team
from dispatch.evaluator import Person, Work
from dispatch.instant import Question, Slot
from dispatch.policy import Policy
from dispatch.queries.crews import likings

MOST_LOOKED_AT = 40
"""So many of the best windows are looked at for one in which a whole crew is free."""
NEAR_PEOPLE = 40
"""So many engineers, the nearest, are asked whether they could come together."""


def whole_crews(slots: Sequence[Slot], ask: Question, people: Sequence[Person]) -> dict[int, Team]:
    """{beginning of a window: the crew that could come in it} of the best windows.

    `slots` are those in which as many as are needed could each come, at one time or another.
    """
    near = nearest(people, ask.work, ask.from_at, ask.policy)
    found: dict[int, Team] = {}
    for slot in sorted(slots, key=lambda one: (one.grade, -one.score, one.start))[:MOST_LOOKED_AT]:
        team = team_in(near, ask.work, (max(slot.start, ask.from_at), slot.end), ask.policy)
        if team is not None:
            found[slot.start] = team
    return found


def team_in(
    people: Sequence[Person],
    work: Work,
    window: tuple[int, int],
    policy: Policy,
    *,
    pairs: Likings | None = None,
) -> Team | None:
    """The first team of these people that can begin in a window, or None. `pairs`: who likes whom, where it is known
    already."""
    first, last = window
    held = replace(work, start_by=min(work.start_by, last - 1))
    known = likings([person.id for person in people]) if pairs is None else pairs
    team = earliest_team(people, held, (first, last), known, policy)
    return team if isinstance(team, Team) and team.start < last else None


def nearest(people: Sequence[Person], work: Work, at: int, policy: Policy) -> list[Person]:
    """Those who may go at all and live nearest to the work."""
    able = [person for person in people if not evaluator.fixed_reasons(person, work, at, policy)]
    return sorted(able, key=lambda one: (policy.roads.trip(one.home, work.place)[0], one.id))[:NEAR_PEOPLE]
