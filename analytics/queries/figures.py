"""Figures per day and per area. A day is a day of the company's time zone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from analytics import rules
from analytics.enums import Kpi
from analytics.models import VisitFigures
from core.intervals import by_day
from delivery import queries as delivery
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from tickets.enums import ClockState
from tickets.models import SlaClock
from workforce import queries as workforce

CLOSED = (WorkOrderStatus.DONE, WorkOrderStatus.ACCEPTED, WorkOrderStatus.SETTLED)
OPEN = (WorkOrderStatus.UNSCHEDULED, WorkOrderStatus.SCHEDULED, WorkOrderStatus.IN_PROGRESS)


@dataclass(slots=True)
class Sums:
    """What one day adds up to."""

    visits: int = 0
    arrivals: int = 0
    on_time: int = 0
    repeats: int = 0
    busy_minutes: float = 0
    shift_minutes: float = 0
    ratings: int = 0
    score: int = 0
    clocks: int = 0
    kept: int = 0


@dataclass(slots=True)
class Daily:
    """A figure's values by day, with how many things each rests on."""

    values: dict[date, float | None] = field(default_factory=dict)
    numbers: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Area:
    """On-time arrival in one area over four weeks."""

    name: str
    visits: int
    percent: float
    series: rules.Series


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight of the day."""
    return datetime.combine(day, time.min, tzinfo=zone)


def daily(from_day: date, to_day: date, zone: ZoneInfo, at: datetime) -> dict[Kpi, Daily]:
    """Every figure for every day, both ends included, in a fixed number of queries; shifts up to `at`."""
    sums = _sums(from_day, to_day, zone, at)
    found = {kpi: Daily() for kpi in Kpi}
    for day, one in sums.items():
        values: dict[Kpi, tuple[float | None, int]] = {
            Kpi.ON_TIME: (rules.percent(one.on_time, one.arrivals), one.arrivals),
            Kpi.SLA: (rules.percent(one.kept, one.clocks), one.clocks),
            Kpi.FIRST_FIX: (rules.percent(one.visits - one.repeats, one.visits), one.visits),
            Kpi.UTILISATION: (rules.percent(one.busy_minutes, one.shift_minutes), one.visits),
            Kpi.SATISFACTION: (one.score / one.ratings if one.ratings else None, one.ratings),
        }
        for kpi, (value, number) in values.items():
            found[kpi].values[day] = value
            found[kpi].numbers[day] = number
    found[Kpi.BACKLOG] = _backlog(from_day, to_day, zone)
    return found


def _days(from_day: date, to_day: date) -> list[date]:
    return [from_day + timedelta(days=n) for n in range((to_day - from_day).days + 1)]


def _sums(from_day: date, to_day: date, zone: ZoneInfo, at: datetime) -> dict[date, Sums]:
    sums = {day: Sums() for day in _days(from_day, to_day)}
    rows = VisitFigures.objects.filter(completed_on__range=(from_day, to_day)).values("completed_on")
    for row in rows.annotate(
        visits=Count("pk"),
        arrivals=Count("pk", filter=Q(is_on_time__isnull=False)),
        on_time=Count("pk", filter=Q(is_on_time=True)),
        repeats=Count("pk", filter=Q(is_repeat=True)),
        ratings=Count("score"),
        total=Sum("score", default=0),
    ):
        one = sums[row["completed_on"]]
        for name in ("visits", "arrivals", "on_time", "repeats", "ratings"):
            setattr(one, name, row[name])
        one.score = row["total"]
    _add_clocks(sums, from_day, to_day, zone)
    between = start_of(from_day, zone), min(start_of(to_day + timedelta(days=1), zone), at)
    for (day, _engineer), minutes in delivery.minutes_by_day(*between, zone).items():
        sums[day].busy_minutes += minutes
    _add_shifts(sums, *between, zone)
    return sums


def ended_clocks(from_at: datetime, to_at: datetime) -> Q:
    """Clocks that were met in time, or broke, between two instants."""
    met = Q(state=ClockState.MET, breached_at=None, stopped_at__gte=from_at, stopped_at__lt=to_at)
    return met | Q(breached_at__gte=from_at, breached_at__lt=to_at)


def _add_clocks(sums: dict[date, Sums], from_day: date, to_day: date, zone: ZoneInfo) -> None:
    ended = ended_clocks(start_of(from_day, zone), start_of(to_day + timedelta(days=1), zone))
    rows = (
        SlaClock.objects.filter(ended)
        .annotate(day=TruncDate(Coalesce("breached_at", "stopped_at"), tzinfo=zone))
        .values("day")
        .annotate(clocks=Count("pk"), kept=Count("pk", filter=Q(breached_at=None)))
        .order_by()
    )
    for row in rows:
        sums[row["day"]].clocks, sums[row["day"]].kept = row["clocks"], row["kept"]


def _add_shifts(sums: dict[date, Sums], from_at: datetime, to_at: datetime, zone: ZoneInfo) -> None:
    for engineer in workforce.engineers_with_everything().filter(is_active=True):
        for shift in workforce.working_intervals(engineer, from_at, to_at):
            for day, (start, end) in by_day(shift, zone):
                sums[day].shift_minutes += (end - start).total_seconds() / 60


def _backlog(from_day: date, to_day: date, zone: ZoneInfo) -> Daily:
    """Open work at the end of each day: today's count, walked back by what was opened and closed since."""
    from_at = start_of(from_day, zone)
    opened = WorkOrder.objects.filter(created_at__gte=from_at).annotate(
        day=TruncDate("created_at", tzinfo=zone)
    )
    last_end = (
        Visit.objects.filter(work_order=OuterRef("pk"), status=VisitStatus.DONE)
        .order_by("-ended_at")
        .values("ended_at")[:1]
    )
    closed = (
        WorkOrder.objects.filter(Q(status__in=CLOSED) | Q(status=WorkOrderStatus.CANCELLED))
        .annotate(closed_at=Coalesce("cancelled_at", Subquery(last_end)))
        .filter(closed_at__gte=from_at)
        .annotate(day=TruncDate("closed_at", tzinfo=zone))
    )
    plus: dict[date, int] = defaultdict(int)
    for rows, sign in ((opened, 1), (closed, -1)):
        for row in rows.values("day").annotate(n=Count("pk")).order_by():
            plus[row["day"]] += sign * row["n"]
    number = WorkOrder.objects.filter(status__in=OPEN).count()
    after = sum(count for day, count in plus.items() if day > to_day)
    found, number = Daily(), number - after
    for day in reversed(_days(from_day, to_day)):
        found.values[day], found.numbers[day] = float(number), number
        number -= plus[day]
    return found


def areas(from_day: date, to_day: date) -> list[Area]:
    """On-time arrival by area over the days, busiest first: one query."""
    rows = (
        VisitFigures.objects.filter(completed_on__range=(from_day, to_day), is_on_time__isnull=False)
        .exclude(area="")
        .values("area", "completed_on")
        .annotate(visits=Count("pk"), on_time=Count("pk", filter=Q(is_on_time=True)))
        .order_by("area")
    )
    by_area: dict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        by_area[row["area"]][row["completed_on"]] = (row["on_time"], row["visits"])
    found = []
    for name, days in by_area.items():
        on_time, visits = (sum(pair[n] for pair in days.values()) for n in (0, 1))
        series = [rules.percent(*days.get(day, (0, 0))) for day in _days(from_day, to_day)]
        found.append(Area(name, visits, 100 * on_time / visits, series))
    return sorted(found, key=lambda area: (-area.visits, area.name))
