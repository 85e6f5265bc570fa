"""The two questions: this engineer at this time, and this engineer as soon as possible."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dispatch import policy as codes
from dispatch.evaluator import checks
from dispatch.evaluator.gaps import Gap, gaps, load_of, shift_around
from dispatch.evaluator.model import FOREVER, Full, Person, Reason, Span, Stop, Verdict, Work, start_of
from dispatch.evaluator.weeks import with_overtime
from dispatch.policy import ALLOW, BLOCK, CONFIRM, PRODUCT, Policy
from dispatch.travel import ESTIMATED, Point, Roads

FAR_MINUTES = 60
"""A trip from home that may be told as the reason why no working time holds the work."""
HALF_A_SHIFT = 4 * 3600


def evaluate(
    person: Person,
    work: Work,
    start: int,
    *,
    end: int | None = None,
    ignoring: int = 0,
    policy: Policy = PRODUCT,
) -> Verdict:
    """Judge one engineer at one time: every broken rule, not only the first. `ignoring` is a visit being
    moved."""
    end = start + work.seconds if end is None else end
    others = person.without([ignoring]) if ignoring else person
    stops = others.stops
    before = _last_before(stops, start)
    origin, ready = _origin(person, before, start)
    minutes, km = policy.roads.trip(origin, work.place)
    found: list[Reason] = [
        *checks.fixed_reasons(person, work, start, policy),
        *checks.time_reasons(others, start, end, stops),
        *checks.break_reasons(person, stops, work, (start, end), policy.roads),
        *(checks.overlap_reason(s) for s in stops if not s.is_over and s.start < end and s.end > start),
        *checks.travel_reasons(stops, before, work, (start, end), ready + minutes * 60, roads=policy.roads),
        *checks.max_travel_reasons(person, minutes, policy),
        *checks.window_reasons(work, start, end),
        *checks.capacity_reasons(work, start),
    ]
    shift = shift_around(person, start)
    way = minutes, km, policy.roads.source_of(origin, work.place)
    return _verdict((person, work, policy), (start, end), found, way, _load(stops, shift))


def evaluate_as_told(
    person: Person,
    work: Work,
    start: int,
    *,
    end: int | None = None,
    ignoring: int = 0,
    policy: Policy = PRODUCT,
) -> Verdict:
    """`evaluate` for what somebody chose from what they were shown: where a leg that became known only just
    now breaks a rule, what was known before decides, so that nothing is refused a second after it was offered.
    """
    verdict = evaluate(person, work, start, end=end, ignoring=ignoring, policy=policy)
    older = policy.roads.before() if verdict.broken else None
    if older is None:
        return verdict
    then = replace(policy, roads=older)
    told = evaluate(person, work, start, end=end, ignoring=ignoring, policy=then)
    return told if len(told.broken) < len(verdict.broken) else verdict


def earliest_start(person: Person, work: Work, from_at: int, until: int, policy: Policy = PRODUCT) -> Verdict:
    """The first time, from `from_at` and starting before `until`, at which the engineer can do the work.

    Travel counts on both sides, within working time. What needs only a reason and does not hang on the time
    (the territory, say) does not hinder: it is told in `broken`, and so is arriving after the promise when no
    time keeps it, and overtime when no working time holds the work. Everything else hinders.
    """
    fixed = checks.fixed_reasons(person, work, from_at, policy)
    hard = tuple(reason for reason in fixed if policy.verdict(reason.code) == BLOCK)
    if hard:
        return Verdict(person, None, None, hard, policy=policy)
    search = Search(person, work, from_at, until, policy)
    found = search.first()
    if found is None:
        return Verdict(person, None, None, (search.why_none(),), policy=policy)
    return verdict_at(person, work, found, from_at, policy)


class Found(NamedTuple):
    """What a search came to. `load` in per cent; `source` says where the travel time comes from."""

    start: int
    minutes: int
    km: float
    load: int
    source: str = ESTIMATED


def verdict_at(person: Person, work: Work, found: Found, from_at: int, policy: Policy) -> Verdict:
    """The verdict on a time that a search from `from_at` on has found."""
    start, minutes, km, load, source = found
    end = start + work.seconds
    fixed = checks.fixed_reasons(person, work, from_at, policy)
    expired = tuple(checks.certificate_reasons(person, work, start)) if needs_own_skills(work) else ()
    if expired and policy.verdict(codes.CERTIFICATE) == BLOCK:
        return Verdict(person, None, None, expired, policy=policy)
    reasons = [
        *fixed,
        *(r for r in expired if r not in fixed),
        *checks.time_reasons(person, start, end, person.stops),
        *checks.max_travel_reasons(person, minutes, policy),
        *checks.window_reasons(work, start, end),
        *checks.capacity_reasons(work, start),
    ]
    return _verdict((person, work, policy), (start, end), reasons, (minutes, km, source), load)


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the first gap that holds the work; each field but the first two can be given up."""

    person: Person
    work: Work
    from_at: int
    until: int
    policy: Policy
    has_stops: bool = True
    has_absences: bool = True
    has_breaks: bool = True
    has_travel_limit: bool = True
    has_weeks: bool = True

    def first(self) -> Found | None:
        """The first gap: in working time if there is one, else with overtime where the policy lets people be
        asked for it."""
        overtime = self.policy.verdict(codes.OVERTIME)
        if overtime == ALLOW:
            return self._first(self.person.overtime)
        found = self._first(0)
        if found is None and overtime == CONFIRM and self.person.overtime:
            return self._first(self.person.overtime)
        return found

    def why_none(self) -> Reason:
        """The rule whose absence would have let the work in, the most easily given up first."""
        for code, search in self._ladder():
            if search.first() is not None:
                return self.reason(code)
        minutes, _km = self.policy.roads.trip(self.person.home, self.work.place)
        if is_too_far(minutes, checks.most_minutes(self.person, self.policy), self.policy):
            return self.reason(codes.MAX_TRAVEL)
        nowhere = replace(self._bare(), work=Work(self.work.id, self.work.seconds), has_travel_limit=False)
        is_far = minutes > FAR_MINUTES and nowhere.first() is not None
        return self.reason(codes.TRAVEL if is_far else codes.SHIFT)

    def reason(self, code: str) -> Reason:
        """A rule that leaves no time, with what can be told of it."""
        minutes = self.policy.roads.trip(self.person.home, self.work.place)[0]
        facts: dict[str, int | str] = {}
        if code == codes.OVERLAP:
            facts["visits"] = sum(
                not s.is_over and self.from_at < s.end and s.start < self.until for s in self.person.stops
            )
        elif code == codes.WINDOW:
            facts["bound"] = "none_fits"
        elif code == codes.VISITING_HOURS:
            facts = dict(checks.hours_facts(self.work, self.from_at, self.work.seconds))
        elif code == codes.CAPACITY:
            facts["reserved"] = max(reserved for _begin, _end, reserved in self.work.full)
        elif code == codes.OVERTIME_WEEK:
            facts["most"] = max(week.most for week in self.person.weeks) // 60
        elif code == codes.MAX_TRAVEL:
            facts = {"minutes": minutes, "most": checks.most_minutes(self.person, self.policy)}
        elif code == codes.TRAVEL:
            facts = {"side": "far", "minutes": minutes}
        elif code == codes.SHIFT:
            facts = dict(too_long_for([self.person], self.work, self.from_at))
        elif code == codes.DEPENDENCY:
            facts["work_order"] = self.work.waits_for
            if self.from_at < self.work.after < FOREVER:
                facts["after"] = self.work.after
        return Reason(code, facts)

    def _ladder(self) -> Iterator[tuple[str, Search]]:
        """One rule more given up at each step."""
        search = self
        if self.work.full:
            search = replace(search, work=replace(search.work, full=()))
            yield codes.CAPACITY, search
        if self.person.weeks:
            search = replace(search, has_weeks=False)
            yield codes.OVERTIME_WEEK, search
        if self.person.breaks:
            search = replace(search, has_breaks=False)
            yield codes.BREAK, search
        search = replace(search, has_stops=False)
        yield codes.OVERLAP, search
        search = replace(search, has_absences=False)
        yield codes.ABSENCE, search
        if self.work.hours is not None:
            search = replace(search, work=replace(search.work, hours=None))
            yield codes.VISITING_HOURS, search
        if self.work.after > self.from_at or self.work.start_by < FOREVER:
            search = replace(search, work=replace(search.work, after=0, start_by=FOREVER))
            yield codes.DEPENDENCY, search
        yield codes.WINDOW, self._bare()

    def _bare(self) -> Search:
        open_work = Work(self.work.id, self.work.seconds, self.work.place)
        return replace(
            self, work=open_work, has_stops=False, has_absences=False, has_breaks=False, has_weeks=False
        )

    def _first(self, overtime: int) -> Found | None:
        work, person = self.work, self.person
        not_before = max(self.from_at, work.window[0], work.promised[0], work.after)
        latest = min(self.until - 1, work.window[1] - work.seconds, work.start_by)
        hours = opening_starts(work, self.policy)
        most = self._most_minutes()
        stops: Sequence[Stop] = person.stops if self.has_stops else ()
        absences: Sequence[Span] = person.absences if self.has_absences else ()
        with_breaks = self.has_breaks and self.policy.verdict(codes.BREAK) != ALLOW
        roads = self.policy.roads
        for begin, finish, shift_end in with_overtime(person, overtime, has_weeks=self.has_weeks):
            if finish - work.seconds < not_before:
                continue
            if begin > latest:
                return None
            found: Found | None = None
            for gap in gaps(
                person,
                (begin, finish),
                stops,
                absences,
                shift_end=shift_end,
                with_breaks=with_breaks,
                estimate=roads.estimate,
            ):
                start = max(gap.ready, not_before)
                if start + work.seconds > gap.end or start >= shift_end or (found and start >= found[0]):
                    continue
                minutes, km = roads.trip(gap.origin, work.place)
                if most and minutes > most:
                    continue
                at = start_in(gap, work, minutes, (self.from_at, not_before), hours, roads=roads)
                if at is not None and at <= latest and (found is None or at < found[0]):
                    source = roads.source_of(gap.origin, work.place)
                    found = Found(at, minutes, km, gap.load_percent, source)
            if found:
                return found
        return None

    def _most_minutes(self) -> int:
        if not self.has_travel_limit or self.policy.verdict(codes.MAX_TRAVEL) != BLOCK:
            return 0
        return checks.most_minutes(self.person, self.policy)


