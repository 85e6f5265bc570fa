"""The day at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min

from analytics import rules
from analytics.enums import Kpi
from analytics.queries.figures import OPEN, Area, Daily, areas, daily
from analytics.queries.live import Decision, Wall, decisions, wall
from dispatch.models import WorkOrder


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the day: its value, what it rests on, the change against the usual, four weeks."""

    kpi: Kpi
    value: float | None
    number: int
    target: float | None
    change: rules.Change | None
    series: rules.Series
    spark: rules.Spark
    is_missed: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """All that the director's page shows."""

    day: date
    days: list[date]
    tiles: list[Tile]
    wall: Wall
    decisions: list[Decision]
    areas: list[Area]
    oldest_open_at: datetime | None


def day_at_a_glance(*, day: date, zone: ZoneInfo, at: datetime) -> Glance:
    """The figures of a day, its visits now, and what needs a decision, in a fixed number of queries."""
    figures = daily(day - timedelta(days=rules.DAYS), day, zone, at)
    days = [day - timedelta(days=n) for n in range(rules.DAYS - 1, -1, -1)]
    by_area = areas(days[0], day)
    return Glance(
        day=day,
        days=days,
        tiles=[_tile(kpi, figures[kpi], day, days) for kpi in Kpi],
        wall=wall(day, zone, at),
        decisions=decisions(by_area, at),
        areas=by_area,
        oldest_open_at=WorkOrder.objects.filter(status__in=OPEN).aggregate(at=Min("created_at"))["at"],
    )


def _tile(kpi: Kpi, found: Daily, day: date, days: list[date]) -> Tile:
    value, target = found.values.get(day), rules.TARGETS[kpi]
    series = [found.values.get(one) for one in days]
    return Tile(
        kpi=kpi,
        value=value,
        number=found.numbers.get(day, 0),
        target=target,
        change=rules.change(kpi, value, rules.usual(found.values, day)),
        series=series,
        spark=rules.spark(series, target),
        is_missed=rules.misses_target(kpi, value),
    )
