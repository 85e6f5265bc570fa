"""How much time engineers have, by territory, skill and day: a fixed number of queries for a range of days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from dispatch import capacity as sums
from dispatch.capacity import Cell, Rule, Worker
from dispatch.enums import VisitStatus
from dispatch.evaluator import Work
from dispatch.models import Visit
from dispatch.policy import ALLOW, CAPACITY, Policy
from dispatch.queries.reading import capacity_rules
from dispatch.reserves import Day, Reserves
from dispatch.rules import OCCUPYING
from tenants.queries import current_tenant
from workforce import queries as workforce
from workforce.models import Engineer, Skill, Territory

LONGEST_DAYS = 31
_TAKES_TIME = (*OCCUPYING, VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE)

Key = tuple[int | None, int | None, date]
"""(territory id, skill id, local day); None means all of them."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The cells of a range of local days. `rules` are those in force, `zone` is the company's."""

    days: list[date]
    territories: list[Territory]
    skills: list[Skill]
    cells: dict[Key, Cell]
    rules: list[Rule]
    zone: ZoneInfo

    def row(self, territory_id: int | None, skill_id: int | None = None) -> list[Cell]:
        """One territory's cells, day by day."""
        return [self.cells[territory_id, skill_id, day] for day in self.days]


def capacity(
    first: date,
    days: int,
    *,
    at: datetime,
    skill_ids: Collection[int] = (),
    territory_ids: Collection[int] | None = None,
) -> Capacity:
    """Reckon `days` days (31 at most) from `first` on, for every territory or those named.

    Cells are made for any skill (None) and for each of `skill_ids`; territory None is the whole company.
    """
    zone = current_tenant().zone
    dates = [first + timedelta(days=n) for n in range(min(days, LONGEST_DAYS))]
    begins = {day: _midnight(day, zone) for day in [*dates, dates[-1] + timedelta(days=1)]}
    workers = _workers(dates, begins, zone, ())
    rules = capacity_rules()
    places = list(workforce.territories())
    shown = places if territory_ids is None else [place for place in places if place.pk in territory_ids]
    skills = [skill for skill in workforce.skills() if skill.pk in skill_ids] if skill_ids else []
    cells = {
        (territory_id, skill_id, day): sums.cell_of(
            workers,
            rules,
            territory_id=territory_id,
            skill_id=skill_id,
            day=day,
            begins=begins[day],
            at=at,
        )
        for territory_id in [None, *(place.pk for place in shown)]
        for skill_id in [None, *(skill.pk for skill in skills)]
        for day in dates
    }
    return Capacity(dates, shown, skills, cells, rules, zone)


def kept_between(
    policy: Policy,
    from_at: datetime,
    until: datetime,
    *,
    at: datetime,
    ignoring: Collection[int] = (),
    rules: list[Rule] | None = None,
    whole_crews: bool = True,
) -> Reserves | None:
    """What capacity keeps of the days between two instants, as it is at `at`; None when no rule keeps anything, or
    the policy allows to take it. Visits that are `ignoring`, with the rest of their crews if they go as a whole,
    count as free time. `rules` None reads them."""
    if policy.verdict(CAPACITY) == ALLOW:
        return None
    rules = capacity_rules() if rules is None else rules
    if not rules:
        return None
    zone = current_tenant().zone
    first = from_at.astimezone(zone).date()
    count = min(LONGEST_DAYS, (until.astimezone(zone).date() - first).days + 1)
    dates = [first + timedelta(days=n) for n in range(count)]
    begins = {day: _midnight(day, zone) for day in [*dates, dates[-1] + timedelta(days=1)]}
    days = [
        Day(day, begins[day], int(begins[day].timestamp()), int(begins[day + timedelta(days=1)].timestamp()))
        for day in dates
    ]
    told = _workers(dates, begins, zone, ignoring, whole_crews=whole_crews)
    workers = {worker.id: worker for worker in told}
    return Reserves(days, workers, rules, {t.pk: t.areas for t in workforce.territories()}, at)


def with_room(
    work: Work,
    policy: Policy,
    between: tuple[datetime, datetime],
    *,
    at: datetime,
    ignoring: Collection[int] = (),
    minutes: int | None = None,
    rules: list[Rule] | None = None,
) -> Work:
    """The work with the days that have no room for it, unless the policy allows to take what is kept."""
    kept = kept_between(policy, *between, at=at, ignoring=ignoring, rules=rules)
    return work if kept is None else kept.known_to(work, minutes=minutes)


def _workers(
    dates: Sequence[date],
    begins: dict[date, datetime],
    zone: ZoneInfo,
    ignoring: Collection[int],
    *,
    whole_crews: bool = True,
) -> list[Worker]:
    begin, end = begins[dates[0]], begins[dates[-1] + timedelta(days=1)]
    engineers = workforce.engineers_to_plan(since=begin).filter(is_active=True)
    found = {engineer.pk: _worker(engineer, dates, begins) for engineer in engineers}
    rows = Visit.objects.filter(
        engineer_id__in=found, status__in=_TAKES_TIME, start_at__lt=end, end_at__gt=begin
    )
    if ignoring:
        gone = Q(pk__in=ignoring)
        if whole_crews:
            together = Visit.objects.filter(pk__in=ignoring, crew_key__isnull=False)
            gone |= Q(crew_key__in=together.values("crew_key"))
        rows = rows.exclude(gone)
    told = rows.order_by().values_list(
        "engineer_id", "start_at", "end_at", "travel_minutes", "work_order__priority"
    )
    for engineer_id, start, finish, travel, priority in told:
        on = start.astimezone(zone).date()
        for day in dates:
            left, right = begins[day], begins[day + timedelta(days=1)]
            minutes = int((min(finish, right) - max(start, left)).total_seconds()) // 60
            if minutes > 0:
                found[engineer_id].add(day, priority, minutes + (travel if day == on else 0))
    return list(found.values())


def _worker(engineer: Engineer, dates: Sequence[date], begins: dict[date, datetime]) -> Worker:
    begin, end = begins[dates[0]], begins[dates[-1] + timedelta(days=1)]
    shifts = workforce.shift_intervals(engineer, begin, end)
    breaks = workforce.break_windows(engineer, begin, end)
    absences = [(row.start_at, row.end_at) for row in engineer.absences.all()]
    return Worker(
        id=engineer.pk,
        territories=frozenset(territory.pk for territory in engineer.territories.all()),
        skills={held.skill_id: held.expires_on for held in engineer.engineer_skills.all()},
        minutes={
            day: sums.minutes_between(shifts, absences, breaks, begins[day], begins[day + timedelta(days=1)])
            for day in dates
        },
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
