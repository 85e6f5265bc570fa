"""Where another visit would fit: the free stretches of a shift, with the breaks that must stay possible.

The search in Python and the arrays of `dispatch.instant` are made of the same gaps: so they agree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dispatch.evaluator.model import FOREVER, Break, Person, Span, Stop, start_of
from dispatch.travel import ESTIMATE, Estimate, Point, Roads


class Gap(NamedTuple):
    """A free stretch and one way of keeping the breaks that only it has room for.

    The engineer leaves `origin` at `ready`; work starts before `shift_end`, ends by `end` and by `tail_from`,
    and reaches `following` by `arrive_by` (None: nothing follows). Breaks before the work take `lead_seconds`
    beside the trip and end at `lead_until` at the earliest; those after it take `tail_seconds`.
    """

    origin: Point | None
    ready: int
    end: int
    following: Point | None
    arrive_by: int
    shift_end: int
    load_percent: int
    lead_seconds: int
    lead_until: int
    tail_seconds: int
    tail_from: int


@dataclass(slots=True)
class _Stretch:
    """Free time in a shift, or an absence, which has room for breaks but not for work."""

    origin: Point | None
    ready: int
    end: int
    following: Point | None
    arrive_by: int
    is_absence: bool = False

    def slack(self, estimate: Estimate) -> int:
        """Seconds that no trip needs."""
        if self.is_absence or self.arrive_by != self.end:
            return self.end - self.ready
        return self.end - self.ready - estimate.trip(self.origin, self.following)[0] * 60


def gaps(
    person: Person,
    shift: Span,
    stops: Sequence[Stop],
    absences: Sequence[Span],
    *,
    shift_end: int = 0,
    with_breaks: bool = True,
    estimate: Estimate = ESTIMATE,
) -> Iterator[Gap]:
    """The gaps of a shift, in order. `shift_end` is its end without overtime (0: `shift` has none).

    Which breaks the trip between two visits that are planned leaves room for is always estimated, so that
    gaps depend on nothing that a routing service may say later.
    """
    stretches = _stretches(person.home, shift, stops, absences)
    last = shift_end or shift[1]
    load = load_of(stops, (shift[0], last))
    breaks = breaks_within(person.breaks, shift) if with_breaks else []
    if not breaks:
        for free in stretches:
            if not free.is_absence:
                yield _gap(free, last, load, (0, free.ready, 0, free.end))
        return
    # A break ends before the shift does, also of who works overtime.
    rooms = _rooms(stretches, last, estimate)
    possible = _placed(rooms, breaks, None)
    for index, free in enumerate(stretches):
        if free.is_absence:
            continue
        elsewhere = _placed(rooms, possible, index)
        pending = [pause for pause in possible if pause not in elsewhere]
        for way in _ways(free, pending, last):
            yield _gap(free, last, load, way)


def breaks_within(breaks: Sequence[Break], shift: Span) -> list[Break]:
    """The breaks that begin in a shift."""
    first = bisect_left(breaks, (shift[0], 0, 0))
    return list(breaks[first : bisect_left(breaks, (shift[1], 0, 0))])


def lost_breaks(
    person: Person,
    shift: Span,
    stops: Sequence[Stop],
    new: Stop,
    absences: Sequence[Span],
    *,
    roads: Roads,
) -> list[Break]:
    """The breaks of a shift that fit without the new visit and do not fit with it."""
    breaks = breaks_within(person.breaks, shift)
    if not breaks:
        return []
    free = gaps(person, shift, stops, absences, estimate=roads.estimate)
    if any(_lets_in(gap, new, roads) for gap in free):
        return []
    room = _rooms(_stretches(person.home, shift, stops, absences), shift[1], roads.estimate)
    before = _placed(room, breaks, None)
    with_new = sorted([*stops, new], key=start_of)
    room = _rooms(_stretches(person.home, shift, with_new, absences), shift[1], roads.estimate)
    after = _placed(room, before, None)
    return [pause for pause in before if pause not in after]


def _lets_in(gap: Gap, new: Stop, roads: Roads) -> bool:
    """Whether a way of keeping the breaks lets a visit in. Trips that are too short of time are no break's
    fault."""
    if new.start < max(gap.ready, gap.lead_until) or new.end > min(gap.end, gap.tail_from):
        return False
    before = new.start - gap.ready - gap.lead_seconds
    if before < min(roads.trip(gap.origin, new.place)[0] * 60, new.start - gap.ready):
        return False
    after = gap.arrive_by - new.end - gap.tail_seconds
    return after >= min(roads.trip(new.place, gap.following)[0] * 60, gap.arrive_by - new.end)


def load_of(stops: Sequence[Stop], shift: Span) -> int:
    """Per cent of a shift that visits take already."""
    first = bisect_left(stops, shift[0], key=start_of)
    last = bisect_left(stops, shift[1], key=start_of)
    return sum(s.end - s.start for s in stops[first:last]) * 100 // (shift[1] - shift[0])


def _gap(free: _Stretch, shift_end: int, load: int, way: tuple[int, int, int, int]) -> Gap:
    return Gap(free.origin, free.ready, free.end, free.following, free.arrive_by, shift_end, load, *way)


def _stretches(
    home: Point | None, shift: Span, stops: Sequence[Stop], absences: Sequence[Span]
) -> list[_Stretch]:
    """The free stretches and absences of a shift, in order.

    Before the first visit the engineer comes from home. After an absence they start from where they were.
    """
    begin, finish = shift
    place, ready = home, begin
    # Who sorts visits by start may still hold one that began in the shift before and lasts into this one.
    nearby = stops[max(0, bisect_left(stops, begin, key=start_of) - 2) :]
    busy: list[tuple[int, int, Stop | None]] = [
        (s.start, s.end, s) for s in nearby[: bisect_left(nearby, finish, key=start_of)] if s.end > begin
    ]
    if absences:
        away = [(a, b, None) for a, b in absences if b > begin and a < finish]
        busy = sorted([*busy, *away], key=lambda item: item[0])
    found = []
    for start, end, stop in busy:
        if start > ready:
            following, arrive_by = (stop.place, start) if stop else _next(stops, start)
            found.append(_Stretch(place, ready, start, following, arrive_by))
        if stop is None:
            found.append(_Stretch(None, max(start, begin), min(end, finish), None, FOREVER, is_absence=True))
        else:
            place = stop.place
        ready = max(ready, end)
    if ready < finish:
        found.append(_Stretch(place, ready, finish, *_next(stops, finish)))
    return found


def _next(stops: Sequence[Stop], at: int) -> tuple[Point | None, int]:
    """(where, by when) of the first visit that starts at an instant or later; FOREVER when none does."""
    index = bisect_left(stops, at, key=start_of)
    return (stops[index].place, stops[index].start) if index < len(stops) else (None, FOREVER)


Room = tuple[int, int, int]
"""(from, until, seconds that no trip needs): where a break may be taken."""


def _rooms(stretches: list[_Stretch], until: int, estimate: Estimate) -> list[Room]:
    return [(free.ready, min(free.end, until), free.slack(estimate)) for free in stretches]


def _placed(rooms: list[Room], breaks: Sequence[Break], but: int | None) -> list[Break]:
    """The breaks for which there is room, each in the first that has it; `but` is one that does not count."""
    left = list(rooms)
    found = []
    for pause in breaks:
        earliest, latest, length = pause
        for index, (ready, end, slack) in enumerate(left):
            begin = max(ready, earliest)
            if index != but and begin <= latest and begin + length <= end and length <= slack:
                left[index] = (begin + length, end, slack - length)
                found.append(pause)
                break
    return found


def _ways(free: _Stretch, pending: Sequence[Break], until: int) -> Iterator[tuple[int, int, int, int]]:
    """Every way of having the pending breaks in one stretch, the first few before the work, the rest
    after."""
    for split in range(len(pending) + 1):
        lead = _earliest_end(free.ready, pending[:split])
        after = pending[split:]
        tail = _latest_begin(min(free.end, until) if after else free.end, after)
        if lead is None or tail is None:
            continue
        yield (
            sum(length for _a, _b, length in pending[:split]),
            lead,
            sum(length for _a, _b, length in after),
            tail,
        )


def _earliest_end(ready: int, breaks: Sequence[Break]) -> int | None:
    for earliest, latest, length in breaks:
        begin = max(ready, earliest)
        if begin > latest:
            return None
        ready = begin + length
    return ready


def _latest_begin(end: int, breaks: Sequence[Break]) -> int | None:
    for earliest, latest, length in reversed(breaks):
        end = min(latest, end - length)
        if end < earliest:
            return None
    return end


def shift_around(person: Person, at: int) -> Span | None:
    """The shift that an instant lies in."""
    index = bisect_right(person.shifts, (at, FOREVER)) - 1
    if index >= 0 and person.shifts[index][0] <= at < person.shifts[index][1]:
        return person.shifts[index]
    return None
