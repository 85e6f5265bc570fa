"""Why not, and what would make it possible: the evaluator asked again with one thing given up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Verdict, Work
from dispatch.evaluator.search import too_long_for
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.stints import ended, in_stints

MOST_OVERTIME = 4 * 3600
TRIED = 15
"""Engineers asked about one rule, the likeliest first."""
DAY = "day"
SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change after which an engineer could go at `start`. `size` orders changes of one code."""

    code: str
    person: Person
    start: int
    end: int
    size: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "engineer_id": self.person.id,
            "name": self.person.name,
            "start": self.start,
            "end": self.end,
            **self.facts,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to which the answer was nobody. `later` is how far another day may lie."""

    work: Work
    from_at: int
    until: int
    policy: Policy = PRODUCT
    later: int = 0

    def again(self, person: Person, **changes: Any) -> Verdict:
        """The same question with something changed: fields of the work, `until` or `policy`."""
        until, policy = changes.pop("until", self.until), changes.pop("policy", self.policy)
        work = replace(self.work, **changes) if changes else self.work
        return evaluator.earliest_start(person, work, self.from_at, until, policy)

    def allowing(self, *rules: str) -> Policy:
        """The policy with some rules allowed."""
        return replace(self.policy, verdicts={**self.policy.verdicts, **dict.fromkeys(rules, ALLOW)})


Try = Callable[[Asked, Person], Iterator[Relaxation]]


def explain(verdicts: Iterable[Verdict], asked: Asked) -> list[Relaxation]:
    """The smallest change of each sort that would let somebody do the work, the easiest sort first.

    `verdicts` are those that found no time.
    """
    best: dict[str, Relaxation] = {}
    tried: dict[str, int] = {}
    for verdict in sorted(verdicts, key=_distance):
        rules = {reason.code for reason in verdict.broken}
        if len(rules) != 1 or (code := next(iter(rules))) not in _TRIES:
            continue
        tried[code] = tried.get(code, 0) + 1
        if tried[code] > TRIED:
            continue
        for attempt in _TRIES[code]:
            for found in attempt(asked, verdict.person):
                known = best.get(found.code)
                if known is None or (found.size, found.start) < (known.size, known.start):
                    best[found.code] = found
    return sorted(best.values(), key=lambda found: (_EASE.index(found.code), found.size))


def _distance(verdict: Verdict) -> float:
    """How little is missing: levels of skills, then the engineer's number, so that it is always the same."""
    return sum(int(r.facts.get("level", 0)) - int(r.facts.get("has", 0)) for r in verdict.broken)


def _overtime(asked: Asked, person: Person) -> Iterator[Relaxation]:
    willing = replace(person, overtime=MOST_OVERTIME)
    verdict = asked.again(willing, policy=asked.allowing(codes.OVERTIME))
    if verdict.start is not None and verdict.overtime_minutes:
        yield _relaxation(
            codes.OVERTIME, person, verdict, verdict.overtime_minutes, minutes=verdict.overtime_minutes
        )


def _another_day(asked: Asked, person: Person) -> Iterator[Relaxation]:
    if asked.later > asked.until:
        verdict = asked.again(person, until=asked.later)
        if verdict.start is not None:
            yield _relaxation(DAY, person, verdict, verdict.start)


def _other_visit(asked: Asked, person: Person) -> Iterator[Relaxation]:
    for stop in person.stops:
        if stop.is_over or stop.end < asked.from_at or stop.start > asked.until:
            continue
        without = replace(person, stops=[other for other in person.stops if other is not stop])
        verdict = asked.again(without)
        if verdict.start is not None:
            facts = {"work_order": stop.work_order, "visit_id": stop.visit_id}
            yield _relaxation(codes.OVERLAP, person, verdict, stop.end - stop.start, **facts)
            return


def _skills(asked: Asked, person: Person) -> Iterator[Relaxation]:
    missing = {s: n for s, n in asked.work.skills.items() if person.skills.get(s, (0, 0))[0] < n}
    if len(missing) != 1:
        return
    ((skill_id, level),) = missing.items()
    able = replace(person, skills={**person.skills, skill_id: (level, FOREVER)})
    verdict = asked.again(able)
    if verdict.start is not None:
        has = person.skills.get(skill_id, (0, 0))[0]
        facts = {"skill_id": skill_id, "level": level, "has": has}
        yield _relaxation(codes.SKILL, person, verdict, level - has, **facts)


