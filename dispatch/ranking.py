"""Choosing among verdicts: order by strategy, reasons for and against, and why not the others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dispatch import evaluator, scores
from dispatch import policy as codes
from dispatch.evaluator import FOREVER, Person, Reason, Verdict, Work
from dispatch.evaluator.checks import PREFERRED_LIKING
from dispatch.evaluator.search import too_long_for
from dispatch.policy import PRODUCT, Policy
from dispatch.stints import stints_of
from dispatch.travel import SILENT, UNKNOWN

LONG_TRAVEL_MINUTES = 45
BUSY_PERCENT = 85
SLACK_WORTH_TELLING = 5
KNOWS_CUSTOMER = 0.5
"""Having been at another site of the customer, beside having been at this one."""

BEST = "best"
TOLD_CANDIDATES = 5

LASTING = frozenset(
    {codes.SKILL, codes.CERTIFICATE, codes.INACTIVE, codes.EXCLUDED, codes.PROVIDER_SCOPE, codes.TERRITORY}
)
"""Rules that no other time would keep."""
TOLD = ("skill_id", "has", "part_id", "promised", "held_until")
"""What is told of an engineer with a rule: those of whom the same is told are one group."""
OWN_NUMBERS: Mapping[str, Mapping[str, Any]] = {
    codes.OVERLAP: {},
    codes.MAX_TRAVEL: {},
    codes.OVERTIME_WEEK: {},
    codes.TRAVEL: {"side": "far"},
}
"""Rules of which one engineer's numbers (visits, minutes) are told and of several only these facts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could go, with what speaks for and against; `score` is the sum of its `parts`."""

    verdict: Verdict
    pluses: tuple[Reason, ...]
    minuses: tuple[Reason, ...]
    score: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "engineer_id": verdict.person.id,
            "name": verdict.person.name,
            "start": verdict.start,
            "end": verdict.end,
            "travel_minutes": verdict.travel_minutes,
            "travel_km": round(verdict.travel_km, 1),
            "travel_source": verdict.travel_source,
            "late_minutes": verdict.late_minutes,
            "overtime_minutes": verdict.overtime_minutes,
            "score": round(self.score, 1),
            "score_parts": {code: round(part, 1) for code, part in self.parts.items()},
            "pluses": [reason.as_json() for reason in self.pluses],
            "minuses": [reason.as_json() for reason in self.minuses],
            **({"stints": [_stint(one) for one in stints_of(verdict)]} if verdict.then else {}),
        }


def _stint(verdict: Verdict) -> dict[str, Any]:
    start, end = verdict.span
    return {"engineer_id": verdict.person.id, "name": verdict.person.name, "start": start, "end": end}


@dataclass(frozen=True, slots=True)
class Answer:
    """Who can, best first; who could with a reason; and why not the others, [(reason, people)] by rule."""

    candidates: tuple[Candidate, ...]
    forceable: tuple[Candidate, ...]
    excluded: tuple[tuple[Reason, tuple[Person, ...]], ...]

    @property
    def best(self) -> Candidate | None:
        """Who should go: the first who breaks no rule, else the first who only comes after the promise."""
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True, slots=True)
class Scored:
    """A verdict with its score among the others."""

    verdict: Verdict
    score: float
    parts: Mapping[str, float]


Order = Callable[[Scored, Work], tuple[float, ...]]


def _earliest(s: Scored, _work: Work) -> tuple[float, ...]:
    return (s.verdict.late_minutes, s.verdict.start or 0, s.verdict.travel_minutes)


def _nearest(s: Scored, _work: Work) -> tuple[float, ...]:
    v = s.verdict
    return (v.late_minutes, v.travel_minutes, v.travel_km, v.start or 0)


def _least_loaded(s: Scored, _work: Work) -> tuple[float, ...]:
    v = s.verdict
    return (v.late_minutes, v.load_percent, v.start or 0, v.travel_minutes)


def _best(s: Scored, _work: Work) -> tuple[float, ...]:
    return (s.verdict.late_minutes > 0, -round(s.score, 6), s.verdict.start or 0)


def _last_engineer(s: Scored, work: Work) -> tuple[float, ...]:
    v = s.verdict
    last = v.person.site_last.get(work.site_id, 0)
    knows = work.customer_id in v.person.last_customers
    return (v.late_minutes > 0, -last, not knows, v.start or 0, v.travel_minutes)


