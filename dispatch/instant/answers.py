"""The ranking of all engineers from arrays: what `ranking.rank` answers, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch import ranking, scores
from dispatch.evaluator import FOREVER, Person, Reason, Verdict, checks
from dispatch.evaluator.search import Search, verdict_at
from dispatch.instant import engine
from dispatch.instant.engine import NEVER, Question, Starts, World
from dispatch.policy import BLOCK, CONFIRM
from dispatch.ranking import Answer, Candidate, Scored

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

Groups = list[tuple[tuple[str, int], Bools, bool]]
"""(rule and skill or part, whose, whether it stands whatever the time) of those who are excluded."""


@dataclass(slots=True)
class Found:
    """Who could go, as columns; `is_forced` needs a reason; `groups` says why not the others."""

    world: World
    ask: Question
    starts: Starts
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
    starts = engine.first_starts(world, ask, engine.ALL, left)
    nothing = left & (starts.at == NEVER)
    for key, ended in engine.expired(world, ask, starts):
        whose = ended & left & (starts.at < NEVER)
        if policy.verdict(codes.CERTIFICATE) == BLOCK:
            groups.append((key, whose, True))
            starts.at[whose] = NEVER
        elif policy.verdict(codes.CERTIFICATE) == CONFIRM:
            soft |= whose
    if nothing.any():
        groups += [((code, 0), mask, False) for code, mask in engine.why_none(world, ask, nothing)]
    return Found(world, ask, starts, soft | _asks_later(world, ask, starts), groups)


def rank(world: World, ask: Question, strategy: str = "earliest", *, most: int = FOREVER) -> Answer:
    """The ranking as `ranking.rank` has it; at most so many of each list are told."""
    found = find(world, ask)
    who = found.who
    columns = columns_of(found, who)
    told = scores.parts(columns, ask.work.priority, ask.policy)
    total = scores.totals(told, len(who))
    ranked = who_first(found, who, total, strategy)
    forced = found.is_forced[who[ranked]]
    clean_rows, forced_rows = ranked[~forced], ranked[forced]
    least = int(found.starts.minutes[who[clean_rows]].min()) if clean_rows.size else 0

    def candidates(rows: NDArray[np.intp]) -> tuple[Candidate, ...]:
        return tuple(
            ranking.candidate(
                Scored(
                    verdict_of(found, int(who[row])),
                    float(total[row]),
                    {code: float(part[row]) for code, part in told.items()},
                ),
                ask.work,
                least,
            )
            for row in rows[:most].tolist()
        )

    return Answer(candidates(clean_rows), candidates(forced_rows), _excluded(found))


def who_first(found: Found, who: NDArray[np.intp], total: Floats, strategy: str) -> NDArray[np.intp]:
    """Rows of `who`, best first, as `ranking.ORDERS` has it."""
    starts, work = found.starts, found.ask.work
    crowd = found.world.crowd
    at, minutes, ids = starts.at[who], starts.minutes[who], crowd.ids[who]
    late = np.maximum(0, at - work.promised[1]) // 60
    special = {index: row for row, index in enumerate(who.tolist())}

    def of_special(value: Callable[[Person], float]) -> Floats:
        column = np.zeros(len(who))
        for index in crowd.special:
            if index in special:
                column[special[index]] = value(crowd.people[index])
        return column

    keys: Mapping[str, Callable[[], tuple[NDArray[np.generic], ...]]] = {
        "earliest": lambda: (late, at, minutes),
        "nearest": lambda: (late, minutes, starts.km[who], at),
        "least_loaded": lambda: (late, starts.load[who], at, minutes),
        "best": lambda: (late > 0, -np.round(total, 6), at),
        "last_engineer": lambda: (
            late > 0,
            -of_special(lambda p: p.site_last.get(work.site_id, 0)),
            -of_special(lambda p: work.customer_id in p.last_customers),
            at,
            minutes,
        ),
        "round_robin": lambda: (late > 0, crowd.last_given[who], at, minutes),
    }
    # The last key of lexsort is the first to compare by.
    return np.lexsort((*reversed((*keys[strategy](), ids)),))


def columns_of(found: Found, who: NDArray[np.intp]) -> scores.Columns:
    """What the objectives look at, for some engineers."""
    starts, ask, crowd = found.starts, found.ask, found.world.crowd
    work = ask.work
    at, minutes = starts.at[who].astype(np.float64), starts.minutes[who].astype(np.float64)
    over = starts.overtime[who].astype(np.float64)
    hours = (work.seconds / 60 + minutes) / 60
    extra = over / 60 * (crowd.overtime_percent[who] - 100) / 100
    promised = work.promised[1] < FOREVER
    return scores.Columns(
        slack=(work.promised[1] - at) / 60 if promised else np.full(len(who), np.nan),
        wait=(at - ask.from_at) / 60,
        travel=minutes,
        overtime=over,
        load=starts.load[who].astype(np.float64),
        surplus=surplus(found)[who],
        preferred=_special(found, lambda p: ranking.is_preferred(p, work))[who],
        known=_special(found, lambda p: ranking.knows(p, work))[who],
        cost=crowd.hour_cost[who] * (hours + extra) + crowd.km_cost[who] * starts.km[who],
    )


def surplus(found: Found) -> Floats:
    """Levels above what is needed, as `ranking.surplus` has them."""
    crowd, least = found.world.crowd, None
    for skill_id, level in found.ask.work.skills.items():
        has = crowd.level(skill_id)
        above = np.where(has > 0, has - level, FOREVER)
        least = above if least is None else np.minimum(least, above)
    if least is None:
        return np.zeros(crowd.count)
    return np.where(least == FOREVER, 0, np.maximum(least, 0)).astype(np.float64)


def _special(found: Found, value: Callable[[Person], float]) -> Floats:
    column = np.zeros(found.world.crowd.count)
    for index in found.world.crowd.special:
        column[index] = value(found.world.crowd.people[index])
    return column


def verdict_of(found: Found, index: int) -> Verdict:
    """One engineer's verdict, with every reason."""
    starts, ask = found.starts, found.ask
    at, minutes, km = int(starts.at[index]), int(starts.minutes[index]), float(starts.km[index])
    person, load = found.world.crowd.people[index], int(starts.load[index])
    is_late = at > ask.work.promised[1]
    if is_late or found.is_forced[index] or ask.policy.allows_anything:
        return verdict_at(person, ask.work, (at, minutes, km, load), ask.from_at, ask.policy)
    return Verdict(person, at, at + ask.work.seconds, (), minutes, km, 0, load, policy=ask.policy)


def _excluded(found: Found) -> tuple[tuple[Reason, tuple[Person, ...]], ...]:
    """Why not the others; what is told of a group is told of its first."""
    person = found.world.crowd.people.__getitem__
    whose: dict[tuple[str, int], Bools] = {}
    for key, mask, _is_fixed in found.groups:
        if mask.any():
            whose[key] = whose[key] | mask if key in whose else mask
    told = []
    for key, mask in whose.items():
        rows = np.flatnonzero(mask).tolist()
        is_fixed = any(fixed for other, part, fixed in found.groups if other == key and part[rows[0]])
        reason = _reason(person(rows[0]), key, is_fixed, found.ask)
        told.append((rows[0], reason, tuple(map(person, rows))))
    ordered = sorted(told, key=lambda group: (group[1].code in ranking.LASTING, -len(group[2]), group[0]))
    return tuple((reason, who) for _first, reason, who in ordered)


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
    if ask.policy.verdict(codes.MAX_TRAVEL) == CONFIRM:
        limit = ask.policy.limit("max_travel_minutes")
        most = np.where(world.crowd.most_minutes < 0, limit, world.crowd.most_minutes)
        forced |= (most > 0) & (starts.minutes > most)
    return forced & (starts.at < NEVER)
