"""What happens now: every visit of the day by state, and what waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery

from analytics import rules
from analytics.enums import Kpi, Need, Node
from analytics.queries.figures import Area, start_of
from billing import queries as billing
from dispatch import queries as dispatch
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRun, Visit, WorkOrder
from feedback import queries as feedback
from inventory import queries as inventory
from tickets.enums import ClockState, TicketStatus
from tickets.models import SlaClock

OVER = (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.MERGED, TicketStatus.SPAM)
LEAST_VISITS = 5
FALLEN_BY = 5
"""An area needs a decision when it is this many points under target, from this many visits on."""


@dataclass(frozen=True, slots=True)
class Wall:
    """How many visits of the day stand where."""

    counts: dict[Node, int]
    visits: int
    engineers: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that waits: how much of it, since or until when, and its name where it is one thing."""

    need: Need
    number: int
    at: datetime | None = None
    name: str = ""
    percent: float | None = None


_TOLD_OF_A_VISIT = (
    *("status", "start_at", "end_at", "travel_minutes", "travel_started_at", "arrived_at", "ended_at"),
    *("engineer_id", "work_order__promised_end_at", "work_order__may_split"),
)


def visits_of_day(day: date, zone: ZoneInfo) -> QuerySet[Visit]:
    """The visits that start on the day, cancelled ones left out."""
    start = start_of(day, zone)
    return Visit.objects.filter(start_at__gte=start, start_at__lt=start + timedelta(days=1)).exclude(
        status=VisitStatus.CANCELLED
    )


def wall(day: date, zone: ZoneInfo, at: datetime) -> Wall:
    """Every visit of the day by state: two queries at most."""
    counts = dict.fromkeys(Node, 0)
    engineers = set()
    visits = list(visits_of_day(day, zone).select_related("work_order").only(*_TOLD_OF_A_VISIT))
    for visit, minutes in zip(visits, dispatch.lateness_of(visits, at).values(), strict=True):
        counts[rules.node_of(visit.status, is_late=dispatch.is_late(visit, minutes))] += 1
        engineers.add(visit.engineer_id)
    return Wall(counts, len(visits), len(engineers))


def decisions(areas: list[Area], at: datetime) -> list[Decision]:
    """What waits for somebody, the most urgent kind first."""
    found = [_worst_area(areas), _recoveries(), _clocks(), _late(at), _nobody(), _stock()]
    blocked = billing.blocked_count()
    found.append(Decision(Need.BLOCKED, blocked) if blocked else None)
    return [one for one in found if one is not None]


def _worst_area(areas: list[Area]) -> Decision | None:
    target = rules.TARGETS[Kpi.ON_TIME] or 0
    fallen = [a for a in areas if a.visits >= LEAST_VISITS and a.percent <= target - FALLEN_BY]
    if not fallen:
        return None
    worst = min(fallen, key=lambda area: area.percent)
    return Decision(Need.AREA, worst.visits, name=worst.name, percent=worst.percent)


def _recoveries() -> Decision | None:
    sums = feedback.open_recoveries().order_by().aggregate(n=Count("pk"), due=Min("due_at"))
    return Decision(Need.RECOVERIES, sums["n"], sums["due"]) if sums["n"] else None


def breached_clocks() -> QuerySet[SlaClock]:
    """Broken promises on tickets that are still open, longest first."""
    return (
        SlaClock.objects.filter(state=ClockState.BREACHED, stopped_at=None)
        .exclude(ticket__status__in=OVER)
        .order_by("due_at", "id")
    )


def _clocks() -> Decision | None:
    sums = breached_clocks().order_by().aggregate(n=Count("pk"), due=Min("due_at"))
    return Decision(Need.CLOCKS, sums["n"], sums["due"]) if sums["n"] else None


def _late(at: datetime) -> Decision | None:
    late = dispatch.late_for_promises(at)
    return Decision(Need.LATE, len(late), late[0][0].work_order.promised_end_at) if late else None


def nobody_can() -> QuerySet[WorkOrder]:
    """Unplanned work for which the last run of the rules found nobody."""
    last = DispatchRun.objects.filter(work_order=OuterRef("pk")).order_by("-id").values("outcome")[:1]
    return (
        WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED)
        .annotate(outcome=Subquery(last))
        .filter(outcome=RunOutcome.NOBODY)
        .order_by("created_at", "id")
    )


def _nobody() -> Decision | None:
    sums = nobody_can().order_by().aggregate(n=Count("pk"), oldest=Min("created_at"))
    return Decision(Need.NOBODY, sums["n"], sums["oldest"]) if sums["n"] else None


def _stock() -> Decision | None:
    levels = list(inventory.low_stock()[:50])
    if not levels:
        return None
    name = levels[0].part.name if len(levels) == 1 else ""
    return Decision(Need.STOCK, len(levels), name=name)
