"""Choosing among verdicts: order by strategy, reasons for and against, and why not the others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dispatch import evaluator
from dispatch.evaluator import Person, Reason, Verdict, Work

LONG_TRAVEL_MINUTES = 45
BUSY_PERCENT = 85
SLACK_WORTH_TELLING = 5

Order = Callable[[Verdict], tuple[float, ...]]
ORDERS: Mapping[str, Order] = {
    "earliest": lambda v: (v.late_minutes, v.start or 0, v.travel_minutes, v.person.id),
    "nearest": lambda v: (v.late_minutes, v.travel_minutes, v.travel_km, v.start or 0, v.person.id),
    "least_loaded": lambda v: (v.late_minutes, v.load_percent, v.start or 0, v.travel_minutes, v.person.id),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could go, with what speaks for and against."""

    verdict: Verdict
    pluses: tuple[Reason, ...]
    minuses: tuple[Reason, ...]

    def as_json(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "engineer_id": verdict.person.id,
            "name": verdict.person.name,
            "start": verdict.start,
            "end": verdict.end,
            "travel_minutes": verdict.travel_minutes,
            "travel_km": round(verdict.travel_km, 1),
            "late_minutes": verdict.late_minutes,
            "pluses": [reason.as_json() for reason in self.pluses],
            "minuses": [reason.as_json() for reason in self.minuses],
        }


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


def rank(
    people: Iterable[Person], work: Work, from_at: int, until: int, strategy: str = "earliest"
) -> Answer:
    """Judge everybody for the work between two instants.

    One who comes after the promise still counts as a candidate, behind all who keep it: late beats never.
    """
    verdicts = [evaluator.earliest_start(person, work, from_at, until) for person in people]
    open_ones = [v for v in verdicts if v.start is not None]
    order = ORDERS[strategy]
    clean = sorted((v for v in open_ones if _only_late(v)), key=order)
    forced = sorted((v for v in open_ones if not _only_late(v)), key=order)
    least = min((v.travel_minutes for v in clean), default=0)
    return Answer(
        tuple(_candidate(v, work, least) for v in clean),
        tuple(_candidate(v, work, least) for v in forced),
        _grouped(v for v in verdicts if v.start is None),
    )


def _only_late(verdict: Verdict) -> bool:
    return all(
        reason.code == evaluator.WINDOW and reason.facts.get("bound") == "promised_end"
        for reason in verdict.broken
    )


def _candidate(verdict: Verdict, work: Work, least_travel: int) -> Candidate:
    pluses = []
    slack = (work.promised[1] - (verdict.start or 0)) // 60
    if work.promised[1] < evaluator.FOREVER and slack >= SLACK_WORTH_TELLING:
        pluses.append(Reason("before_promise", {"minutes": slack}))
    if times := verdict.person.sites.get(work.site_id, 0):
        pluses.append(Reason("knows_site", {"times": times}))
    if verdict.travel_minutes == least_travel and not verdict.broken:
        pluses.append(Reason("least_travel", {"minutes": verdict.travel_minutes}))
    if verdict.load_percent == 0:
        pluses.append(Reason("free_day"))
    minuses = list(verdict.broken)
    if verdict.travel_minutes >= LONG_TRAVEL_MINUTES:
        minuses.append(Reason("long_travel", {"minutes": verdict.travel_minutes}))
    if verdict.load_percent >= BUSY_PERCENT:
        minuses.append(Reason("busy", {"percent": verdict.load_percent}))
    if surplus := _surplus(verdict.person, work):
        minuses.append(Reason("overqualified", {"levels": surplus}))
    return Candidate(verdict, tuple(pluses), tuple(minuses))


def _surplus(person: Person, work: Work) -> int:
    """Levels above what is needed, when two or more: experts should stay free."""
    above = min(
        (person.skills[s][0] - level for s, level in work.skills.items() if s in person.skills), default=0
    )
    return above if above >= 2 else 0


def _grouped(verdicts: Iterable[Verdict]) -> tuple[tuple[Reason, tuple[Person, ...]], ...]:
    groups: dict[tuple[Any, ...], tuple[Reason, list[Person]]] = {}
    for verdict in verdicts:
        reason = verdict.broken[0]
        key = (reason.code, reason.facts.get("skill_id"))
        groups.setdefault(key, (reason, []))[1].append(verdict.person)
    ordered = sorted(groups.values(), key=lambda group: -len(group[1]))
    return tuple((reason, tuple(people)) for reason, people in ordered)
