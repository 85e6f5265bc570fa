"""What a finished visit adds to the figures."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from analytics import rules
from analytics.models import VisitFigures
from core.errors import NotAllowed
from delivery import queries as delivery
from dispatch import queries as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.rules import on_time_until
from feedback import queries as feedback
from tenants.actors import Actor
from tenants.queries import current_tenant


@transaction.atomic
def refresh_figures(*, visit_id: int, actor: Actor, at: datetime) -> VisitFigures | None:
    """Rewrite what a finished visit adds to the figures; None, and nothing written, while it is not done.

    Only the system does this: figures follow facts.
    """
    if not actor.is_unbound:
        raise NotAllowed(f"{actor.label} cannot write figures; they follow the facts.")
    visit = dispatch.visit_for_update(visit_id)
    if visit.status != VisitStatus.DONE:
        return None
    ended_at = visit.ended_at or at
    arrived_at = visit.arrived_at
    late = 0
    if arrived_at is not None:
        deadline = on_time_until(visit.work_order.promised_end_at, visit.start_at)
        late = rules.late_minutes(arrived_at, deadline)
    response = feedback.find_response(visit_id)
    figures, _created = VisitFigures.objects.update_or_create(
        visit=visit,
        defaults={
            "engineer_id": visit.engineer_id,
            "area": visit.work_order.site.area,
            "completed_on": ended_at.astimezone(current_tenant().zone).date(),
            "is_on_time": None if arrived_at is None else late == 0,
            "late_minutes": late,
            "work_minutes": delivery.work_minutes(visit),
            "travel_minutes": delivery.travel_minutes(visit),
            "is_repeat": _is_repeat(visit, ended_at),
            "score": response.score if response else None,
        },
    )
    return figures


def _is_repeat(visit: Visit, ended_at: datetime) -> bool:
    """Whether another work order did the same kind of work on the same asset, or site, in the days before."""
    order = visit.work_order
    earlier = Visit.objects.filter(
        status=VisitStatus.DONE,
        work_order__work_type_id=order.work_type_id,
        work_order__site_id=order.site_id,
        ended_at__gte=ended_at - timedelta(days=rules.REPEAT_DAYS),
        ended_at__lt=ended_at,
    ).exclude(work_order_id=order.pk)
    if order.asset_id is not None:
        earlier = earlier.filter(work_order__asset_id=order.asset_id)
    return earlier.exists()
