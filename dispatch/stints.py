"""Work that takes several days: the stints in which it can be done, of one engineer or crew where possible. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.crews import Likings, Team, earliest_team
from dispatch.evaluator import FOREVER, Person, Reason, Span, Stop, Verdict, Work
from dispatch.policy import ALLOW, BLOCK, PRODUCT, Policy

LEAST = 60 * 60
"""A stint takes so many seconds or more, or is the rest."""
HALF_A_DAY = 12 * 3600
"""How much earlier another engineer must be able to go on for the work to change hands."""
MOST_STINTS = 200
_KEPT = (codes.SHIFT, codes.ABSENCE, codes.TRAVEL, codes.WINDOW)


def in_stints(person: Person, work: Work, between: Span, policy: Policy = PRODUCT) -> Verdict:
    """How one engineer does work in stints: the verdict on the first stint, with the others in `then`.

    Each stint begins at the first time at which `LEAST` fits, after the one before, and is as long as working
    time, breaks, windows and other visits let it be. Only the first is held to the promise. Without a time
    for all of it `start` is None and the one reason says why.
    """
    return _stints([person], work, between, policy)


def earliest_stints(
    people: Iterable[Person], work: Work, between: Span, policy: Policy = PRODUCT
) -> list[Verdict]:
    """Verdicts on who does the work in stints alone, one for each; where nobody can, one verdict on several who
    take turns stands before them, if they can."""
    everybody = list(people)
    alone = [in_stints(person, work, between, policy) for person in everybody]
    if any(verdict.start is not None for verdict in alone):
        return alone
    able = [p for p, v in zip(everybody, alone, strict=True) if v.broken[0].code not in _LASTING]
    together = _stints(able, work, between, policy) if len(able) > 1 else None
    return [together, *alone] if together and together.start is not None else alone


_LASTING = {codes.INACTIVE, codes.SKILL, codes.EXCLUDED, codes.PROVIDER_SCOPE, codes.TERRITORY, codes.PARTS}


def crew_in_stints(
    people: Iterable[Person],
    work: Work,
    between: Span,
    likings: Likings | None = None,
    policy: Policy = PRODUCT,
) -> tuple[Team, ...] | Reason:
    """How a crew does work in stints, all of them in each: the first team that can come, and the same one from then
    on unless another can go on much earlier. Or the one reason why there is none, or no time for all of it."""
    named = {person.id: person for person in people}
    busy = {person.id: replace(person, stops=list(person.stops)) for person in named.values()}
    at, left, found = between[0], work, list[Team]()
    while left.seconds and len(found) < MOST_STINTS:
        last = [verdict.person.id for verdict in found[-1].verdicts] if found else []
        team = _next_team(busy, left, (at, between[1]), _strict(policy), likings=likings, last=last)
        if isinstance(team, Reason):
            return Reason(codes.SHIFT, {"left_minutes": left.seconds // 60}) if found else team
        for verdict in team.verdicts:
            busy[verdict.person.id].add(Stop(0, f"#{work.id}", team.start, team.end, work.place))
        told = (replace(v, person=named[v.person.id], end=team.end, policy=policy) for v in team.verdicts)
        found.append(replace(team, verdicts=tuple(told)))
        at = team.end
        left = replace(
            left, seconds=left.seconds - (at - team.start), promised=(0, FOREVER), start_by=FOREVER
        )
    return tuple(found)


def _next_team(
    busy: Mapping[int, Person],
    left: Work,
    between: Span,
    policy: Policy,
    *,
    likings: Likings | None,
    last: Collection[int],
) -> Team | Reason:
    """The next stint of a crew, as long as the first of them must stop: of the same team unless another can go on
    much earlier."""
    least = replace(left, seconds=min(LEAST, left.seconds))
    team = earliest_team(busy.values(), least, between, likings, policy)
    if isinstance(team, Reason):
        return team
    same = earliest_team([busy[one] for one in last], least, between, likings, policy) if last else team
    if isinstance(same, Team) and same.start < team.start + HALF_A_DAY:
        team = same
    length = min(longest_stint(verdict.person, left, team.start, policy) for verdict in team.verdicts)
    return replace(team, end=team.start + length)


def longest_stint(person: Person, work: Work, start: int, policy: Policy = PRODUCT) -> int:
    """For how many seconds the engineer can do the work from an instant on without breaking more rules than
    the shortest stint would: at least that, at most all of it."""
    strict = _strict(policy)
    short, long = min(LEAST, work.seconds) // 60, work.seconds // 60
    known = _broken(person, work, start, short, strict)
    while short < long:
        middle = (short + long + 1) // 2
        if _broken(person, work, start, middle, strict) <= known:
            short = middle
        else:
            long = middle - 1
    return work.seconds if short == work.seconds // 60 else short * 60


def ended(verdict: Verdict) -> int:
    """When the last stint ends. Raises ValueError on a verdict that found no time."""
    return (verdict.then[-1] if verdict.then else verdict).span[1]


def stints_of(verdict: Verdict) -> list[Verdict]:
    """The verdicts on all stints, in order of time."""
    return [replace(verdict, then=()), *verdict.then]


def _stints(people: Sequence[Person], work: Work, between: Span, policy: Policy) -> Verdict:
    at, left, found = between[0], work, list[Verdict]()
    busy = {person.id: replace(person, stops=list(person.stops)) for person in people}
    while left.seconds and len(found) < MOST_STINTS:
        person_id = found[-1].person.id if found else 0
        stint = _next(list(busy.values()), left, (at, between[1]), policy, person_id)
        if stint.start is None:
            return _nothing(stint, found, left)
        start, end = stint.span
        found.append(stint)
        busy[stint.person.id].add(Stop(0, f"#{work.id}", start, end, work.place))
        at = end
        left = replace(left, seconds=left.seconds - (end - start), promised=(0, FOREVER), start_by=FOREVER)
    named = {person.id: person for person in people}
    stints = [replace(stint, person=named[stint.person.id], policy=policy) for stint in found]
    return replace(stints[0], then=tuple(stints[1:]))


def _nothing(last: Verdict, found: Sequence[Verdict], left: Work) -> Verdict:
    """Why the work finds no time: for its first stint, or for what is left after the others."""
    if not found:
        return last
    why = Reason(codes.SHIFT, {"left_minutes": left.seconds // 60})
    return Verdict(last.person, None, None, (why,), policy=last.policy)


def _next(people: Sequence[Person], left: Work, between: Span, policy: Policy, last: int) -> Verdict:
    """The next stint: of the same engineer unless somebody else can go on much earlier."""
    strict = _strict(policy)
    least = replace(left, seconds=min(LEAST, left.seconds))
    firsts = [evaluator.earliest_start(person, least, *between, strict) for person in people]
    timely = [verdict for verdict in firsts if verdict.start is not None]
    if not timely:
        return firsts[0]
    soonest = min(verdict.span[0] for verdict in timely)
    near = [verdict for verdict in timely if verdict.span[0] < soonest + HALF_A_DAY]
    same = [verdict for verdict in near if verdict.person.id == last]
    grown = [_grown(verdict, left, strict) for verdict in same or near]
    return min(grown, key=lambda v: (len(v.broken), v.span[0] - v.span[1], v.span[0], v.person.id))


def _grown(verdict: Verdict, left: Work, policy: Policy) -> Verdict:
    start = verdict.span[0]
    return replace(verdict, end=start + longest_stint(verdict.person, left, start, policy))


def _broken(person: Person, work: Work, start: int, minutes: int, policy: Policy) -> set[tuple[str, str]]:
    end = start + (work.seconds if minutes == work.seconds // 60 else minutes * 60)
    verdict = evaluator.evaluate(person, work, start, end=end, policy=policy)
    return {(reason.code, str(reason.facts.get("bound", ""))) for reason in verdict.broken}


def _strict(policy: Policy) -> Policy:
    """The policy without overtime: what can be done tomorrow needs none. Times are kept as in any search."""
    allowed = {code: BLOCK for code in _KEPT if policy.verdict(code) == ALLOW}
    return replace(policy, verdicts={**policy.verdicts, **allowed, codes.OVERTIME: BLOCK})
