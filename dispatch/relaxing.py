"""Why not, and what would make it possible: the evaluator asked again with one thing given up, or, where no
single thing helps, with two. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Verdict, Work
from dispatch.evaluator.search import too_long_for
from dispatch.evaluator.weeks import week_reasons
from dispatch.policy import PRODUCT, Policy
from dispatch.stints import ended, in_stints, stints_of

MOST_OVERTIME = 4 * 3600
TRIED = 15
"""Engineers asked about one rule, the likeliest first."""
MOST_STOPS = 10
"""Planned visits of one engineer that are thought away, one at a time, the next ones."""
MOST_SKILLS = 3
"""Skills missing at once that are still told as one change."""
DAY = "day"
SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Given:
    """One thing given up: its rule, how much of it, and what to tell of it."""

    code: str
    size: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What must be given up so that an engineer could go at `start`: one thing, or two (`also`). `beside` names who
    would come along, for work of a crew; `stints` in how many the work would be done until `end`."""

    given: Given
    person: Person
    start: int
    end: int
    also: Given | None = None
    beside: tuple[str, ...] = ()
    stints: int = 1

    @classmethod
    def by(
        cls,
        verdict: Verdict,
        given: Given,
        person: Person,
        *,
        also: Given | None = None,
        beside: tuple[str, ...] = (),
    ) -> Relaxation:
        """What led to this verdict on the work, or on all its stints."""
        return cls(given, person, verdict.span[0], ended(verdict), also, beside, len(stints_of(verdict)))

    @property
    def code(self) -> str:
        """Of what is given up first."""
        return self.given.code

    @property
    def size(self) -> tuple[float, float]:
        """Orders relaxations of the same codes."""
        return self.given.size, self.also.size if self.also else 0.0

    def as_json(self) -> dict[str, Any]:
        told = {
            "code": self.code,
            "engineer_id": self.person.id,
            "name": self.person.name,
            "start": self.start,
            "end": self.end,
            **({"stints": self.stints} if self.stints > 1 else {}),
            **self.given.facts,
        }
        told |= {"also": {"code": self.also.code, **self.also.facts}} if self.also else {}
        return told | ({"with": list(self.beside)} if self.beside else {})


@dataclass(frozen=True, slots=True)
class Asked:
    """The question to which the answer was nobody. `later` is how far another day may lie."""

    work: Work
    from_at: int
    until: int
    policy: Policy = PRODUCT
    later: int = 0

    def answer(self, person: Person) -> Verdict:
        """What the evaluator says to it: of work that may be split, about its stints."""
        if self.work.may_split:
            return in_stints(person, self.work, (self.from_at, self.until), self.policy)
        return evaluator.earliest_start(person, self.work, self.from_at, self.until, self.policy)

    def on_another_day(self, verdict: Verdict) -> Given | None:
        """That the work, or its last stint, would begin later than was asked for; None when it would not."""
        last = stints_of(verdict)[-1].span[0]
        return Given(DAY, last) if last >= self.until else None

    def without(self, **changes: Any) -> Asked:
        """The question about work of which something is changed."""
        return replace(self, work=replace(self.work, **changes))

    def allowing(self, *rules: str) -> Asked:
        """The question under a policy that allows some rules."""
        return replace(self, policy=self.policy.allowing(*rules))


Measure = Callable[[Verdict], Given | None]
"""What was given up, told by the verdict it led to; None when it was not needed for it."""


@dataclass(frozen=True, slots=True)
class Try:
    """A question with one thing given up."""

    asked: Asked
    person: Person
    measure: Measure


Change = Callable[[Asked, Person], Iterator[Try]]


def explain(verdicts: Iterable[Verdict], asked: Asked) -> list[Relaxation]:
    """The smallest change of each sort that would let somebody do the work, the easiest sort first; where no
    single one would, the smallest two together.

    `verdicts` are those that found no time.
    """
    tried: dict[str, int] = {}
    likely: list[Verdict] = []
    for verdict in sorted(verdicts, key=distance):
        code = verdict.broken[0].code if verdict.broken else ""
        tried[code] = tried.get(code, 0) + 1
        if code in _CHANGES and tried[code] <= TRIED:
            likely.append(verdict)
    single = smallest(found for verdict in likely for found in _singly(verdict, asked))
    return single or smallest(found for verdict in likely for found in _in_pairs(verdict, asked))


