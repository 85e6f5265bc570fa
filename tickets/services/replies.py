"""What helps to write: canned replies, drafts, mentions, and a warning when others were faster."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.text import clean, fold
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries, triage
from tickets.enums import MessageKind
from tickets.events import MemberMentioned
from tickets.models import CannedReply, Draft, Ticket, TicketMessage

LONGEST_DRAFT = 200_000


class AnsweredMeanwhile(Conflict):
    """Others wrote since the writer last looked. `messages` are theirs, oldest first."""

    def __init__(self, message: str, messages: list[TicketMessage]) -> None:
        super().__init__(message, code="answered_meanwhile", message_ids=[one.pk for one in messages])
        self.messages = messages


def check_nobody_wrote(ticket: Ticket, seen_message_id: int, actor: Actor) -> None:
    """Raise `AnsweredMeanwhile` when others wrote to the customer, or the customer to us, since this message."""
    later = queries.conversation_of(ticket).filter(pk__gt=seen_message_id, kind=MessageKind.PUBLIC)
    if actor.membership_id is not None:
        later = later.exclude(author_id=actor.membership_id)
    if found := list(later):
        raise AnsweredMeanwhile(
            _("Others wrote since you opened %(ticket)s. Read it, then send anyway or change your answer.")
            % {"ticket": ticket},
            found,
        )


def tell_mentioned(message: TicketMessage, actor: Actor) -> None:
    """Store whom a note names after an @, and tell each of them; nobody is told of their own note."""
    if "@" not in fold(message.body):
        return
    people = queries.colleagues()
    names, addresses = {pk: name for pk, name, _at in people}, {pk: at for pk, _name, at in people}
    message.mentions = triage.mentioned(message.body, names, addresses)
    if not message.mentions:
        return
    message.save(update_fields=["mentions"])
    others = [pk for pk in message.mentions if pk != actor.membership_id]
    journal.publish(
        *(
            MemberMentioned(ticket_id=message.ticket_id, message_id=message.pk, membership_id=pk)
            for pk in others
        )
    )


@transaction.atomic
def save_draft(
    *, ticket_id: int, body: str, actor: Actor, at: datetime, kind: str = MessageKind.PUBLIC
) -> Draft | None:
    """Keep what the actor has written so far, one text per person and ticket. Nothing written: nothing is
    kept.

    Not recorded: it is nobody's act yet.
    """
    ticket = queries.get_ticket(ticket_id)
    actor.require(permissions.WORK, ticket)
    text = clean(body)[:LONGEST_DRAFT]
    if actor.membership_id is None:
        return None
    if not text.strip():
        forget_draft(ticket, actor)
        return None
    known = kind if kind in MessageKind.values else MessageKind.PUBLIC
    draft, _created = Draft.objects.update_or_create(
        ticket=ticket,
        member_id=actor.membership_id,
        defaults={"body": text, "kind": known, "updated_at": at},
    )
    return draft


def forget_draft(ticket: Ticket, actor: Actor) -> None:
    """Take away what the actor had begun to write."""
    if actor.membership_id is not None:
        Draft.objects.filter(ticket=ticket, member_id=actor.membership_id).delete()


def count_use(canned_id: int) -> None:
    """Remember that a canned reply was sent; an unknown id is nothing."""
    CannedReply.objects.filter(pk=canned_id).update(used_count=F("used_count") + 1)


@transaction.atomic
def create_canned_reply(
    *, title: str, body: str, actor: Actor, at: datetime, language: str = "", topic_id: int | None = None
) -> CannedReply:
    """Add words said often. `{contact}`, `{ticket}`, `{visit}`, `{me}` and `{company}` are filled in when used."""
    actor.require(permissions.SETTINGS)
    reply = CannedReply(title=title.strip(), body=clean(body), language=language, topic_id=topic_id)
    _check_free(reply)
    check_fields(reply)
    reply.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=reply, at=at)
    return reply


@transaction.atomic
def update_canned_reply(
    *,
    reply_id: int,
    title: str,
    body: str,
    actor: Actor,
    at: datetime,
    language: str = "",
    topic_id: int | None = None,
    is_active: bool = True,
) -> CannedReply:
    """Correct a canned reply, or offer it no more."""
    reply = queries.get_canned_reply(reply_id)
    actor.require(permissions.SETTINGS, reply)
    before = {"title": reply.title, "body": reply.body, "is_active": reply.is_active}
    reply.title, reply.body, reply.language = title.strip(), clean(body), language
    reply.topic_id, reply.is_active = topic_id, is_active
    _check_free(reply)
    check_fields(reply)
    reply.save()
    changes = {
        name: [old, getattr(reply, name)] for name, old in before.items() if old != getattr(reply, name)
    }
    journal.record(actor=actor, verb="changed", thing=reply, at=at, changes=changes)
    return reply


def _check_free(reply: CannedReply) -> None:
    same = CannedReply.objects.filter(title=reply.title, language=reply.language).exclude(pk=reply.pk)
    if same.exists():
        raise Conflict(
            _(
                "There is a canned reply “%(title)s” in this language already. Change that one, or"
                " use another title."
            )
            % {"title": reply.title}
        )
