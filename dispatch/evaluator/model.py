"""What the evaluator is asked about, and what it answers: values only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from dispatch.policy import BLOCK, PRODUCT, WINDOW, Policy
from dispatch.travel import ESTIMATED, Point

Span = tuple[int, int]
Break = tuple[int, int, int]
"""(begins at the earliest, begins at the latest, seconds)."""

Full = tuple[int, int, int]
"""(a day begins, the next one does, minutes kept for more urgent work): it has no room for the work."""

FOREVER = 1 << 53


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that is broken, or one thing for or against: a code and primitive facts."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, **self.facts}


@dataclass(frozen=True, slots=True)
class Work:
    """What must be done: `seconds` long, at `place` in `area`, with `skills` {skill id: least level}.

    `promised`: inside which the engineer must arrive; `window`: inside which the work must happen; `hours`:
    when the site may be visited (None: always), which are those of business where it names none (`business_hours`);
    `parts`: {part id: quantity} to bring, called `part_names`.
    What it depends on (`waits_for`, a name) lets it start from `after` (FOREVER: not known yet when) and by
    `start_by`, with `same_engineer` (0: anybody). Work of `crew_size` people needs the skills of each of them
    (`crew_cover` "all") or of all together ("any"). What `may_split` can be done in stints
    (`dispatch.stints`). On the days that are `full` capacity has no room for it (`dispatch.reserves`).
    """

    id: int
    seconds: int
    place: Point | None = None
    area: str = ""
    site_id: int = 0
    skills: Mapping[int, int] = field(default_factory=dict)
    promised: Span = (0, FOREVER)
    window: Span = (0, FOREVER)
    hours: list[Span] | None = None
    business_hours: bool = False
    customer_id: int = 0
    priority: int = 3
    parts: Mapping[int, float] = field(default_factory=dict)
    crew_size: int = 1
    crew_cover: str = "all"
    after: int = 0
    same_engineer: int = 0
    start_by: int = FOREVER
    waits_for: str = ""
    may_split: bool = False
    part_names: Mapping[int, str] = field(default_factory=dict)
    full: tuple[Full, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit already planned. One that has ended takes no time any more, but says where the engineer was."""

    visit_id: int
    work_order: str
    start: int
    end: int
    place: Point | None = None
    is_over: bool = False


class Claim(NamedTuple):
    """A planned visit that counts on a part of its engineer's van: for which work, what that is called, how many."""

    work_id: int
    work_order: str
    quantity: float


class Week(NamedTuple):
    """How many seconds of overtime an engineer may work between two instants. The visits that lie in `seen` stand in
    `Person.stops`; `beside` has the others: (visit id, seconds of overtime)."""

    begin: int
    end: int
    most: int
    beside: tuple[tuple[int, int], ...] = ()
    seen: Span = (0, FOREVER)

    @property
    def worked(self) -> int:
        """Seconds of overtime of the visits that do not stand in the plan."""
        return sum(seconds for _visit_id, seconds in self.beside)

    def without(self, visit_ids: Collection[int]) -> Week:
        """The week as if these visits were not planned."""
        return self._replace(beside=tuple(one for one in self.beside if one[0] not in visit_ids))


