"""Links to customers: made, sent, revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from accounts.enums import Permission
from channels import services as channels
from channels.enums import Channel
from dispatch import queries as dispatch
from dispatch.enums import ConsentStatus, VisitStatus
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.rules import OCCUPYING
from feedback import letters, links, permissions, queries, rules
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import services as tickets


@transaction.atomic
def issue_link(
    *, visit_id: int, purpose: str, actor: Actor, at: datetime, contact_id: int | None = None
) -> CustomerLink:
    """The visit's link for this purpose: the living one, kept alive, or a new one.

    Allowed to the visit's own engineer, to those who record ratings, and to the system.
    """
    visit = dispatch.visit_for_update(visit_id)
    permissions.check_may_show_code(actor, visit)
    expires_at = rules.expires_at(purpose, visit_ends_at=visit.end_at, at=at)
    link = queries.living_link(visit_id, purpose, at)
    if link is not None:
        if purpose == LinkPurpose.TRACK and expires_at > link.expires_at:
            link.expires_at = expires_at
            link.save(update_fields=["expires_at"])
        return link
    link = new_link(visit, purpose, at, contact_id)
    link.save()
    journal.record(actor=actor, verb="link_issued", thing=visit, at=at, changes=told_of(link))
    return link


def new_link(visit: Visit, purpose: str, at: datetime, contact_id: int | None = None) -> CustomerLink:
    """A link that is not written yet, with its code."""
    link = CustomerLink(
        visit=visit,
        contact_id=contact_id or visit.work_order.contact_id,
        purpose=LinkPurpose(purpose),
        nonce=links.new_nonce(),
        created_at=at,
        expires_at=rules.expires_at(purpose, visit_ends_at=visit.end_at, at=at),
    )
    link.code_hash = links.hash_of(links.code_of(link))
    return link


def told_of(link: CustomerLink) -> dict[str, str]:
    """A new link, for the record."""
    return {"purpose": str(link.purpose), "expires_at": link.expires_at.isoformat()}


@transaction.atomic
def revoke_link(*, link_id: int, actor: Actor, at: datetime, reason: str = "") -> CustomerLink:
    """End a link at once; to the customer it then looks like one that never was."""
    link = queries.get_link(link_id)
    actor.require(Permission.RESPONSE_RECORD, link)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        journal.record(actor=actor, verb="link_revoked", thing=link.visit, at=at, reason=reason)
    return link


@transaction.atomic
def invite_to_rate(*, visit_id: int, actor: Actor, at: datetime) -> CustomerLink | None:
    """Make the rating link of a finished visit and mail it to the contact, once; of work that takes several days
    after its last stint. A crew is asked about together, when the last of them has ended: None before, and where
    nobody was done."""
    together = dispatch.together_with(dispatch.visit_for_update(visit_id))
    done = sorted((one for one in together if one.status == VisitStatus.DONE), key=_by_id)
    if not done or any(one.status in OCCUPYING for one in together):
        return None
    lead_id = done[0].pk
    link = issue_link(visit_id=lead_id, purpose=LinkPurpose.RATE, actor=actor, at=at)
    visit = dispatch.get_visit(lead_id)
    if dispatch.is_last_stint(visit):
        _send(visit, link, ", ".join(one.engineer.name for one in done), actor, at)
    return link


def _by_id(visit: Visit) -> int:
    return visit.pk


@transaction.atomic
def invite_to_choose(*, consent_id: int, actor: Actor, at: datetime) -> CustomerLink | None:
    """Ask the customer whether their visit may move: one link for each question, sent by the channel that they
    prefer. None when the question ended before it was sent."""
    consent = dispatch.get_consent(consent_id)
    if consent.status != ConsentStatus.ASKED:
        return None
    link = queries.find_link_of_consent(consent.pk) or _new_choice(consent, actor, at)
    way, order = dispatch.way_to(consent.visit.work_order), consent.visit.work_order
    if way is None:
        return link
    language = language_of(order)
    with translation.override(language), timezone.override(order.site.zone or current_tenant().zone):
        letter = letters.choose_letter(
            consent,
            name=name_of(order),
            company=current_tenant().name,
            url=links.url_of(current_tenant(), link, settings.BASE_URL),
        )
    channels.send_message(
        key=f"{LinkPurpose.CHOOSE}:{consent.pk}",
        channel=way[0],
        recipient=way[1],
        subject=letter.subject,
        body=letter.body,
        language=language,
        is_secret=True,
        actor=actor,
        at=at,
    )
    note_first_words([consent.visit], actor, at)
    return link


def _new_choice(consent: ConsentRequest, actor: Actor, at: datetime) -> CustomerLink:
    """It outlives the answer, so that the customer can look up what was agreed."""
    visit = consent.visit
    last = max([visit.end_at, *(option.end for option in dispatch.options_of(consent))])
    link = CustomerLink(
        visit=visit,
        consent=consent,
        contact_id=visit.work_order.contact_id,
        purpose=LinkPurpose.CHOOSE,
        nonce=links.new_nonce(),
        created_at=at,
        expires_at=rules.expires_at(LinkPurpose.CHOOSE, visit_ends_at=last, at=at),
    )
    link.code_hash = links.hash_of(links.code_of(link))
    link.save()
    changes = {"purpose": str(LinkPurpose.CHOOSE), "expires_at": link.expires_at.isoformat()}
    journal.record(actor=actor, verb="link_issued", thing=visit, at=at, changes=changes)
    return link


def note_first_words(visits: Iterable[Visit], actor: Actor, at: datetime) -> None:
    """We wrote to the customers of these visits: that is the first response where their tickets wait for one."""
    ids = {visit.work_order.ticket_id for visit in visits if visit.work_order.ticket_id is not None}
    if ids:
        tickets.note_first_word(ticket_ids=ids, actor=actor, at=at)


def language_of(order: WorkOrder) -> str:
    """In which language we write to the customer of a work order."""
    own = order.contact.language if order.contact else ""
    return own or order.customer.language or current_tenant().language


def name_of(order: WorkOrder) -> str:
    """By which name we write to the customer of a work order."""
    return order.contact.name if order.contact else order.customer.name


def address_of(order: WorkOrder) -> str:
    """Where we mail to the customer of a work order; "" when no address is known."""
    return (order.contact.email if order.contact else "") or order.customer.email


def _send(visit: Visit, link: CustomerLink, who: str, actor: Actor, at: datetime) -> None:
    """Mail the link in the contact's language and the site's zone. Without an address nothing is sent."""
    order, tenant = visit.work_order, current_tenant()
    recipient = address_of(order)
    if not recipient:
        return
    name = name_of(order)
    language = language_of(order)
    facts = {
        "who": who,
        "name": name,
        "company": tenant.name,
        "url": links.url_of(tenant, link, settings.BASE_URL),
    }
    with translation.override(language), timezone.override(order.site.zone or tenant.zone):
        letter = letters.rate_letter(visit, **facts)
    channels.send_message(
        key=f"{link.purpose}:{visit.pk}",
        channel=Channel.EMAIL,
        recipient=recipient,
        subject=letter.subject,
        body=letter.body,
        language=language,
        actor=actor,
        at=at,
    )
