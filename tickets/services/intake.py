"""From a message to a ticket: a new one, or the one it answers."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels import queries as inbound
from channels import services as channels
from channels.enums import Channel, InboundProblem, InboundStatus
from channels.models import InboundMessage
from core.errors import BadInput, Refusal
from core.text import fold
from customers import queries as customers
from customers import services as customer_services
from customers.models import Contact, Site
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import permissions, queries
from tickets.models import Ticket, TicketMessage
from tickets.queries.chat import find_ticket_of_chat
from tickets.queries.messaging import find_open_conversation
from tickets.services.answers import SENT_KEY
from tickets.services.confirming import CONFIRMED_KEY, confirm_request, note_unconfirmed
from tickets.services.conversation import receive_reply
from tickets.services.opening import open_ticket

log = logging.getLogger(__name__)
INTAKE = Actor.system("intake")
NO_SUBJECT = "…"
MESSAGING = frozenset({Channel.SMS, Channel.LINE, Channel.WECHAT})
"""Channels on which a sender is known by the channel's own address, and a conversation has no references."""


class Intake(StrEnum):
    """What became of a message."""

    OPENED = "opened"
    REPLY = "reply"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    QUARANTINED = "quarantined"
    KNOWN = "known"


@transaction.atomic
def take_in(*, message_id: int, actor: Actor, at: datetime) -> tuple[Intake, Ticket | None]:
    """Make a ticket of a message, or add it to the one it answers. The same message again changes nothing.

    It joins a ticket only when it names a message of that conversation *and* its sender belongs to it: a
    reference alone could be anybody's.
    """
    message = inbound.get_inbound(message_id)
    _one_at_a_time(message.pk)
    known = queries.find_ticket_of_inbound(message.pk)
    return (Intake.KNOWN, known) if known is not None else _take_in(message, actor, at)


def take_in_email(
    *, raw: bytes | BinaryIO, at: datetime, actor: Actor, ours: Collection[str] | None = None
) -> Intake:
    """Take in one raw e-mail. It is stored first and stays stored, whatever making a ticket of it does.

    A large one is best given as a seekable stream: it is never held in memory as a whole. `ours` as in
    `channels.services.ingest_email`.
    """
    message, is_new = channels.ingest_email(raw=raw, at=at, actor=actor, is_announced=False, ours=ours)
    try:
        with transaction.atomic():
            if is_new:  # Nobody else can see it yet.
                return _take_in(message, actor, at)[0]
            return take_in(message_id=message.pk, actor=actor, at=at)[0]
    except Exception as problem:  # Nothing about one message may stop or lose another.
        log.exception("message could not become a ticket", extra={"message_id": message.pk})
        channels.quarantine(
            message_id=message.pk,
            problem=InboundProblem.HANDLING,
            reason=_reason_of(problem),
            actor=actor,
            at=at,
        )
        return Intake.QUARANTINED


def _take_in(message: InboundMessage, actor: Actor, at: datetime) -> tuple[Intake, Ticket | None]:
    """Do what a message asks for; it belongs to no ticket yet."""
    if message.status == InboundStatus.QUARANTINED:
        return Intake.QUARANTINED, None
    if message.facts.get("kind") in (Intake.AUTOMATIC, Intake.BOUNCE):
        return Intake(message.facts["kind"]), None
    answered = _find_answered(message)
    if answered is None:
        return Intake.OPENED, _open(message, actor, at)
    added = receive_reply(
        ticket_id=answered.pk,
        body=message.body or _placeholder(message),
        author_label=_author(message),
        actor=actor,
        at=at,
        channel=message.channel,
        inbound_id=message.pk,
        language=message.language,
    )
    is_new = added.ticket.follows_id is not None and added.ticket.opened_at == at
    return Intake.OPENED if is_new else Intake.REPLY, added.ticket


def _reason_of(problem: Exception) -> str:
    """What a person can act on: a refusal's own words, or the kind of a fault that the log tells in full."""
    if isinstance(problem, Refusal):
        return problem.message[:500]
    return f"{type(problem).__name__}: {problem}"[:500]