def _round_robin(s: Scored, _work: Work) -> tuple[float, ...]:
    v = s.verdict
    return (v.late_minutes > 0, v.person.last_given, v.start or 0, v.travel_minutes)


ORDERS: Mapping[str, Order] = {
    "earliest": _earliest,
    "nearest": _nearest,
    "least_loaded": _least_loaded,
    BEST: _best,
    "last_engineer": _last_engineer,
    "round_robin": _round_robin,
}


def rank(
    people: Iterable[Person],
    work: Work,
    from_at: int,
    until: int,
    strategy: str = "earliest",
    *,
    policy: Policy = PRODUCT,
) -> Answer:
    """Judge everybody for the work between two instants.

    One who comes after the promise still counts as a candidate, behind all who keep it: late beats never.
    """
    verdicts = [evaluator.earliest_start(person, work, from_at, until, policy) for person in people]
    return answer(verdicts, work, from_at, strategy)


def answer(verdicts: Sequence[Verdict], work: Work, from_at: int, strategy: str = "earliest") -> Answer:
    """The ranking of verdicts that are there already."""
    open_ones = scored([v for v in verdicts if v.start is not None], work, from_at)
    order = ORDERS[strategy]
    ranked = sorted(open_ones, key=lambda s: (*order(s, work), s.verdict.person.id))
    clean = [s for s in ranked if s.verdict.is_only_late]
    forced = [s for s in ranked if not s.verdict.is_only_late]
    least = min((s.verdict.travel_minutes for s in clean), default=0)
    return Answer(
        tuple(candidate(s, work, least) for s in clean),
        tuple(candidate(s, work, least) for s in forced),
        grouped((v for v in verdicts if v.start is None), work, from_at),
    )


def scored(verdicts: Sequence[Verdict], work: Work, from_at: int) -> list[Scored]:
    """Verdicts that found a time, each with its score by the policy they were made with."""
    if not verdicts:
        return []
    told = scores.parts(_columns(verdicts, work, from_at), work.priority, verdicts[0].policy)
    total = scores.totals(told, len(verdicts))
    return [
        Scored(verdict, float(total[row]), {code: float(part[row]) for code, part in told.items()})
        for row, verdict in enumerate(verdicts)
    ]


def _columns(verdicts: Sequence[Verdict], work: Work, from_at: int) -> scores.Columns:
    def column(value: Callable[[Verdict], float]) -> scores.Floats:
        return np.array([value(v) for v in verdicts], np.float64)

    starts = column(lambda v: v.start or 0)
    promised = work.promised[1] < FOREVER
    return scores.Columns(
        slack=(work.promised[1] - starts) / 60 if promised else np.full(len(verdicts), np.nan),
        wait=(starts - from_at) / 60,
        travel=column(lambda v: v.travel_minutes),
        overtime=column(lambda v: v.overtime_minutes),
        load=column(lambda v: v.load_percent),
        surplus=column(lambda v: surplus(v.person, work)),
        preferred=column(lambda v: is_preferred(v.person, work)),
        known=column(lambda v: knows(v.person, work)),
        cost=column(lambda v: cost(v, work)),
    )


def cost(verdict: Verdict, work: Work) -> float:
    """What the visit costs, in minor units: hours of work and travel, kilometres, the overtime's extra."""
    person = verdict.person
    hours = (work.seconds / 60 + verdict.travel_minutes) / 60
    extra = verdict.overtime_minutes / 60 * (person.overtime_percent - 100) / 100
    return person.hour_cost * (hours + extra) + person.km_cost * verdict.travel_km


def surplus(person: Person, work: Work) -> int:
    """Levels above what is needed, of the skill where they are fewest."""
    held = [person.skills[s][0] - level for s, level in work.skills.items() if s in person.skills]
    return max(0, min(held, default=0))


def is_preferred(person: Person, work: Work) -> bool:
    """Whether the customer asked for this engineer."""
    return bool(work.customer_id) and person.likings.get(work.customer_id) == PREFERRED_LIKING


