"""What evaluation does when others have acted."""

from __future__ import annotations

from dispatch.events import ConsentAsked, VisitCompleted, VisitSent
from feedback import services
from journal.registry import on
from tenants.actors import Actor


@on(VisitSent)
def on_visit_sent(event: VisitSent) -> None:
    """Tell the customer when somebody comes."""
    services.invite_to_track(visit_id=event.visit_id, actor=Actor.system("invitations"), at=event.occurred_at)


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Ask the customer how it was."""
    services.invite_to_rate(visit_id=event.visit_id, actor=Actor.system("invitations"), at=event.occurred_at)


@on(ConsentAsked)
def on_consent_asked(event: ConsentAsked) -> None:
    """Ask the customer whether their visit may move."""
    services.invite_to_choose(
        consent_id=event.consent_id, actor=Actor.system("invitations"), at=event.occurred_at
    )