@transaction.atomic
def take_in_web_form(
    *,
    key: str,
    name: str,
    email: str,
    phone: str,
    subject: str,
    body: str,
    language: str,
    at: datetime,
    facts: dict[str, Any] | None = None,
    files: Sequence[tuple[str, bytes]] = (),
    confirms: bool = False,
    actor: Actor,
) -> Ticket:
    """Take in the public request form and open its ticket at once, so that the customer gets the number.

    `key` makes a repeated click the same request and the same ticket. `files` are names with their bytes.
    `confirms`: the number also goes to the e-mail address, if one was given; else the ticket's record says that it
    did not.
    """
    message, created = channels.receive_web_form(
        key=key,
        name=name,
        email=email,
        phone=phone,
        subject=subject,
        body=body,
        language=language,
        at=at,
        actor=actor,
        facts=facts,
    )
    if created:
        channels.attach_uploads(message=message, files=files, actor=actor, at=at)
    _outcome, ticket = take_in(message_id=message.pk, actor=INTAKE, at=at)
    if ticket is None:
        raise BadInput(_("The request could not be taken in. Call us instead; nothing of it was lost."))
    if confirms and email:
        confirm_request(ticket, email, actor=INTAKE, at=at)
    elif email and created:
        note_unconfirmed(ticket, actor=INTAKE, at=at)
    return ticket


@transaction.atomic
def open_quarantined(
    *, message_id: int, sender_address: str, sender_name: str, actor: Actor, at: datetime
) -> Ticket:
    """Open a ticket from a message that was set aside; a person says who sent it."""
    actor.require(permissions.WORK)
    channels.release(
        message_id=message_id, actor=actor, at=at, sender_address=sender_address, sender_name=sender_name
    )
    message = inbound.get_inbound(message_id)
    known = queries.find_ticket_of_inbound(message.pk)
    return known or _open(message, actor, at)


@transaction.atomic
def discard_quarantined(*, message_id: int, actor: Actor, at: datetime) -> None:
    """Say that a message set aside needs no answer. It stays stored and is shown no more."""
    actor.require(permissions.WORK)
    channels.discard(message_id=message_id, actor=actor, at=at)


def _one_at_a_time(what: int | str) -> None:
    """Let those who take in the same message, or the first words of the same sender, wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [active_tenant_id() % 2**31, str(what)]
        )


def _find_answered(message: InboundMessage) -> Ticket | None:
    """The ticket whose conversation holds a message this one names, when its sender belongs to it."""
    if message.channel == Channel.CHAT:
        # The secret of the session has proved whose it is.
        return find_ticket_of_chat(message.reference)
    if message.channel in MESSAGING:
        return find_open_conversation(message.channel, message.sender_address)
    if not message.sender_address:
        return None
    references = [str(text) for text in message.facts.get("references", [])]
    ticket = (_ticket_of_ours(references) or _ticket_of_theirs(references)) if references else None
    if ticket is not None and _belongs(message.sender_address, ticket):
        return ticket
    if message.channel == Channel.EMAIL and message.external_id.startswith("<"):
        # It may have been overtaken by its sender's own answer to it.
        answers = inbound.answers_to(message.external_id, message.sender_address)
        return next(filter(None, map(queries.find_ticket_of_inbound, answers)), None)
    return None


def _ticket_of_ours(references: list[str]) -> Ticket | None:
    """The ticket of an answer, or of the confirmation that a request came."""
    sent = channels.find_ours(references)
    if sent is None:
        return None
    if (ticket_id := _named_in(sent.key, CONFIRMED_KEY)) is not None:
        return Ticket.objects.filter(pk=ticket_id).first()
    if (message_id := _named_in(sent.key, SENT_KEY)) is None:
        return None
    found = TicketMessage.objects.select_related("ticket").filter(pk=message_id).first()
    return found.ticket if found else None


def _named_in(key: str, pattern: str) -> int | None:
    """The number that stands in a message's key where its pattern says so."""
    prefix = pattern.format(pk="")
    return int(key[len(prefix) :].partition(":")[0]) if key.startswith(prefix) else None


def _ticket_of_theirs(references: list[str]) -> Ticket | None:
    known = queries.tickets_known_by(references)
    return next((known[reference] for reference in references if reference in known), None)


