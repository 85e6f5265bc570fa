"""How much overtime a week leaves an engineer, who may work so much past a shift and so much in a week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dispatch import policy as codes
from dispatch.evaluator.model import FOREVER, Person, Reason, Span, Stop, Verdict, Week


def with_overtime(person: Person, overtime: int, *, has_weeks: bool = True) -> Iterator[tuple[int, int, int]]:
    """(begin, end with overtime, end) of each shift; overtime stops where the next shift begins, and with
    `has_weeks` where that of the week is used up."""
    shifts = person.shifts
    limited = overtime and has_weeks and person.weeks
    for index, (begin, end) in enumerate(shifts):
        most = min(overtime, _left_at(person, end)) if limited else overtime
        finish = end + most
        if most and index + 1 < len(shifts):
            finish = min(finish, shifts[index + 1][0])
        yield begin, max(finish, end), end


def week_reasons(person: Person, span: Span, stops: Sequence[Stop]) -> Iterable[Reason]:
    """A visit whose time past the shifts, with that of these other visits, is more than its week allows."""
    for at, over in overtime_of(person.shifts, [span]) if person.weeks else ():
        week = _week_at(person, at)
        beyond = _worked(person, week, stops) + over - week.most if week else 0
        if week and beyond > 0:
            yield Reason(codes.OVERTIME_WEEK, {"minutes": -(-beyond // 60), "most": week.most // 60})


def takes_of_a_week(verdict: Verdict) -> bool:
    """Whether a visit uses overtime that is limited by the week: what others plan meanwhile may use it up."""
    person, times = verdict.person, [] if verdict.start is None else [verdict.span]
    return bool(person.weeks and overtime_of(person.shifts, times))


def overtime_of(shifts: Sequence[Span], times: Iterable[Span]) -> list[tuple[int, int]]:
    """(when it begins, which says to which week it belongs; seconds) of the part of each time that lies in no
    shift; nothing of times that lie in shifts."""
    found = []
    for start, end in times:
        over = end - start - sum(max(0, min(b, end) - max(a, start)) for a, b in shifts)
        if over > 0:
            found.append((next((min(b, end) for a, b in shifts if a <= start < b), start), over))
    return found


def _left_at(person: Person, at: int) -> int:
    week = _week_at(person, at)
    return max(0, week.most - _worked(person, week, person.stops)) if week else FOREVER


def _worked(person: Person, week: Week, stops: Sequence[Stop]) -> int:
    seen = [(s.start, s.end) for s in stops if week.seen[0] <= s.start and s.end <= week.seen[1]]
    over = overtime_of(person.shifts, seen)
    return week.worked + sum(seconds for at, seconds in over if week.begin <= at < week.end)


def _week_at(person: Person, at: int) -> Week | None:
    return next((week for week in person.weeks if week.begin <= at < week.end), None)
