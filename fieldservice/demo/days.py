"""The days of a demo company before the demo began, and the one that is under way: who went where, and how it went."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from customers.models import Site
from dispatch.enums import VisitStatus
from dispatch.models import WorkType
from tenants.models import Tenant
from workforce.models import Engineer
from workforce.queries import engineers_with_everything, working_intervals

PAST = timedelta(days=30)
"""Longer than the four weeks that figures are compared with."""
LATE, FOLLOWS_UP, RATED, PLANNED = 0.08, 0.11, 0.3, 0.65
"""How often somebody comes late, the trouble was there before, a customer rates; and how much of what is left of the
day is taken."""
SCORES = {5: 54, 4: 31, 3: 9, 2: 4, 1: 2}
NIGHT = (21, 6)
"""From and until which hour only breakdowns are seen to, where somebody opens."""

Facts = dict[str, Any]
Dice = random.Random


@dataclass(frozen=True, slots=True)
class Place:
    """A site and when it may be visited: weekday → (opens, closes) by its clock; None: around the clock."""

    site: Site
    hours: dict[int, tuple[time, time]] | None

    def is_open(self, start: datetime, end: datetime) -> bool:
        """Whether a visit between these local times keeps to its hours."""
        if self.hours is None:
            return True
        span = self.hours.get(start.weekday())
        return (
            span is not None
            and start.date() == end.date()
            and span[0] <= start.time()
            and end.time() <= span[1]
        )


@dataclass(slots=True)
class Job:
    """One visit as it was planned and as it went; the last instants may lie ahead."""

    engineer: Engineer
    place: Place
    work_type: WorkType
    start_at: datetime
    end_at: datetime
    travel_minutes: int
    set_out_at: datetime
    arrived_at: datetime
    ended_at: datetime
    is_repeat: bool
    score: int | None
    ordered_at: datetime
    rows: dict[str, Any] = field(default_factory=dict)

    def status(self, at: datetime) -> VisitStatus:
        """How far it is at this moment."""
        if self.ended_at <= at:
            return VisitStatus.DONE
        if self.arrived_at <= at:
            return VisitStatus.ON_SITE
        if self.set_out_at <= at:
            return VisitStatus.TRAVELLING
        return VisitStatus.ACCEPTED if self.start_at < at + timedelta(hours=2) else VisitStatus.DISPATCHED


def days_until(tenant: Tenant, facts: Facts, dice: Dice, at: datetime) -> list[Job]:
    """Every visit of four weeks and of today's shifts, those that are still to come included, by their start.

    Whoever can sign in has nothing that is under way or to come: that is for the person who tries the demo.
    """
    jobs: list[Job] = []
    planner = _Planner(tenant, facts, dice, _places(facts, tenant))
    kinds = list(WorkType.objects.select_related("topic").prefetch_related("work_type_skills").order_by("pk"))
    today = at.astimezone(tenant.zone).date()
    for engineer in engineers_with_everything().order_by("pk"):
        can_do = _able(engineer, kinds)
        for start, end in working_intervals(engineer, at - PAST, at + timedelta(days=1)):
            if start.astimezone(tenant.zone).date() <= today and start > at - PAST:
                jobs += planner.shift(engineer, can_do, start, end)
    return sorted(
        (job for job in jobs if job.ended_at <= at or _is_left(job, dice, at)),
        key=lambda job: (job.start_at, job.engineer.pk),
    )


def newest_done(jobs: Sequence[Job], number: int, at: datetime) -> list[Job]:
    """The visits of our own people that ended last, the earliest of them first."""
    done = [job for job in jobs if job.ended_at <= at and job.engineer.provider_id is None]
    alone = [job for job in done if job.engineer.membership_id is None]
    newest = sorted(alone, key=lambda job: (job.ended_at, job.engineer.pk))[-4 * number :]
    # A place each: the same thing is not mended twice in an afternoon.
    by_place = {job.place.site.pk: job for job in newest}
    return sorted(by_place.values(), key=lambda job: job.ended_at)[-number:]


def _places(facts: Facts, tenant: Tenant) -> list[Place]:
    hours = {one["site"]: one["hours"] for one in facts["customers"]}
    sites = Site.objects.select_related("customer").order_by("pk")
    return [Place(site, weekly_hours(hours[site.name])) for site in sites]


def weekly_hours(told: list[Any] | None) -> dict[int, tuple[time, time]] | None:
    """["07:00", "18:00", 5] is from Monday to Friday; None is around the clock."""
    if told is None:
        return None
    opens, closes, days = told
    return {day: (time.fromisoformat(opens), time.fromisoformat(closes)) for day in range(days)}


def _able(engineer: Engineer, kinds: Iterable[WorkType]) -> list[WorkType]:
    held = {row.skill_id: row.level for row in engineer.engineer_skills.all()}
    return [
        kind
        for kind in kinds
        if all(held.get(need.skill_id, 0) >= need.level for need in kind.work_type_skills.all())
    ]


@dataclass(slots=True)
class _Planner:
    """Lays out shifts, one engineer after the other; no two are at one place at a time."""

    tenant: Tenant
    facts: Facts
    dice: Dice
    places: Sequence[Place]
    taken: dict[tuple[int, date], list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def shift(
        self, engineer: Engineer, can_do: Sequence[WorkType], start: datetime, end: datetime
    ) -> Iterator[Job]:
        """One engineer's visits of one shift, with time on the road and between them."""
        areas = {area for territory in engineer.territories.all() for area in territory.areas}
        near = [place for place in self.places if place.site.area in areas]
        at_once = [kind for kind in can_do if kind.code in self.facts["at_once"]]
        free_at = start + timedelta(minutes=self.dice.randint(0, 30))
        while free_at < end:
            is_night = not NIGHT[1] <= free_at.astimezone(self.tenant.zone).hour < NIGHT[0]
            # The few who work at night go wherever they are needed.
            job = self._next(
                engineer, at_once if is_night else can_do, self.places if is_night else near, free_at
            )
            if job is None or job.end_at > end:
                free_at += timedelta(minutes=self.dice.randint(40, 90))
                continue
            span = job.start_at, max(job.ended_at, job.end_at)
            for day in {moment.date() for moment in span}:
                self.taken.setdefault((job.place.site.pk, day), []).append(span)
            yield job
            rest = self.dice.randint(70, 190) if is_night else self.dice.randint(5, 60)
            free_at = max(job.ended_at, job.end_at) + timedelta(minutes=rest)

    def _next(
        self, engineer: Engineer, kinds: Sequence[WorkType], places: Sequence[Place], free_at: datetime
    ) -> Job | None:
        """A visit that somebody who is free now could go to; None when nothing is open."""
        if not kinds:
            return None
        dice, zone = self.dice, self.tenant.zone
        travel, kind = dice.randint(12, 38), dice.choice(kinds)
        begin = _on_the_five(free_at + timedelta(minutes=travel))
        until = begin + timedelta(minutes=kind.duration_minutes)
        local = begin.astimezone(zone), until.astimezone(zone)
        free = [
            place for place in places if place.is_open(*local) and not self._is_taken(place, begin, until)
        ]
        if not free:
            return None
        late = dice.randint(33, 80) if dice.random() < LATE else dice.randint(-8, 14)
        arrived = max(begin + timedelta(minutes=late), free_at + timedelta(minutes=travel // 2))
        return Job(
            engineer=engineer,
            place=dice.choice(free),
            work_type=kind,
            start_at=begin,
            end_at=until,
            travel_minutes=travel,
            set_out_at=arrived - timedelta(minutes=travel),
            arrived_at=arrived,
            ended_at=arrived + timedelta(minutes=round(kind.duration_minutes * dice.uniform(0.75, 1.25))),
            is_repeat=dice.random() < FOLLOWS_UP,
            score=dice.choices(list(SCORES), list(SCORES.values()))[0] if dice.random() < RATED else None,
            ordered_at=begin - timedelta(minutes=dice.randint(60, 900)),
        )

    def _is_taken(self, place: Place, begin: datetime, until: datetime) -> bool:
        spans = self.taken.get((place.site.pk, begin.date()), ())
        return any(start < until and begin < end for start, end in spans)


def _is_left(job: Job, dice: Dice, at: datetime) -> bool:
    """Of what has not ended: all that is under way, and a part of what is to come."""
    is_taken = dice.random() < PLANNED
    return job.engineer.membership_id is None and (job.set_out_at <= at or is_taken)


def _on_the_five(moment: datetime) -> datetime:
    """The next full five minutes, as plans are made."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=-moment.minute % 5)