def _belongs(sender: str, ticket: Ticket) -> bool:
    """Whether the sender is the ticket's contact, one of its customer's, or wrote in it before."""
    key = fold(sender)
    if ticket.customer_id and Contact.objects.filter(customer=ticket.customer_id, email_folded=key).exists():
        return True
    return TicketMessage.objects.filter(ticket=ticket, inbound__sender_address__iexact=sender).exists()


def _open(message: InboundMessage, actor: Actor, at: datetime) -> Ticket:
    _one_at_a_time(message.sender_address or message.sender_phone or message.pk)
    known = _find_contact(message)
    contact = known or _new_contact(message, at)
    subject = message.subject or " ".join(message.body.split())[:80] or _placeholder(message)
    return open_ticket(
        subject=subject,
        description=_everything_said(message) or _placeholder(message),
        first_words=message.body or _placeholder(message),
        channel=message.channel,
        actor=actor if actor.can(permissions.OPEN) else INTAKE,
        at=at,
        contact_id=contact.pk if contact else None,
        site_id=_site_of(message, contact, at, is_known=known is not None),
        language=message.language or (contact.language if contact else ""),
        inbound_id=message.pk,
        author_label=_author(message),
    )


def _everything_said(message: InboundMessage) -> str:
    """New and quoted words: of a conversation that begins here, nothing else is known yet."""
    return "\n\n".join(text for text in (message.body, message.quoted) if text)


def _author(message: InboundMessage) -> str:
    """What the sender is called in the conversation; chats may be anonymous."""
    name = message.sender_name or message.sender_address or message.sender_phone
    if not name and message.channel == Channel.CHAT:
        with translation.override(current_tenant().language):
            return _("Visitor")
    return name


def _site_of(message: InboundMessage, contact: Contact | None, at: datetime, *, is_known: bool) -> int | None:
    """Where help is needed: the customer's site of the address given, a new one, or their only site."""
    address = str(message.facts.get("address") or "")
    if contact is None or not (is_known or address):
        return None
    sites = customers.sites_of(contact.customer_id)
    if address:
        known = next((site for site in sites if site.address_folded == fold(address)), None)
        return (known or _new_site(contact, address, at)).pk
    return sites[0].pk if len(sites) == 1 else None


def _new_site(contact: Contact, address: str, at: datetime) -> Site:
    return customer_services.add_site(
        customer_id=contact.customer_id, name=address[:200], address=address[:300], actor=INTAKE, at=at
    )


def _placeholder(message: InboundMessage) -> str:
    """Words for a message without any: how many attachments it has."""
    count = message.facts.get("attachments") or 0
    words = ngettext("(no text, %(count)s attachment)", "(no text, %(count)s attachments)", count)
    return words % {"count": count} if count else NO_SUBJECT


def _find_contact(message: InboundMessage) -> Contact | None:
    if message.channel in MESSAGING:
        return _known_on_channel(message)
    found = customers.find_contact_by_email(message.sender_address) if message.sender_address else None
    if found is None and message.sender_phone:
        return next(iter(customers.find_contacts_by_phone(message.sender_phone)), None)
    return found


def _known_on_channel(message: InboundMessage) -> Contact | None:
    """Whom the channel calls so; of a number, whoever has it."""
    found = customers.find_contact_known_as(message.channel, message.sender_address)
    if found is None and message.sender_phone:
        return next(iter(customers.find_contacts_by_phone(message.sender_phone)), None)
    return found


def _new_contact(message: InboundMessage, at: datetime) -> Contact | None:
    """A customer and contact for somebody who wrote for the first time; None when they left no trace."""
    name = message.sender_name or message.sender_address or message.sender_phone
    if not name:
        return None
    is_messaging = message.channel in MESSAGING
    language = message.language if message.channel == Channel.WEB else ""
    facts: dict[str, Any] = {"actor": INTAKE, "at": at, "language": language}
    facts |= {"email": "" if is_messaging else message.sender_address, "phone": message.sender_phone}
    customer = customer_services.create_customer(name=name[:200], **facts)
    if is_messaging:
        facts["prefers"] = message.channel
    contact = customer_services.add_contact(customer_id=customer.pk, name=name[:120], **facts)
    if is_messaging and message.channel != Channel.SMS:
        customer_services.note_address(
            contact_id=contact.pk,
            channel=message.channel,
            address=message.sender_address,
            actor=INTAKE,
            at=at,
        )
    return contact
