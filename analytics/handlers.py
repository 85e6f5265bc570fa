"""What the figures do when others have acted."""

from __future__ import annotations

from analytics import services
from dispatch.events import VisitCompleted
from feedback.events import ResponseRecorded
from journal.registry import on
from tenants.actors import Actor


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Add the visit to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)


@on(ResponseRecorded)
def on_response_recorded(event: ResponseRecorded) -> None:
    """Add the score to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)
