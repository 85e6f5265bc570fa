"""Who could go for a work order, why not the others, and what would help when nobody can."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dispatch import instant
from dispatch.crews import Likings
from dispatch.evaluator import FOREVER, Verdict
from dispatch.instant import Question
from dispatch.models import Offer, WorkOrder
from dispatch.queries.capacity import with_room
from dispatch.queries.crews import likings
from dispatch.queries.live import live_world
from dispatch.queries.planning import in_force_for, seconds, work_of
from dispatch.queries.roads import knowing
from dispatch.queries.stints import AHEAD, stints_for
from dispatch.ranking import Answer
from dispatch.relaxing import Asked, Relaxation, explain
from dispatch.relaxing_crews import explain_crew
from dispatch.stints import earliest_stints

Between = tuple[datetime, datetime]
LATER = timedelta(days=14)
"""How far another day may lie that is told as a way out."""


def candidates(
    work_order: WorkOrder,
    at: datetime,
    *,
    days: int = 3,
    between: Between | None = None,
    strategy: str = "earliest",
    ignoring: int = 0,
    most: int = FOREVER,
) -> Answer:
    """Who can do the work from `at` on, best first; who needs a reason; why not the others.

    `between`: it is to begin between these two instants, not in the next `days`. `ignoring` is a visit that would
    be moved, so that it does not stand in its own way. At most `most` of each list are told. Work that may be split
    and fits nobody's days whole is told in stints.
    """
    from_at, until = between or (at, at + timedelta(days=days))
    ask = _question(work_order, at, (from_at, until), ignoring=ignoring)
    world = live_world(
        from_at, until, policy=ask.policy, site_ids=[work_order.site_id], part_ids=list(ask.work.parts)
    )
    world = world.without([ignoring] if ignoring else ())
    answer = instant.rank(world, ask, strategy, most=most)
    is_alone = work_order.crew_size == 1
    if work_order.may_split and is_alone and not answer.candidates and not ignoring:
        return stints_for(work_order, from_at, strategy=strategy, asked_at=at)
    return answer


def takers(offer: Offer, at: datetime) -> Answer:
    """Who of the provider that an offer went to could take the work, and why not the others of it. An arrival after
    the promise is let pass; nobody there can give a reason for another rule."""
    answer = candidates(offer.work_order, at)
    own = offer.provider_id
    able = tuple(one for one in answer.candidates if one.verdict.person.provider_id == own)
    unable = [(one.verdict.broken[0], (one.verdict.person,)) for one in answer.forceable]
    others = (
        (why, tuple(one for one in people if one.provider_id == own))
        for why, people in (*unable, *answer.excluded)
    )
    return Answer(able, (), tuple((why, people) for why, people in others if people))


def ways_out(
    work_order: WorkOrder, at: datetime, answer: Answer, *, days: int = 3, between: Between | None = None
) -> list[Relaxation]:
    """The smallest changes after which somebody could go, or all of a crew; none while they can."""
    is_alone = work_order.crew_size == 1
    if is_alone and answer.candidates:
        return []
    from_at, until = between or (at, at + timedelta(days=days))
    later = from_at + LATER
    if work_order.may_split:
        until = max(until, from_at + AHEAD)
        later = until + LATER
    ask = _question(work_order, at, (from_at, until), later=later)
    parts = list(ask.work.parts)
    world = live_world(from_at, later, policy=ask.policy, site_ids=[work_order.site_id], part_ids=parts)
    question = replace(ask, until=seconds(later))
    if is_alone:
        return relaxed(world, question, answer, ask.until)
    people = [person.id for person in world.crowd.people]
    return relaxed_crew(world, question, ask.until, likings(people))


def relaxed(world: instant.World, later: Question, answer: Answer, until: int) -> list[Relaxation]:
    """The smallest changes after which somebody of this world could do what was asked until `until`; `later` is the
    question as far as another day may lie."""
    people = {person.id: person for person in world.crowd.people}
    verdicts = [
        Verdict(people[person.id], None, None, (reason,), policy=later.policy)
        for reason, group in answer.excluded
        for person in group
        if person.id in people
    ]
    return explain(verdicts, Asked(later.work, later.from_at, until, later.policy, later.until))


def relaxed_stints(world: instant.World, later: Question, until: int) -> list[Relaxation]:
    """The same for work of one engineer over several days, none where all its stints find time until `until`."""
    verdicts = earliest_stints(world.crowd.people, later.work, (later.from_at, until), later.policy)
    if any(verdict.start is not None for verdict in verdicts):
        return []
    return explain(verdicts, Asked(later.work, later.from_at, until, later.policy, later.until))


def relaxed_crew(world: instant.World, later: Question, until: int, pairs: Likings) -> list[Relaxation]:
    """The same for all of a crew, none where one could come until `until`. `pairs`: who likes to go with whom."""
    asked = Asked(later.work, later.from_at, until, later.policy, later.until)
    return explain_crew(world.crowd.people, asked, pairs)


def _question(
    work_order: WorkOrder, at: datetime, between: Between, *, ignoring: int = 0, later: datetime | None = None
) -> Question:
    from_at, until = between
    policy, rules = in_force_for(work_order)
    work = work_of(work_order, from_at - timedelta(days=1), until + LATER)
    policy = knowing(policy, [work.place])
    work = with_room(
        work, policy, (from_at, later or until), at=at, ignoring=[ignoring] if ignoring else (), rules=rules
    )
    return Question(work, seconds(from_at), seconds(until), policy)
