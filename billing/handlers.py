"""What settlement does when others have acted."""

from __future__ import annotations

from billing import services
from dispatch.events import VisitCompleted
from journal.registry import on
from tenants.actors import Actor


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Price the visit."""
    services.price_visit(visit_id=event.visit_id, actor=Actor.system("pricing"), at=event.occurred_at)