def smallest(found: Iterable[Relaxation]) -> list[Relaxation]:
    """The smallest of each sort, the easiest sort first."""
    best: dict[tuple[str, str], Relaxation] = {}
    for one in found:
        sort = one.code, one.also.code if one.also else ""
        known = best.get(sort)
        if known is None or (one.size, one.start) < (known.size, known.start):
            best[sort] = one
    return sorted(best.values(), key=_ease)


def _ease(found: Relaxation) -> tuple[int, int, tuple[float, float]]:
    also = _EASE.index(found.also.code) + 1 if found.also else 0
    return max(also, _EASE.index(found.code)), also, found.size


def distance(verdict: Verdict) -> tuple[int, int]:
    """How little is missing: rules, then levels of skills."""
    levels = (int(r.facts.get("level", 0)) - int(r.facts.get("has", 0)) for r in verdict.broken)
    return len(verdict.broken), sum(levels)


def _singly(verdict: Verdict, asked: Asked) -> Iterator[Relaxation]:
    for one in tries(verdict, asked, verdict.person):
        answer = one.asked.answer(one.person)
        given = one.measure(answer) if answer.start is not None else None
        if given is not None:
            yield Relaxation.by(answer, given, verdict.person)
    yield from _split(asked, verdict)


def _in_pairs(verdict: Verdict, asked: Asked) -> Iterator[Relaxation]:
    """Give up a second thing where the first leads to another refusal."""
    for first in tries(verdict, asked, verdict.person):
        refused = first.asked.answer(first.person)
        if refused.start is not None:
            continue
        for second in tries(refused, first.asked, first.person):
            answer = second.asked.answer(second.person)
            if answer.start is None:
                continue
            given, also = first.measure(answer), second.measure(answer)
            if given is not None and also is not None and given.code != also.code:
                yield Relaxation.by(answer, given, verdict.person, also=also)


def tries(verdict: Verdict, asked: Asked, person: Person) -> Iterator[Try]:
    code = verdict.broken[0].code if verdict.broken else ""
    for change in _CHANGES.get(code, ()):
        yield from change(asked, person)


def with_overtime(asked: Asked, person: Person) -> Iterator[Try]:
    willing = replace(person, overtime=MOST_OVERTIME)

    def measure(verdict: Verdict) -> Given | None:
        minutes = verdict.overtime_minutes
        return Given(codes.OVERTIME, minutes, {"minutes": minutes}) if minutes else None

    yield Try(asked.allowing(codes.OVERTIME), willing, measure)


def beyond_week(asked: Asked, person: Person) -> Iterator[Try]:
    def measure(verdict: Verdict) -> Given | None:
        minutes = sum(int(r.facts["minutes"]) for r in week_reasons(person, verdict.span, person.stops))
        return Given(codes.OVERTIME_WEEK, minutes, {"minutes": minutes}) if minutes else None

    yield Try(asked, replace(person, weeks=()), measure)


def another_day(asked: Asked, person: Person) -> Iterator[Try]:
    def measure(verdict: Verdict) -> Given | None:
        return asked.on_another_day(verdict)

    if asked.later > asked.until:
        yield Try(replace(asked, until=asked.later), person, measure)


def without_a_visit(asked: Asked, person: Person, *, most: int = MOST_STOPS) -> Iterator[Try]:
    near = [s for s in person.stops if not s.is_over and s.end >= asked.from_at and s.start <= asked.until]
    for stop in near[:most]:
        without = replace(person, stops=[other for other in person.stops if other is not stop])
        facts = {"work_order": stop.work_order, "visit_id": stop.visit_id}
        yield Try(asked, without, _simply(codes.OVERLAP, stop.end - stop.start, **facts))


def _skills(asked: Asked, person: Person) -> Iterator[Try]:
    yield from with_skills(asked, person, asked.work.skills)


