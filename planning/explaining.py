"""Why work found no place in a run: the rules in the way with how many they keep out, and what took the time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from dispatch import policy as codes
from dispatch.evaluator import Reason, Span, Work
from dispatch.ranking import told_of
from planning.days import Placed, Task, start_window
from planning.judging import fits, is_lateness
from planning.ranked import Ranked

TAKEN = "taken"
NOT_LOOKED = "not_looked_further"
MOST_NAMED = 3


def why_left(
    task: Task, work: Work, between: Span, ranked: Ranked, placed: Sequence[Placed]
) -> tuple[Reason, ...]:
    """Why nobody can do the work of a task as everybody's plan is now, the commonest first."""
    asked = replace(task, work=work)
    if not fits(asked, between):
        return (Reason(codes.WINDOW, {"bound": "none_fits"}),)
    counts: dict[tuple[str, ...], tuple[Reason, set[int]]] = {}

    def add(reason: Reason, who: Iterable[int]) -> None:
        counts.setdefault(told_of(reason), (reason, set()))[1].update(who)

    answer = ranked.ask(work, between)
    for reason, people in answer.excluded:
        add(reason, (person.id for person in people))
    for one in answer.forceable:
        broken = next(reason for reason in one.verdict.broken if not is_lateness(reason))
        add(broken, (one.verdict.person.id,))
    for one in answer.candidates:
        # Only the way on, to the visit after it, is too long.
        add(Reason(codes.TRAVEL, {"side": "after"}), (one.verdict.person.id,))
    busy = told_of(Reason(codes.OVERLAP))
    if busy in counts:
        reason, who = counts[busy]
        counts[busy] = (_taken(asked, between, placed, who) or reason, who)
    ranked_by = sorted(counts.values(), key=lambda pair: -len(pair[1]))
    told = tuple(Reason(one.code, {**one.facts, "people": len(who)}) for one, who in ranked_by)
    return told or (Reason("nobody"),)


def _taken(task: Task, between: Span, placed: Sequence[Placed], who: Collection[int]) -> Reason | None:
    """Which work of the run took the time of these engineers; None where none of it did."""
    opens, closes = start_window(task, between)
    there = [
        one
        for one in placed
        if one.person_id in who and one.start < closes + task.work.seconds and one.end > opens
    ]
    if not there:
        return None
    there.sort(key=lambda one: (one.task.priority, one.task.work.id))
    names = list(dict.fromkeys(one.task.name or f"#{one.task.work.id}" for one in there))
    return Reason(
        TAKEN,
        {
            "work_orders": ", ".join(names[:MOST_NAMED]),
            "more": max(0, len(names) - MOST_NAMED),
            "urgent": all(one.task.priority < task.priority for one in there),
        },
    )
