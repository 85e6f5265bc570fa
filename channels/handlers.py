"""What channels do when something happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from accounts import services as accounts
from accounts.events import PersonInvited
from channels import services
from channels.enums import Channel
from channels.events import CallReceived, MediaAnnounced, MessageQueued
from core.clock import now
from journal import services as journal
from journal.registry import on, on_many
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
    """Ask a worker to fetch files that are due; without one, the next tick does."""
    journal.start_soon(task="channels.fetch_due")


class _Letter(Protocol):
    """What another app wants to have mailed."""

    @property
    def recipient(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def language(self) -> str: ...


@on(PersonInvited)
def on_person_invited(event: PersonInvited) -> None:
    """Mail them the link by which they join, unless they joined or were withdrawn meanwhile."""
    system, at = Actor.system("invitations"), now()
    letter = accounts.write_invitation(membership_id=event.membership_id, actor=system, at=at)
    if letter is not None:
        _mail(letter, f"invitation:{event.event_id}", system, at, is_secret=True)


@on_many(NoticeDelivered)
def on_notice_delivered(events: Sequence[NoticeDelivered]) -> None:
    """Mail them to their people too, as far as those want that and have not read them meanwhile."""
    system, at = Actor.system("notices"), now()
    letters = notices.write_letters(notice_ids=[event.notice_id for event in events], actor=system, at=at)
    for notice_id, letter in letters.items():
        _mail(letter, f"notice:{notice_id}", system, at, is_automatic=True)


def _mail(
    letter: _Letter,
    key: str,
    actor: Actor,
    at: datetime,
    *,
    is_secret: bool = False,
    is_automatic: bool = False,
) -> None:
    """Order a letter to be sent by e-mail, once per `key`."""
    services.send_message(
        key=key,
        channel=Channel.EMAIL,
        recipient=letter.recipient,
        subject=letter.subject,
        body=letter.body,
        language=letter.language,
        actor=actor,
        at=at,
        is_secret=is_secret,
        is_automatic=is_automatic,
    )
