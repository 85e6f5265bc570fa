"""The ranking of all engineers from arrays: what `ranking.rank` answers, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch import ranking, scores
from dispatch.evaluator import FOREVER, Person, Reason, Verdict, Work, checks
from dispatch.evaluator.search import Found as FoundTime
from dispatch.evaluator.search import Search, needs_own_skills, verdict_at
from dispatch.instant import engine
from dispatch.instant.people import Crowd
from dispatch.instant.places import points_of
from dispatch.instant.world import ALL, NEVER, Question, Starts, World
from dispatch.policy import BLOCK, CONFIRM
from dispatch.ranking import Answer, Candidate, Scored
from dispatch.travel import ESTIMATED, UNKNOWN, Estimate

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

Groups = list[tuple[tuple[str, int], Bools, bool]]
"""(rule and skill or part, whose, whether it stands whatever the time) of those who are excluded."""


@dataclass(slots=True)
class Found:
    """Who could go, as columns. `is_soft`: who needs a reason whatever the time; `is_forced`: who needs one;
    `groups` says why not the others."""

    world: World
    ask: Question
    starts: Starts
    is_soft: Bools
    is_forced: Bools
    groups: Groups

    @property
    def who(self) -> NDArray[np.intp]:
        """The numbers of those who could go."""
        return np.flatnonzero(self.starts.at < NEVER)


def able(world: World, ask: Question) -> tuple[Bools, Bools, Groups]:
    """(who is not blocked whatever the time, whose going needs a reason, why not the others)."""
    crowd, policy = world.crowd, ask.policy
    left = np.ones(crowd.count, np.bool_)
    soft = np.zeros(crowd.count, np.bool_)
    groups: Groups = []
    for key, mask in crowd.broken(ask.work, ask.from_at, policy):
        if policy.verdict(key[0]) == BLOCK:
            groups.append((key, mask & left, True))
            left &= ~mask
        else:
            soft |= mask
    return left, soft, groups


def find(world: World, ask: Question) -> Found:
    """Every engineer's first time, or the rule that leaves none."""
    policy = ask.policy
    left, soft, groups = able(world, ask)
    trips = world.trips(ask)
    starts = engine.first_starts(world, ask, trips, ALL, left)
    nothing = left & (starts.at == NEVER)
    if needs_own_skills(ask.work):
        for key, ended in world.crowd.expired(ask.work, starts.at):
            whose = ended & left & (starts.at < NEVER)
            if policy.verdict(codes.CERTIFICATE) == BLOCK:
                groups.append((key, whose, True))
                starts.at[whose] = NEVER
            elif policy.verdict(codes.CERTIFICATE) == CONFIRM:
                soft |= whose
    if nothing.any():
        groups += [((code, 0), mask, False) for code, mask in engine.why_none(world, ask, trips, nothing)]
    return Found(world, ask, starts, soft, soft | _asks_later(world, ask, starts), groups)


def rank(world: World, ask: Question, strategy: str = "earliest", *, most: int = FOREVER) -> Answer:
    """The ranking as `ranking.rank` has it; at most so many of each list are told."""
    found = find(world, ask)
    who = found.who
    told = scores.parts(columns_of(found, who), ask.work.priority, ask.policy)
    total = scores.totals(told, len(who))
    ranked = who_first(found, who, total, strategy)
    is_forced = found.is_forced[who[ranked]]
    clean, forced = ranked[~is_forced], ranked[is_forced]
    least = int(found.starts.minutes[who[clean]].min()) if clean.size else 0

    def candidates(rows: NDArray[np.intp]) -> tuple[Candidate, ...]:
        rows = rows[:most]
        parts = np.array([part[rows] for part in told.values()]).T.tolist() or [[]] * len(rows)
        verdicts = verdicts_of(found, who[rows])
        return tuple(
            [
                ranking.candidate(
                    Scored(verdict, score, dict(zip(told, shares, strict=True))), ask.work, least
                )
                for verdict, score, shares in zip(verdicts, total[rows].tolist(), parts, strict=True)
            ]
        )

    return Answer(candidates(clean), candidates(forced), _excluded(found))