def knows(person: Person, work: Work) -> float:
    """1 for who was at the site, less for who was elsewhere at the customer, else 0."""
    if person.sites.get(work.site_id, 0):
        return 1.0
    return KNOWS_CUSTOMER if work.customer_id in person.last_customers else 0.0


def candidate(found: Scored, work: Work, least_travel: int) -> Candidate:
    """What speaks for and against somebody who found a time."""
    verdict = found.verdict
    return Candidate(
        verdict,
        tuple(_pluses(verdict, work, least_travel)),
        tuple(_minuses(verdict, work)),
        found.score,
        found.parts,
    )


def _pluses(verdict: Verdict, work: Work, least_travel: int) -> Iterable[Reason]:
    slack = (work.promised[1] - (verdict.start or 0)) // 60
    if work.promised[1] < FOREVER and slack >= SLACK_WORTH_TELLING:
        yield Reason("before_promise", {"minutes": slack})
    if is_preferred(verdict.person, work):
        yield Reason("preferred")
    if times := verdict.person.sites.get(work.site_id, 0):
        yield Reason("knows_site", {"times": times})
    elif work.customer_id in verdict.person.last_customers:
        yield Reason("knows_customer")
    if verdict.travel_minutes == least_travel and not verdict.broken:
        yield Reason("least_travel", {"minutes": verdict.travel_minutes})
    if verdict.load_percent == 0:
        yield Reason("free_day")


def _minuses(verdict: Verdict, work: Work) -> Iterable[Reason]:
    yield from verdict.broken
    yield from verdict.allowed
    if verdict.travel_source == UNKNOWN:
        place = {} if work.place is None else {"from": 1}
        yield Reason("place_unknown", {"minutes": verdict.travel_minutes} | place)
    elif verdict.travel_source.endswith(SILENT):
        yield Reason("roads_silent", {"source": verdict.travel_source.removesuffix(SILENT)})
    if verdict.travel_minutes >= LONG_TRAVEL_MINUTES:
        yield Reason("long_travel", {"minutes": verdict.travel_minutes})
    if verdict.load_percent >= BUSY_PERCENT:
        yield Reason("busy", {"percent": verdict.load_percent})
    if (above := surplus(verdict.person, work)) >= 2:
        yield Reason("overqualified", {"levels": above})


def grouped(
    verdicts: Iterable[Verdict], work: Work, from_at: int
) -> tuple[tuple[Reason, tuple[Person, ...]], ...]:
    """Who found no time, by the first rule that hinders them and what is told of it: what a dispatcher can change
    before what nobody can, the largest group first."""
    groups: dict[tuple[str, ...], tuple[Reason, list[Person]]] = {}
    for verdict in verdicts:
        reason = verdict.broken[0]
        groups.setdefault(told_of(reason), (reason, []))[1].append(verdict.person)
    ordered = sorted(groups.values(), key=lambda group: (group[0].code in LASTING, -len(group[1])))
    return tuple((of_group(reason, people, work, from_at), tuple(people)) for reason, people in ordered)


def told_of(reason: Reason) -> tuple[str, ...]:
    """What is the same of all in one group."""
    return reason.code, *(str(reason.facts.get(name)) for name in TOLD)


def of_group(reason: Reason, people: Collection[Person], work: Work, from_at: int) -> Reason:
    """What is told of everybody in a group: the first one's reason, with the longest shift among them all, and of
    several without numbers that are each one's own."""
    if reason.code in OWN_NUMBERS:
        return reason if len(people) == 1 else Reason(reason.code, OWN_NUMBERS[reason.code])
    if reason.code != codes.SHIFT or "left_minutes" in reason.facts:
        return reason
    return Reason(reason.code, too_long_for(people, work, from_at))


def explanation(answer: Answer) -> dict[str, Any]:
    """The ranking as it is kept with a run: chosen, the next best, and who was excluded by which rule."""
    return {
        "chosen": answer.best.as_json() if answer.best else None,
        "candidates": [c.as_json() for c in answer.candidates[1:TOLD_CANDIDATES]],
        "needs_reason": [c.as_json() for c in answer.forceable[:TOLD_CANDIDATES]],
        "excluded": [
            {**reason.as_json(), "engineers": [{"id": p.id, "name": p.name} for p in people]}
            for reason, people in answer.excluded
        ],
    }
