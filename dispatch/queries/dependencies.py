"""When work may start for what it hangs on: reads `links_before` (prefetch it for a list)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from core.spans import whole_days
from dispatch.enums import LinkKind, VisitStatus
from dispatch.models import Visit, WorkOrder, WorkOrderLink

RIGHT_AFTER = timedelta(minutes=30)
"""How much later than it could, work that goes right after other work may start."""

_CAME_TO_NOTHING = (VisitStatus.CANCELLED, VisitStatus.NO_SHOW, VisitStatus.COULD_NOT_COMPLETE)


@dataclass(frozen=True, slots=True)
class Dependency:
    """What links leave: start from `after` (None: not known yet) and by `start_by`, by whom, for what."""

    waits_for: str
    after: datetime | None
    start_by: datetime | None = None
    engineer_id: int = 0


def with_links() -> Prefetch[Any]:
    """What `dependency_of` reads, for a list of work orders."""
    visits = Visit.objects.exclude(status__in=_CAME_TO_NOTHING)
    links: QuerySet[WorkOrderLink] = WorkOrderLink.objects.select_related(
        "first__site", "first__tenant"
    ).prefetch_related(Prefetch("first__visits", queryset=visits, to_attr="counting_visits"))
    return Prefetch("links_before", queryset=links, to_attr="links_to_keep")


def dependency_of(work_order: WorkOrder) -> Dependency | None:
    """All links of a work order as one bound; None when it hangs on nothing."""
    if not hasattr(work_order, "links_to_keep"):
        _load(work_order)
    found = [_bound(link) for link in work_order.links_to_keep]  # type: ignore[attr-defined]
    if not found:
        return None
    unknown = next((d for d in found if d.after is None), None)
    if unknown is not None:
        return unknown
    latest = max(found, key=_after)
    ends = [d.start_by for d in found if d.start_by is not None]
    engineer = next((d.engineer_id for d in found if d.engineer_id), 0)
    return Dependency(latest.waits_for, latest.after, min(ends, default=None), engineer)


def _after(dependency: Dependency) -> float:
    return dependency.after.timestamp() if dependency.after else 0.0


def _load(work_order: WorkOrder) -> None:
    prefetch_related_objects([work_order], with_links())


def _bound(link: WorkOrderLink) -> Dependency:
    first = link.first
    visits = first.counting_visits  # type: ignore[attr-defined]
    name = str(first)
    if not visits:
        return Dependency(name, None)
    last = max(visits, key=lambda visit: visit.ended_at or visit.end_at)
    end = last.ended_at or last.end_at
    after = end + timedelta(minutes=link.gap_minutes)
    if link.kind == LinkKind.IMMEDIATELY:
        return Dependency(name, after, after + RIGHT_AFTER)
    if link.kind == LinkKind.SAME_DAY:
        zone = first.site.zone or first.tenant.zone
        day = end.astimezone(zone).date()
        return Dependency(name, after, whole_days(day, day, zone)[1] - timedelta(minutes=1))
    return Dependency(name, after, None, last.engineer_id if link.kind == LinkKind.SAME_ENGINEER else 0)
