"""What the evaluator makes of a task in a plan, and why one found no place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.crews import Team
from dispatch.evaluator import Person, Reason, Span, Stop, Verdict, Work
from dispatch.policy import PRODUCT, Policy
from dispatch.stints import earliest_stints, ended, in_stints, stints_of
from planning.days import Placed, Task, start_window

DAY = 24 * 3600
Held = Callable[[Person, Task], Reason | None]
"""Why somebody may not be given a task though no rule speaks against it."""


def agrees(person: Person, one: Placed, policy: Policy) -> bool:
    task = one.task
    verdict = evaluator.evaluate(person, task.work, one.start, ignoring=stop_id(task), policy=policy)
    return all(is_lateness(reason) for reason in verdict.broken)


def take_back(person: Person, one: Placed) -> None:
    person.stops = [stop for stop in person.stops if stop.visit_id != stop_id(one.task)]


def is_good(verdict: Verdict) -> bool:
    """Whether a time was found that breaks nothing but the promise."""
    return verdict.start is not None and all(is_lateness(reason) for reason in verdict.broken)


def is_lateness(reason: Reason) -> bool:
    return reason.code == evaluator.WINDOW and reason.facts.get("bound") == "promised_end"


def why_not(
    people: Sequence[Person],
    task: Task,
    between: Span,
    policy: Policy = PRODUCT,
    *,
    held: Held | None = None,
) -> tuple[Reason, ...]:
    """Why a task found no place: each rule in the way with how many it keeps out, the commonest first."""
    ask = in_stints if task.work.may_split else _whole
    if not task.work.may_split and not fits(task, between):
        return (Reason(evaluator.WINDOW, {"bound": "none_fits"}),)
    counts: dict[str, tuple[Reason, int]] = {}
    for person in people:
        verdict = ask(person, task.work, between, policy)
        reason = next(iter(verdict.broken), None)
        if held is not None and (reason is None or reason.code == codes.PARTS):
            reason = held(person, task) or reason
        reason = reason or Reason("dearer")
        first, number = counts.get(reason.code, (reason, 0))
        counts[reason.code] = (first, number + 1)
    ranked = sorted(counts.values(), key=lambda pair: -pair[1])
    told = tuple(Reason(one.code, {**one.facts, "people": number}) for one, number in ranked)
    return told or (Reason("nobody"),)


def _whole(person: Person, work: Work, between: Span, policy: Policy) -> Verdict:
    return evaluator.earliest_start(person, work, *between, policy=policy)


def stop_id(task: Task) -> int:
    """What a task's stop is called in memory: its visit, else the work order with a minus."""
    return task.visit_id or -task.work.id


def stop_of(one: Placed) -> Stop:
    work = one.task.work
    return Stop(stop_id(one.task), f"#{work.id}", one.start, one.end, work.place)


def first_in_stints(people: Sequence[Person], work: Work, between: Span, policy: Policy) -> Sequence[Team]:
    """The stints of who is done first with work of several days, in as few as possible; none when nobody can."""
    found = earliest_stints(people, work, between, policy)
    good = [verdict for verdict in found if all(map(is_good, stints_of(verdict)))]
    best = min(good, key=lambda v: (ended(v) // DAY, len(v.then), ended(v), v.person.id), default=None)
    return [Team(*stint.span, (stint,)) for stint in stints_of(best)] if best else ()


def fits(task: Task, stretch: Span) -> bool:
    """Whether the task may begin in a stretch at all."""
    opens, closes = start_window(task, stretch)
    return opens <= closes
