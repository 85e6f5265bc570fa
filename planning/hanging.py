"""Work of a run that hangs on other work of it: its bounds, when it may be searched, what goes with it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dispatch.evaluator import Span, Work
from dispatch.links import Bound, bound_of, merged
from planning.days import Task
from planning.judging import fits, stop_id

Ends = Mapping[int, tuple[int, int]]
"""{work planned by this run: (when it ends, whose it is)}."""


def bound(task: Task, ends: Ends) -> Work | None:
    """The work with what its links leave of the time; None while something it waits for has no place."""
    if not task.waits:
        return task.work
    if any(wait.first not in ends for wait in task.waits):
        return None
    work = task.work
    bounds = [bound_of(w.kind, *ends[w.first], gap=w.gap, zone=w.zone) for w in task.waits]
    left = merged([*bounds, Bound(work.after, work.start_by, work.same_engineer)])
    return replace(
        work,
        after=left.after,
        start_by=left.start_by,
        same_engineer=left.engineer_id,
        waits_for=task.waits[0].name,
    )


def searchable(waiting: Sequence[Task], stretch: Span, ends: Ends, anew: Collection[int]) -> list[Task]:
    """The tasks that the search may place in a stretch, each with what it waits for; of those planned `anew` only
    such as what must go right after them may begin in it too."""
    known: list[Task] = []
    left = [task for task in waiting if task.is_for_search]
    while True:
        ids = {task.work.id for task in known}
        seen = [(task, _as_searched(task, ids, ends)) for task in left]
        more = {stop_id(task): one for task, one in seen if one is not None and fits(one, stretch)}
        if not more:
            break
        known += more.values()
        left = [task for task in left if stop_id(task) not in more]
    while early := _too_early(left, {task.work.id: task for task in known}, anew):
        known = [task for task in known if task.work.id not in early]
    return known


def halves(waiting: Sequence[Task], planned: Mapping[int, Task], anew: Collection[int]) -> dict[int, Task]:
    """{work: what must go right after it} where that one has no place, of work planned `anew`."""
    return {
        wait.first: task
        for task in waiting
        for wait in task.waits
        if wait.is_close and wait.first in anew and task.work.id not in planned
    }


def without(lost: Collection[int], planned: Mapping[int, Task]) -> set[int]:
    """Of the planned work what is lost, with all that waits for it."""
    found = {number for number in lost if number in planned}
    while more := {
        number
        for number, task in planned.items()
        if number not in found and any(wait.first in found for wait in task.waits)
    }:
        found |= more
    return found


def _as_searched(task: Task, known: Collection[int], ends: Ends) -> Task | None:
    """A task as the search sees it: with the bounds of what has its place, or after one of `known`."""
    if not task.waits:
        return task
    if (work := bound(task, ends)) is not None:
        return replace(task, work=work, waits=())
    return task if len(task.waits) == 1 and task.waits[0].first in known else None


def _too_early(left: Sequence[Task], known: Mapping[int, Task], anew: Collection[int]) -> set[int]:
    """Known work that would be planned without what must go right after it, with what waits for it."""
    close = (task.waits[0] for task in left if len(task.waits) == 1 and task.waits[0].is_close)
    return without({wait.first for wait in close if wait.first in anew}, known)