def _allowed(code: str) -> Try:
    """Give up a rule that does not hang on the time, or a break."""

    def attempt(asked: Asked, person: Person) -> Iterator[Relaxation]:
        verdict = asked.again(person, policy=asked.allowing(code))
        if verdict.start is not None:
            yield _relaxation(code, person, verdict, verdict.start)

    return attempt


def _absence(asked: Asked, person: Person) -> Iterator[Relaxation]:
    verdict = asked.again(replace(person, absences=[]))
    if verdict.start is not None:
        yield _relaxation(codes.ABSENCE, person, verdict, verdict.start)


def _window(asked: Asked, person: Person) -> Iterator[Relaxation]:
    work = asked.work
    verdict = asked.again(person, window=(0, FOREVER), promised=(0, work.promised[1]))
    if verdict.start is None or verdict.end is None:
        return
    early = max(0, max(work.window[0], work.promised[0]) - verdict.start)
    late = max(0, verdict.end - work.window[1])
    minutes = -(-max(early, late) // 60)
    yield _relaxation(codes.WINDOW, person, verdict, minutes, minutes=minutes)


def _dependency(asked: Asked, person: Person) -> Iterator[Relaxation]:
    verdict = asked.again(person, after=0, start_by=FOREVER, same_engineer=0)
    if verdict.start is not None:
        facts = {"work_order": asked.work.waits_for}
        yield _relaxation(codes.DEPENDENCY, person, verdict, verdict.start, **facts)


def _split(asked: Asked, person: Person) -> Iterator[Relaxation]:
    """Let work that is longer than a shift be done in stints."""
    if asked.work.may_split or not too_long_for([person], asked.work, asked.from_at):
        return
    verdict = in_stints(person, asked.work, (asked.from_at, asked.later or asked.until), asked.policy)
    if verdict.start is not None:
        last = ended(verdict)
        yield Relaxation(SPLIT, person, verdict.start, last, last, {"stints": len(verdict.then) + 1})


def _relaxation(code: str, person: Person, verdict: Verdict, size: float, **facts: Any) -> Relaxation:
    start, end = verdict.span
    return Relaxation(code, person, start, end, size, facts)


_BUSY: Sequence[Try] = (_overtime, _another_day, _other_visit)
_TRIES: Mapping[str, Sequence[Try]] = {
    codes.OVERLAP: _BUSY,
    codes.SHIFT: (_overtime, _another_day, _split),
    codes.TRAVEL: (_overtime, _another_day),
    codes.BREAK: (_allowed(codes.BREAK), _another_day),
    codes.ABSENCE: (_another_day, _absence),
    codes.WINDOW: (_overtime, _window),
    codes.VISITING_HOURS: (_allowed(codes.VISITING_HOURS), _another_day),
    codes.DEPENDENCY: (_another_day, _dependency),
    codes.SKILL: (_skills,),
    codes.CERTIFICATE: (_allowed(codes.CERTIFICATE),),
    codes.TERRITORY: (_allowed(codes.TERRITORY),),
    codes.EXCLUDED: (_allowed(codes.EXCLUDED),),
    codes.PROVIDER_SCOPE: (_allowed(codes.PROVIDER_SCOPE),),
    codes.PARTS: (_allowed(codes.PARTS),),
    codes.MAX_TRAVEL: (_allowed(codes.MAX_TRAVEL),),
}
_EASE = (
    codes.OVERTIME,
    codes.BREAK,
    DAY,
    SPLIT,
    codes.VISITING_HOURS,
    codes.WINDOW,
    codes.MAX_TRAVEL,
    codes.TERRITORY,
    codes.PARTS,
    codes.OVERLAP,
    codes.DEPENDENCY,
    codes.ABSENCE,
    codes.PROVIDER_SCOPE,
    codes.CERTIFICATE,
    codes.SKILL,
    codes.EXCLUDED,
)
