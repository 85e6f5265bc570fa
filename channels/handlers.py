"""What channels do when something happened."""

from __future__ import annotations

from accounts import services as accounts
from accounts.events import PersonInvited
from channels import services
from channels.enums import Channel
from channels.events import MessageQueued
from core.clock import now
from journal.registry import on
from tenants.actors import Actor


@on(MessageQueued)
def on_message_queued(event: MessageQueued) -> None:
    """Send it."""
    services.send_queued(message_id=event.message_id, at=now(), actor=Actor.system("mail"))


@on(PersonInvited)
def on_person_invited(event: PersonInvited) -> None:
    """Mail them the link by which they join, unless they joined or were withdrawn meanwhile."""
    system, at = Actor.system("invitations"), now()
    letter = accounts.write_invitation(membership_id=event.membership_id, actor=system, at=at)
    if letter is None:
        return
    services.send_message(
        key=f"invitation:{event.event_id}",
        channel=Channel.EMAIL,
        recipient=letter.recipient,
        subject=letter.subject,
        body=letter.body,
        language=letter.language,
        actor=system,
        at=at,
        is_secret=True,
    )