def too_long_for(people: Iterable[Person], work: Work, from_at: int) -> Mapping[str, int]:
    """{"longest", "needed"} in minutes when work is longer than any shift of these engineers from an instant
    on, else nothing. Work of half a day and less is not looked at: something else is in its way."""
    if work.seconds <= HALF_A_SHIFT:
        return {}
    shifts = (b - a for person in people for a, b in person.shifts if b > from_at)
    longest = max(shifts, default=0)
    return {"longest": longest // 60, "needed": work.seconds // 60} if 0 < longest < work.seconds else {}


def is_too_far(minutes: int, most: int, policy: Policy) -> bool:
    """Whether a trip is longer than its limit, and the policy blocks that."""
    return 0 < most < minutes and policy.verdict(codes.MAX_TRAVEL) == BLOCK


def start_in(
    gap: Gap, work: Work, minutes: int, times: tuple[int, int], hours: list[Span] | None, *, roads: Roads
) -> int | None:
    """When the work can start in a gap that is `minutes` away, breaks, visiting hours and the trip to what
    follows kept; None when it cannot. `times`: when to set out and when to start, at the earliest."""
    from_at, not_before = times
    ready = max(gap.ready, from_at)
    lead = min(gap.lead_seconds, max(0, gap.lead_until - ready))
    start = whole_minute(max(ready + minutes * 60 + lead, gap.lead_until, not_before))
    if hours is not None:
        index = bisect_left(hours, start, key=_latest)
        if index == len(hours):
            return None
        start = max(start, hours[index][0])
    end = start + work.seconds
    if start >= gap.shift_end or end > gap.end or end > gap.tail_from:
        return None
    spare = gap.arrive_by - end - gap.tail_seconds
    if gap.arrive_by < FOREVER and (spare < 0 or roads.trip(work.place, gap.following)[0] * 60 > spare):
        return None
    return start


def opening_starts(work: Work, policy: Policy) -> list[Span] | None:
    """[(first start, last start)] that the visiting hours and the days with room leave, in whole minutes; None when
    any will do."""
    opens: list[Span] | None = None
    if work.hours is not None and policy.verdict(codes.VISITING_HOURS) != ALLOW:
        spans = ((whole_minute(a), b - work.seconds) for a, b in work.hours)
        opens = [(first, last) for first, last in spans if first <= last]
    if work.full and policy.verdict(codes.CAPACITY) != ALLOW:
        opens = _with_room([(0, FOREVER)] if opens is None else opens, work.full)
    return opens


def _with_room(opens: list[Span], full: Sequence[Full]) -> list[Span]:
    """The starts that lie in no full day."""
    for begin, end, _reserved in full:
        parts = [part for a, b in opens for part in ((a, min(b, begin - 1)), (max(a, end), b))]
        opens = [(a, b) for a, b in parts if a <= b]
    return opens


def whole_minute(at: int) -> int:
    """The first whole minute at an instant or after."""
    return -(-at // 60) * 60


def _latest(span: Span) -> int:
    return span[1]


def _verdict(
    asked: tuple[Person, Work, Policy],
    span: Span,
    reasons: list[Reason],
    way: tuple[int, float, str],
    load: int,
) -> Verdict:
    (person, work, policy), (minutes, km, source) = asked, way
    broken = tuple(r for r in reasons if policy.verdict(r.code) != ALLOW)
    allowed = tuple(r for r in reasons if policy.verdict(r.code) == ALLOW)
    over = next((int(r.facts["minutes"]) for r in reasons if r.code == codes.OVERTIME), 0)
    late = max(0, span[0] - work.promised[1]) // 60
    found = Verdict(person, *span, broken, minutes, km, late, load, over, allowed, policy)
    return found if source == ESTIMATED else replace(found, travel_source=source)


def needs_own_skills(work: Work) -> bool:
    """Whether each engineer must have the skills, not the crew together."""
    return not (work.crew_size > 1 and work.crew_cover == checks.ANY)


def _last_before(stops: Sequence[Stop], start: int) -> Stop | None:
    index = bisect_right(stops, start, key=start_of)
    earlier = [s for s in stops[max(0, index - 1) : index] if s.end <= start]
    return earlier[0] if earlier else None


def _origin(person: Person, before: Stop | None, start: int) -> tuple[Point | None, int]:
    """Where the engineer comes from: the visit before in the same shift, else home."""
    shift = shift_around(person, start)
    shift_start = shift[0] if shift else start - 12 * 3600
    if before is not None and before.end > shift_start:
        return before.place, before.end
    return person.home, shift_start


def _load(stops: Sequence[Stop], shift: Span | None) -> int:
    return load_of(stops, shift) if shift else 0