def who_first(found: Found, who: NDArray[np.intp], total: Floats, strategy: str) -> NDArray[np.intp]:
    """Rows of `who`, best first, as `ranking.ORDERS` has it."""
    work, crowd = found.ask.work, found.world.crowd
    at, minutes, load, _overtime, _place = found.starts.numbers[:, who]
    late = np.maximum(0, at - work.promised[1]) // 60

    def last_engineer() -> tuple[NDArray[np.generic], ...]:
        last = _special(crowd, who, lambda p: p.site_last.get(work.site_id, 0))
        knows = _special(crowd, who, lambda p: work.customer_id in p.last_customers)
        return late > 0, -last, -knows, at, minutes

    keys: Mapping[str, Callable[[], tuple[NDArray[np.generic], ...]]] = {
        "earliest": lambda: (late, at, minutes),
        "nearest": lambda: (late, minutes, found.starts.km[who], at),
        "least_loaded": lambda: (late, load, at, minutes),
        "best": lambda: (late > 0, -np.round(total, 6), at),
        "last_engineer": last_engineer,
        "round_robin": lambda: (late > 0, crowd.last_given[who], at, minutes),
    }
    # The last key of lexsort is the first to compare by.
    return np.lexsort((*reversed((*keys[strategy](), crowd.ids[who])),))


def columns_of(found: Found, who: NDArray[np.intp]) -> scores.Columns:
    """What the objectives look at, for some engineers."""
    ask, crowd = found.ask, found.world.crowd
    at, minutes, load, overtime, _place = found.starts.numbers[:, who].astype(np.float64)
    km, cost = found.starts.km[who], crowd.costs[:, who]
    return scores.Columns(
        slack=slack(ask, at),
        wait=(at - ask.from_at) / 60,
        travel=minutes,
        overtime=overtime,
        load=load,
        **personal(crowd, ask.work, who),
        cost=money(cost, ask.work, minutes, km, overtime),
    )


def slack(ask: Question, at: Floats) -> Floats:
    """Minutes before the promise; NaN where nothing is promised."""
    promised = ask.work.promised[1]
    return (promised - at) / 60 if promised < FOREVER else np.full(len(at), np.nan)


def money(costs: Floats, work: Work, minutes: Floats, km: Floats, overtime: Floats) -> Floats:
    """What each visit costs, as `ranking.cost` has it; `costs` are columns of `Crowd.costs`."""
    hour, kilometre, percent = costs
    hours = (work.seconds / 60 + minutes) / 60
    extra = overtime / 60 * (percent - 100) / 100
    cost: Floats = hour * (hours + extra) + kilometre * km
    return cost


def personal(crowd: Crowd, work: Work, who: NDArray[np.intp]) -> dict[str, Floats]:
    """The columns of `scores.Columns` that hang on the engineer and the work only."""
    return {
        "surplus": _surplus(crowd, work, who),
        "preferred": _special(crowd, who, lambda p: ranking.is_preferred(p, work)),
        "known": _special(crowd, who, lambda p: ranking.knows(p, work)),
    }


def _surplus(crowd: Crowd, work: Work, who: NDArray[np.intp]) -> Floats:
    """Levels above what is needed, as `ranking.surplus` has them."""
    least = None
    for skill_id, level in work.skills.items():
        has = crowd.level(skill_id)[who]
        above = np.where(has > 0, has - level, FOREVER)
        least = above if least is None else np.minimum(least, above)
    if least is None:
        return np.zeros(len(who))
    return np.where(least == FOREVER, 0, np.maximum(least, 0)).astype(np.float64)


def _special(crowd: Crowd, who: NDArray[np.intp], value: Callable[[Person], float]) -> Floats:
    if not crowd.special:
        return np.zeros(len(who))
    column = np.zeros(crowd.count)
    for index in crowd.special:
        column[index] = value(crowd.people[index])
    return column[who]


def verdicts_of(found: Found, who: NDArray[np.intp]) -> list[Verdict]:
    """The verdicts of some engineers, with every reason."""
    starts, is_soft = found.starts, found.is_soft[who].tolist()
    columns = starts.numbers[:, who].T.tolist(), starts.km[who].tolist(), is_soft, who.tolist()
    return [_verdict(found, *numbers) for numbers in zip(*columns, strict=True)]


