"""When work may start for what it hangs on: reads `links_before` (prefetch it for a list)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from dispatch.enums import VisitStatus
from dispatch.links import Bound, bound_of, merged
from dispatch.models import Visit, WorkOrder, WorkOrderLink

_CAME_TO_NOTHING = (VisitStatus.CANCELLED, VisitStatus.NO_SHOW, VisitStatus.COULD_NOT_COMPLETE)

Ends = Mapping[int, "tuple[int, int] | None"]
"""{work order id: (when it is to end in seconds, the engineer)} where that differs from its visits; None for
work that is not to be waited for."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What links leave, and the name of what is waited for last. `bound` None: not known yet."""

    waits_for: str
    bound: Bound | None


def with_links() -> Prefetch[Any]:
    """What `dependency_of` reads, for a list of work orders."""
    visits = Visit.objects.exclude(status__in=_CAME_TO_NOTHING)
    links: QuerySet[WorkOrderLink] = WorkOrderLink.objects.select_related(
        "first__site", "first__tenant"
    ).prefetch_related(Prefetch("first__visits", queryset=visits, to_attr="counting_visits"))
    return Prefetch("links_before", queryset=links, to_attr="links_to_keep")


def links_before(work_order: WorkOrder) -> QuerySet[WorkOrderLink]:
    """What a work order waits for, as its page shows it."""
    return WorkOrderLink.objects.filter(then=work_order).select_related("first__site")


def links_after(work_order: WorkOrder) -> QuerySet[WorkOrderLink]:
    """What waits for a work order, as its page shows it."""
    return WorkOrderLink.objects.filter(first=work_order).select_related("then__site")


def links_of(work_order: WorkOrder) -> list[WorkOrderLink]:
    """What a work order hangs on."""
    if not hasattr(work_order, "links_to_keep"):
        prefetch_related_objects([work_order], with_links())
    found: list[WorkOrderLink] = work_order.links_to_keep  # type: ignore[attr-defined]
    return found


def dependency_of(work_order: WorkOrder, ends: Ends | None = None) -> Dependency | None:
    """All links of a work order as one bound; None when it hangs on nothing."""
    given = ends or {}
    found = [(str(link.first), _bound(link, given)) for link in links_of(work_order) if _counts(link, given)]
    if not found:
        return None
    unknown = next((name for name, bound in found if bound is None), None)
    if unknown is not None:
        return Dependency(unknown, None)
    bounds = [(name, bound) for name, bound in found if bound is not None]
    latest = max(bounds, key=lambda one: one[1].after)
    return Dependency(latest[0], merged(bound for _name, bound in bounds))


def _counts(link: WorkOrderLink, ends: Ends) -> bool:
    return link.first_id not in ends or ends[link.first_id] is not None


def _bound(link: WorkOrderLink, ends: Ends) -> Bound | None:
    first = link.first
    known = ends.get(link.first_id) or _last_end(first)
    if known is None:
        return None
    zone = first.site.zone or first.tenant.zone
    return bound_of(link.kind, *known, gap=link.gap_minutes * 60, zone=zone)


def _last_end(first: WorkOrder) -> tuple[int, int] | None:
    """When the last visit of work ends or ended, and whose it is; None without any, or while some of work that
    takes several days is not planned."""
    visits: list[Visit] = first.counting_visits  # type: ignore[attr-defined]
    if not visits or first.left_minutes:
        return None
    last = max(visits, key=lambda visit: visit.ended_at or visit.end_at)
    return int((last.ended_at or last.end_at).timestamp()), last.engineer_id
