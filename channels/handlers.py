"""What channels do when something happened."""

from __future__ import annotations

from accounts import services as accounts
from accounts.events import PersonInvited
from channels import services
from channels.enums import Channel
from channels.events import CallReceived, MediaAnnounced, MessageQueued
from core.clock import now
from journal import services as journal
from journal.registry import on
from notices import services as notices
from notices.events import NoticeDelivered
from tenants.actors import Actor


@on(MessageQueued)
def on_message_queued(event: MessageQueued) -> None:
    """Ask a worker to send what is due; without one, the next tick does."""
    journal.start_soon(task="channels.send_due")


@on(CallReceived)
def on_call_received(event: CallReceived) -> None:
    """Read what the provider called about."""
    services.read_call(message_id=event.message_id, actor=Actor.system("webhook"), at=now())


@on(MediaAnnounced)
def on_media_announced(event: MediaAnnounced) -> None:
    """Fetch the files; a provider that has them not ready is asked again later."""
    services.fetch_media(message_id=event.message_id, actor=Actor.system("webhook"), at=now())


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


@on(NoticeDelivered)
def on_notice_delivered(event: NoticeDelivered) -> None:
    """Mail it to its person too, if they want that and have not read it meanwhile."""
    system, at = Actor.system("notices"), now()
    letter = notices.write_letter(notice_id=event.notice_id, actor=system, at=at)
    if letter is None:
        return
    services.send_message(
        key=f"notice:{event.notice_id}",
        channel=Channel.EMAIL,
        recipient=letter.recipient,
        subject=letter.subject,
        body=letter.body,
        language=letter.language,
        actor=system,
        at=at,
        is_automatic=True,
    )