def _verdict(found: Found, numbers: list[int], km: float, is_soft: bool, index: int) -> Verdict:
    ask, person = found.ask, found.world.crowd.people[index]
    at, minutes, load, overtime, place = numbers
    end = at + ask.work.seconds
    source = _source(person, ask, place, is_told=minutes == 0 or km > 0)
    if is_soft or ask.policy.allows_anything:
        time = FoundTime(at, minutes, km, load, source)
        return verdict_at(person, ask.work, time, ask.from_at, ask.policy)
    broken: list[Reason] = []
    if overtime:
        broken.append(Reason(codes.OVERTIME, {"minutes": overtime}))
    broken += checks.max_travel_reasons(person, minutes, ask.policy)
    late = max(0, at - ask.work.promised[1]) // 60
    if at > ask.work.promised[1]:
        broken += checks.window_reasons(ask.work, at, end)
    return Verdict(
        person, at, end, tuple(broken), minutes, km, late, load, overtime, (), ask.policy, (), source
    )


def _source(person: Person, ask: Question, place: int, *, is_told: bool) -> str:
    """Where a travel time comes from. Only a trip between places that are not known has no length."""
    roads = ask.policy.roads
    if isinstance(roads, Estimate):
        return ESTIMATED if is_told else UNKNOWN
    return roads.source_of(points_of(person)[place], ask.work.place)


def _excluded(found: Found) -> tuple[tuple[Reason, tuple[Person, ...]], ...]:
    """Why not the others; what is told of a group is told of its first."""
    people = found.world.crowd.people
    groups: dict[tuple[str, int], tuple[Bools, bool]] = {}
    for key, mask, is_fixed in found.groups:
        if key in groups:
            earlier, was_fixed = groups[key]
            first = int((earlier | mask).argmax())
            groups[key] = earlier | mask, was_fixed if earlier[first] else is_fixed
        elif mask.any():
            groups[key] = mask, is_fixed
    told = []
    parts = [
        (key, part, is_fixed) for key, (mask, is_fixed) in groups.items() for part in _alike(found, key, mask)
    ]
    for key, mask, is_fixed in parts:
        rows = mask.nonzero()[0].tolist()
        group = tuple([people[row] for row in rows])
        reason = _reason(group[0], key, is_fixed, found.ask)
        told.append((rows[0], ranking.of_group(reason, group, found.ask.work, found.ask.from_at), group))
    ordered = sorted(told, key=lambda group: (group[1].code in ranking.LASTING, -len(group[2]), group[0]))
    return tuple((reason, who) for _first, reason, who in ordered)


def _alike(found: Found, key: tuple[str, int], mask: Bools) -> Iterator[Bools]:
    """Those of a group of whom the same is told: the level that they have, when it ended, what is in the van."""
    (code, thing), crowd = key, found.world.crowd
    if code == codes.SKILL:
        values = crowd.level(thing)
    elif code == codes.CERTIFICATE:
        values = crowd.held_until(thing)
    elif code == codes.PARTS:
        values = _vans(found, thing)
    else:
        yield mask
        return
    told = np.unique(values[mask])
    for value in told.tolist():
        yield mask & (values == value) if len(told) > 1 else mask


def _vans(found: Found, part_id: int) -> Ints:
    """A number for each engineer, the same where the same is told of a part in the van."""
    crowd, work = found.world.crowd, found.ask.work
    numbers = np.zeros(crowd.count, np.int64)
    seen: dict[str, int] = {"": 0}
    for index in crowd.special:
        if crowd.people[index].parts.get(part_id):
            told = str(checks.parts_reason(crowd.people[index], work, part_id).facts)
            numbers[index] = seen.setdefault(told, len(seen))
    return numbers


def _reason(person: Person, key: tuple[str, int], is_fixed: bool, ask: Question) -> Reason:
    if not is_fixed:
        return Search(person, ask.work, ask.from_at, ask.until, ask.policy).reason(key[0])
    reasons = checks.fixed_reasons(person, ask.work, FOREVER if key[0] == codes.CERTIFICATE else ask.from_at)
    return next(r for r in reasons if r.code == key[0] and _thing(r) in {0, key[1]})


def _thing(reason: Reason) -> int:
    return int(reason.facts.get("skill_id") or reason.facts.get("part_id") or 0)


def _asks_later(world: World, ask: Question, starts: Starts) -> Bools:
    """Who needs a reason for what only the time decides: overtime, and a trip longer than the limit."""
    forced = np.zeros(world.crowd.count, np.bool_)
    if ask.policy.verdict(codes.OVERTIME) == CONFIRM:
        forced |= starts.overtime > 0
    most = engine.most_minutes(world.crowd, ask.policy, (CONFIRM,))
    if most is not world.crowd.boundless:
        forced |= starts.minutes > most
    return forced & (starts.at < NEVER)