def with_skills(asked: Asked, person: Person, needed: Mapping[int, int]) -> Iterator[Try]:
    """With those of these skills {skill id: least level} that somebody lacks, where they are few."""
    missing = {s: n for s, n in needed.items() if person.skills.get(s, (0, 0))[0] < n}
    if not missing or len(missing) > MOST_SKILLS:
        return
    has = {skill: person.skills.get(skill, (0, 0))[0] for skill in missing}
    (skill_id, level), *others = missing.items()
    facts: dict[str, Any] = {"skill_id": skill_id, "level": level, "has": has[skill_id]}
    if others:
        facts["others"] = [{"skill_id": s, "level": n, "has": has[s]} for s, n in others]
    able = replace(person, skills={**person.skills, **{s: (n, FOREVER) for s, n in missing.items()}})
    yield Try(asked, able, _simply(codes.SKILL, sum(missing.values()) - sum(has.values()), **facts))


def allowed(code: str) -> Change:
    """Give up a rule that does not hang on the time, or a break."""

    def change(asked: Asked, person: Person) -> Iterator[Try]:
        yield Try(asked.allowing(code), person, lambda verdict: Given(code, verdict.span[0]))

    return change


def present(asked: Asked, person: Person) -> Iterator[Try]:
    present = replace(person, absences=[])
    yield Try(asked, present, lambda verdict: Given(codes.ABSENCE, verdict.span[0]))


def beyond_window(asked: Asked, person: Person) -> Iterator[Try]:
    work = asked.work

    def measure(verdict: Verdict) -> Given | None:
        start, end = verdict.span
        early = max(0, max(work.window[0], work.promised[0]) - start)
        late = max(0, end - work.window[1])
        minutes = -(-max(early, late) // 60)
        return Given(codes.WINDOW, minutes, {"minutes": minutes}) if minutes else None

    yield Try(asked.without(window=(0, FOREVER), promised=(0, work.promised[1])), person, measure)


def not_waiting(asked: Asked, person: Person) -> Iterator[Try]:
    free = asked.without(after=0, start_by=FOREVER, same_engineer=0)
    facts = {"work_order": asked.work.waits_for}
    yield Try(free, person, lambda verdict: Given(codes.DEPENDENCY, verdict.span[0], facts))


def _split(asked: Asked, verdict: Verdict) -> Iterator[Relaxation]:
    """Let work that is longer than a shift be done in stints."""
    person, code = verdict.person, verdict.broken[0].code
    if code != codes.SHIFT or asked.work.may_split or not too_long_for([person], asked.work, asked.from_at):
        return
    found = in_stints(person, asked.work, (asked.from_at, asked.later or asked.until), asked.policy)
    if found.start is not None:
        yield Relaxation.by(found, Given(SPLIT, ended(found)), person)


def _simply(code: str, size: float, **facts: Any) -> Measure:
    return lambda _verdict: Given(code, size, facts)


_BUSY: Sequence[Change] = (with_overtime, another_day, without_a_visit)
_CHANGES: Mapping[str, Sequence[Change]] = {
    codes.OVERLAP: _BUSY,
    codes.OVERTIME_WEEK: (another_day, without_a_visit, beyond_week),
    codes.SHIFT: (with_overtime, another_day),
    codes.TRAVEL: (with_overtime, another_day),
    codes.BREAK: (allowed(codes.BREAK), another_day),
    codes.ABSENCE: (another_day, present),
    codes.WINDOW: (with_overtime, beyond_window),
    codes.VISITING_HOURS: (allowed(codes.VISITING_HOURS), another_day),
    codes.DEPENDENCY: (another_day, not_waiting),
    codes.CAPACITY: (another_day, allowed(codes.CAPACITY)),
    codes.SKILL: (_skills,),
    codes.CERTIFICATE: (allowed(codes.CERTIFICATE),),
    codes.TERRITORY: (allowed(codes.TERRITORY),),
    codes.EXCLUDED: (allowed(codes.EXCLUDED),),
    codes.PROVIDER_SCOPE: (allowed(codes.PROVIDER_SCOPE),),
    codes.PARTS: (allowed(codes.PARTS),),
    codes.MAX_TRAVEL: (allowed(codes.MAX_TRAVEL),),
}
_EASE = (
    codes.OVERTIME,
    codes.BREAK,
    DAY,
    SPLIT,
    codes.CAPACITY,
    codes.VISITING_HOURS,
    codes.WINDOW,
    codes.MAX_TRAVEL,
    codes.OVERTIME_WEEK,
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
