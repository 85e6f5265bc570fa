"""Opening one ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.enums import Channel
from core.errors import BadInput, Conflict, NotFound
from core.text import clean, fold
from core.validation import check_fields
from customers import queries as customers
from customers.models import Asset, Contact, Customer, Site
from journal import services as journal
from tenants.actors import Actor
from tenants.rows import find_row
from tenants.services import next_number
from tickets import permissions, queries
from tickets.enums import Direction, Priority, SlaEvent, TicketKind, TicketStatus
from tickets.events import TicketOpened
from tickets.models import Ticket, TicketMessage, Topic
from tickets.queries import Situation
from tickets.rules import Facts
from tickets.services import ledger
from tickets.services.common import next_action_at

NUMBERS = "ticket"
LONGEST_SEARCH = 4_000
LONGEST_TEXT = 200_000


class LikelyDuplicate(Conflict):
    """Open tickets look like the one to open. `matches` names them, the likeliest first."""

    def __init__(self, message: str, matches: list[queries.Match]) -> None:
        duplicates = [
            {
                "id": match.ticket.pk,
                "number": match.ticket.number,
                "subject": match.ticket.subject,
                "score": match.score,
                "reasons": [str(reason) for reason in match.reasons],
            }
            for match in matches
        ]
        super().__init__(message, code="likely_duplicate", duplicates=duplicates)
        self.matches = matches


@dataclass(frozen=True, slots=True)
class Whom:
    """For whom and where: what of it is known fits together."""

    customer: Customer | None = None
    contact: Contact | None = None
    site: Site | None = None
    asset: Asset | None = None


@transaction.atomic
def open_ticket(
    *,
    subject: str,
    channel: str,
    actor: Actor,
    at: datetime,
    description: str = "",
    kind: str = TicketKind.PROBLEM,
    priority: int | None = None,
    topic_id: int | None = None,
    customer_id: int | None = None,
    contact_id: int | None = None,
    site_id: int | None = None,
    asset_id: int | None = None,
    language: str = "",
    source: str = "",
    external_id: str = "",
    inbound_id: int | None = None,
    author_label: str = "",
    first_words: str = "",
    allow_duplicate: bool = True,
) -> Ticket:
    """Take in a customer's need, and start the clocks of the most specific SLA policy.

    Without `priority` the topic's own holds, else P3. The customer follows from contact, site or asset.
    A person of the desk who logs a call owns its ticket at once; others start as new, without owner.
    `external_id` must be new for its `source`: raises Conflict otherwise. Without `allow_duplicate` it raises
    `LikelyDuplicate` when an open ticket looks like this one, unless an `external_id` says that it is
    another.
    """
    actor.require(permissions.OPEN)
    topic = _topic(topic_id)
    whom = find_whom(customer_id, contact_id, site_id, asset_id)
    _check_external_id(source, external_id)
    ticket = Ticket(
        subject=" ".join(clean(subject).split()),
        description=clean(description)[:LONGEST_TEXT],
        kind=kind,
        channel=channel,
        priority=priority or (topic.default_priority if topic else Priority.P3),
        topic=topic,
        customer=whom.customer,
        contact=whom.contact,
        site=whom.site,
        asset=whom.asset,
        language=language or _language(whom),
        opened_at=at,
        source=source,
        external_id=external_id,
        number=0,
    )
    check_fields(ticket)
    if not allow_duplicate and not external_id:
        _check_new(ticket, at)
    if channel == Channel.PHONE and actor.membership_id and actor.can(permissions.WORK):
        ticket.owner_id, ticket.status = actor.membership_id, TicketStatus.OPEN
    _insert(ticket, whom, actor, at)
    _first_message(ticket, first_words, inbound_id, author_label or _author(whom, actor), at)
    changes = {"subject": ticket.subject[:200], "channel": channel, "priority": ticket.priority}
    journal.record(actor=actor, verb="opened", thing=ticket, at=at, changes=changes, source=source)
    journal.publish(TicketOpened(ticket_id=ticket.pk))
    return ticket


def _check_new(ticket: Ticket, at: datetime) -> None:
    """Raise `LikelyDuplicate` when open tickets look like this one."""
    matches = queries.find_duplicates(
        text=f"{ticket.subject} {ticket.description}",
        at=at,
        asset_id=ticket.asset_id,
        site_id=ticket.site_id,
        contact_id=ticket.contact_id,
        customer_id=ticket.customer_id,
        topic_id=ticket.topic_id,
    )
    if matches:
        raise LikelyDuplicate(
            _(
                "This looks like %(ticket)s. Add to that one, or say that you want a new one"
                " (allow_duplicate)."
            )
            % {"ticket": matches[0].ticket},
            matches,
        )


def find_whom(
    customer_id: int | None, contact_id: int | None, site_id: int | None, asset_id: int | None
) -> Whom:
    """Load what is named and complete it upwards. Raises BadInput when customers differ."""
    asset = customers.get_asset(asset_id) if asset_id else None
    site_id = asset.site_id if asset else site_id
    site = customers.get_site(site_id) if site_id else None
    contact = customers.get_contact(contact_id) if contact_id else None
    owners: list[Customer] = [thing.customer for thing in (site, contact) if thing is not None]
    customer = owners[0] if owners else (customers.get_customer(customer_id) if customer_id else None)
    ids = {owner.pk for owner in owners} | ({customer_id} if customer_id else set())
    if len(ids) > 1:
        raise BadInput(
            _("Contact, site and asset must belong to the same customer. Choose those of one customer."),
            errors={"customer": [_("Contact, site and asset belong to different customers.")]},
        )
    return Whom(customer, contact, site, asset)


def searchable(ticket: Ticket, customer_name: str, contact_name: str) -> str:
    """The words a ticket is found by, folded."""
    parts = (
        f"T-{ticket.number}",
        ticket.subject,
        customer_name,
        contact_name,
        ticket.external_id,
        ticket.description[:LONGEST_SEARCH],
    )
    return fold(" ".join(part for part in parts if part))


def _topic(topic_id: int | None) -> Topic | None:
    if topic_id is None:
        return None
    topic = find_row(Topic, topic_id)
    if topic is None:
        raise NotFound(_("Topic %(id)s is not here.") % {"id": topic_id})
    return topic


def _language(whom: Whom) -> str:
    return (whom.contact.language if whom.contact else "") or (
        whom.customer.language if whom.customer else ""
    )


def _author(whom: Whom, actor: Actor) -> str:
    return str(whom.contact or whom.customer or actor.label)


def _check_external_id(source: str, external_id: str) -> None:
    if not external_id:
        return
    known = Ticket.objects.filter(source=source, external_id=external_id).first()
    if known is not None:
        raise Conflict(
            _("%(ticket)s was opened for %(source)s %(id)s already. Add to that one instead.")
            % {"ticket": known, "source": source, "id": external_id},
            existing_id=known.pk,
        )


def _insert(ticket: Ticket, whom: Whom, actor: Actor, at: datetime) -> None:
    """Write the ticket with its number, search words and due time, and start its clocks."""
    policies = queries.policies()
    ticket.event_times = {SlaEvent.OPENED.value: at.isoformat()}
    situation = Situation(Facts(ticket.priority))
    if policies:
        situation = queries.situations_of([ticket], at)[0]
    opening = ledger.Opening(ticket, situation)
    plans = ledger.Plans(policies, at)
    ticket.due_at = plans.due_at(opening)
    ticket.next_action_at = next_action_at(ticket, at)
    ticket.number = next_number(NUMBERS)
    names = (str(whom.customer or ""), str(whom.contact or ""))
    ticket.search_text = searchable(ticket, *names)
    ticket.save(force_insert=True)
    ledger.start_clocks([opening], plans, actor=actor)


def _first_message(
    ticket: Ticket, words: str, inbound_id: int | None, author_label: str, at: datetime
) -> None:
    if not ticket.description and inbound_id is None:
        return
    TicketMessage.objects.create(
        ticket=ticket,
        direction=Direction.INBOUND,
        channel=ticket.channel,
        author_label=author_label[:200],
        inbound_id=inbound_id,
        body=clean(words)[:LONGEST_TEXT] or ticket.description,
        language=ticket.language,
        at=at,
    )
