"""The list behind each number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics import rules
from analytics.enums import Kpi, Need, Node
from analytics.models import VisitFigures
from analytics.queries.figures import ended_clocks, start_of
from analytics.queries.live import breached_clocks, nobody_can, visits_of_day
from delivery import queries as delivery
from dispatch import queries as dispatch
from dispatch.models import Visit, WorkOrder
from tickets.models import SlaClock
from workforce import queries as workforce

MOST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the thing, where it is, a person, a state (vocabulary and code), and minutes."""

    thing: WorkOrder | SlaClock | None
    name: str = ""
    area: str = ""
    person: str = ""
    vocabulary: str = ""
    code: str = ""
    minutes: float | None = None
    percent: float | None = None
    at: datetime | None = None


def rows_behind(code: str, day: date, zone: ZoneInfo, at: datetime) -> list[Row] | None:
    """The rows behind a tile, a state of the wall or a decision, at most 100; None without such a list."""
    if code in set(Node):
        return _visits(Node(code), day, zone, at)
    if code in (Kpi.ON_TIME, Kpi.FIRST_FIX):
        return _figures(Kpi(code), day)
    if code == Kpi.UTILISATION:
        return _engineers(day, zone, at)
    if code in (Kpi.SLA, Need.CLOCKS):
        return _clocks(code, day, zone, at)
    if code == Need.LATE:
        return [_visit(visit, minutes) for visit, minutes in dispatch.late_for_promises(at)[:MOST]]
    return _nobody(at) if code == Need.NOBODY else None


def _visits(node: Node, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
    found = visits_of_day(day, zone).select_related("work_order__site", "engineer")
    visits = list(found.order_by("start_at", "id"))
    late = dispatch.lateness_of(visits, at)
    chosen = [
        visit
        for visit in visits
        if rules.node_of(visit.status, is_late=dispatch.is_late(visit, late[visit.pk])) == node
    ]
    return [_visit(visit, late[visit.pk] if node == Node.LATE else None) for visit in chosen[:MOST]]


def _visit(visit: Visit, late_minutes: int | None) -> Row:
    return Row(
        visit.work_order,
        visit.work_order.site.name,
        visit.work_order.site.area,
        visit.engineer.name,
        "visit",
        visit.status,
        minutes=late_minutes,
        at=visit.start_at,
    )


def _figures(kpi: Kpi, day: date) -> list[Row]:
    found = VisitFigures.objects.filter(completed_on=day).select_related(
        "visit__work_order__site", "engineer"
    )
    if kpi == Kpi.ON_TIME:
        found = found.filter(is_on_time__isnull=False).order_by("is_on_time", "-late_minutes", "id")
    else:
        found = found.order_by("-is_repeat", "id")
    return [
        Row(
            one.visit.work_order,
            one.visit.work_order.site.name,
            one.area,
            one.engineer.name,
            "clock",
            _verdict(kpi, one),
            minutes=one.late_minutes if kpi == Kpi.ON_TIME and one.late_minutes else None,
            at=one.visit.arrived_at,
        )
        for one in found[:MOST]
    ]


def _verdict(kpi: Kpi, one: VisitFigures) -> str:
    is_bad = one.is_repeat if kpi == Kpi.FIRST_FIX else not one.is_on_time
    return "breached" if is_bad else "met"


def _engineers(day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
    start = start_of(day, zone)
    end_at = max(start, min(start + timedelta(days=1), at))
    minutes_of = delivery.minutes_by_day(start, end_at, zone)
    busy = {engineer_id: minutes for (_day, engineer_id), minutes in minutes_of.items()}
    rows = []
    for engineer in workforce.engineers_with_everything().filter(is_active=True).order_by("name", "id"):
        shifts = workforce.working_intervals(engineer, start, end_at)
        minutes = sum((end - begin).total_seconds() / 60 for begin, end in shifts)
        share = rules.percent(busy.get(engineer.pk, 0), minutes)
        if minutes or engineer.pk in busy:
            rows.append(Row(None, engineer.name, minutes=busy.get(engineer.pk, 0), percent=share))
    return sorted(rows, key=lambda row: -(row.percent or 0))[:MOST]


def _clocks(code: str, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
    start = start_of(day, zone)
    clocks = SlaClock.objects.filter(ended_clocks(start, start + timedelta(days=1)))
    found = breached_clocks() if code == Need.CLOCKS else clocks.order_by("breached_at", "id")
    return [
        Row(
            clock,
            clock.ticket.subject,
            clock.ticket.site.area if clock.ticket.site else "",
            str(clock.ticket.owner or ""),
            "clock",
            "met" if clock.breached_at is None and clock.state == "met" else "breached",
            minutes=_past(clock, at),
            at=clock.due_at,
        )
        for clock in found.select_related("ticket__site", "ticket__owner")[:MOST]
    ]


def _past(clock: SlaClock, at: datetime) -> float | None:
    if clock.breached_at is None or clock.due_at is None:
        return None
    return ((clock.stopped_at or at) - clock.due_at).total_seconds() / 60


def _nobody(at: datetime) -> list[Row]:
    return [
        Row(order, order.site.name, order.site.area, "", "work_order", order.status, at=order.created_at)
        for order in nobody_can().select_related("site")[:MOST]
    ]