@dataclass(slots=True)
class Person:
    """An engineer as the evaluator sees one. All lists are in order of time.

    `skills` maps a skill id to (level, last second its certificate holds). `areas` empty means everywhere.
    `breaks`: (begins at the earliest, begins at the latest, seconds) of every shift. `overtime`: seconds that
    may be worked past a shift, `weeks` how many in which week (empty: without a limit). `scope_skills` and
    `scope_areas`: what the engineer's provider may be given (empty: anything). `likings`: {customer id:
    "preferred" or "excluded"}; `last_customers`: customers visited before; `sites`: {site id: visits done there};
    `site_last`: {site id: when the last was}. `parts`: {part id: quantity in the van}; `promised`: {part id: what
    counts on it, in order of time}.
    `max_travel_minutes` None: as the policy says. Costs are in minor units of money. `last_given` grows with when
    work was last planned for them.
    """

    id: int
    name: str
    is_active: bool = True
    home: Point | None = None
    skills: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    areas: frozenset[str] = frozenset()
    shifts: list[Span] = field(default_factory=list)
    absences: list[Span] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    sites: Mapping[int, int] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)
    overtime: int = 0
    max_travel_minutes: int | None = None
    hour_cost: int = 0
    km_cost: int = 0
    overtime_percent: int = 100
    provider_id: int = 0
    scope_skills: frozenset[int] = frozenset()
    scope_areas: frozenset[str] = frozenset()
    likings: Mapping[int, str] = field(default_factory=dict)
    last_customers: frozenset[int] = frozenset()
    parts: Mapping[int, float] = field(default_factory=dict)
    last_given: int = 0
    site_last: Mapping[int, int] = field(default_factory=dict)
    promised: Mapping[int, tuple[Claim, ...]] = field(default_factory=dict)
    weeks: tuple[Week, ...] = ()

    def has_any(self, visit_ids: Collection[int]) -> bool:
        """Whether any of these visits stands in the plan, or counts in a week beside it."""
        return any(stop.visit_id in visit_ids for stop in self.stops) or any(
            visit_id in visit_ids for week in self.weeks for visit_id, _seconds in week.beside
        )

    def without(self, visit_ids: Collection[int]) -> Person:
        """The engineer as if these visits were not planned."""
        return replace(
            self,
            stops=[stop for stop in self.stops if stop.visit_id not in visit_ids],
            weeks=tuple(week.without(visit_ids) for week in self.weeks),
        )

    def add(self, stop: Stop) -> None:
        """Plan another visit in memory."""
        self.last_given = max(self.last_given, stop.visit_id or FOREVER) + 1
        self.stops.insert(bisect_right(self.stops, stop.start, key=start_of), stop)

    def promise(self, name: str, work_id: int, parts: Mapping[int, float]) -> None:
        """Count on parts of the van in memory, once for all visits of the work."""
        self.release({work_id})
        for part_id, quantity in parts.items():
            known = self.promised.get(part_id, ())
            self.promised = {**self.promised, part_id: (*known, Claim(work_id, name, quantity))}

    def release(self, work_ids: Collection[int]) -> None:
        """Count no more on what was promised to some work."""
        if any(claim.work_id in work_ids for claims in self.promised.values() for claim in claims):
            self.promised = {
                part_id: tuple([claim for claim in claims if claim.work_id not in work_ids])
                for part_id, claims in self.promised.items()
            }

    def others_claims(self, part_id: int, work_id: int) -> list[Claim]:
        """What other work counts on of a part."""
        return [claim for claim in self.promised.get(part_id, ()) if claim.work_id != work_id]

    def spare(self, part_id: int, work_id: int) -> float:
        """How many of a part the van has left for some work."""
        held = self.parts.get(part_id, 0)
        return round(held - sum(claim.quantity for claim in self.others_claims(part_id, work_id)), 3)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `start` is None when no time was found; `broken` then says why not.

    `broken` holds what `policy` blocks or asks a reason for; what it allows stands in `allowed`.
    Of work that is done in stints it is about the first; `then` has the others.
    `travel_source` says where the travel time comes from: see `travel.Table.source_of`.
    """

    person: Person
    start: int | None
    end: int | None
    broken: tuple[Reason, ...] = ()
    travel_minutes: int = 0
    travel_km: float = 0.0
    late_minutes: int = 0
    load_percent: int = 0
    overtime_minutes: int = 0
    allowed: tuple[Reason, ...] = ()
    policy: Policy = PRODUCT
    then: tuple[Verdict, ...] = ()
    travel_source: str = ESTIMATED

    @property
    def span(self) -> Span:
        """(start, end) of a verdict that found a time. Raises ValueError on one that did not."""
        if self.start is None or self.end is None:
            raise ValueError("no time was found")
        return self.start, self.end

    @property
    def blocked(self) -> tuple[Reason, ...]:
        """The broken rules that no reason makes good."""
        return tuple(reason for reason in self.broken if self.policy.verdict(reason.code) == BLOCK)

    @property
    def needs_reason(self) -> tuple[Reason, ...]:
        """The broken rules for which a reason is enough."""
        return tuple(reason for reason in self.broken if self.policy.verdict(reason.code) != BLOCK)

    @property
    def can_be_forced(self) -> bool:
        """Whether a reason is enough to plan this against the rules."""
        return self.start is not None and not self.blocked

    @property
    def is_only_late(self) -> bool:
        """Whether nothing is broken but the end of the promise."""
        return all(r.code == WINDOW and r.facts.get("bound") == "promised_end" for r in self.broken)

    def told(self) -> list[dict[str, Any]]:
        """Every broken rule with what the policy makes of it: "block" or "confirm"."""
        return [{**r.as_json(), "verdict": self.policy.verdict(r.code)} for r in self.broken]


def start_of(stop: Stop) -> int:
    """The key by which stops are in order."""
    return stop.start
