"""Codes on equipment, and what strangers report by them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from channels import services as channels
from channels.enums import Channel, InboundStatus
from core.errors import BadInput, NotFound
from core.text import clean
from customers import queries as customers
from customers.models import Contact
from journal import services as journal
from tenants.actors import Actor
from tickets import links, queries
from tickets.models import AssetCode, Ticket
from tickets.services.conversation import receive_reply
from tickets.services.intake import INTAKE
from tickets.services.opening import open_ticket

LONGEST_REPORT = 5_000


@transaction.atomic
def issue_codes(*, asset_ids: list[int], actor: Actor, at: datetime) -> dict[int, AssetCode]:
    """The codes of these assets by asset; those without one get one. Labels printed before stay good."""
    actor.require(Permission.CUSTOMER_EDIT)
    assets = [customers.asset_for_update(pk) for pk in sorted(set(asset_ids))]
    known = queries.codes_of(assets)
    for asset in assets:
        if asset.pk not in known:
            known[asset.pk] = _issue(asset.pk, at)
            journal.record(actor=actor, verb="code_issued", thing=asset, at=at)
    return known


@transaction.atomic
def reissue_code(*, asset_id: int, actor: Actor, at: datetime) -> AssetCode:
    """Give the asset another code. Labels with the old one say no more than a wrong code does."""
    actor.require(Permission.CUSTOMER_EDIT)
    asset = customers.asset_for_update(asset_id)
    _revoke(asset.pk, at)
    journal.record(actor=actor, verb="code_issued", thing=asset, at=at)
    return _issue(asset.pk, at)


@transaction.atomic
def revoke_code(*, asset_id: int, actor: Actor, at: datetime) -> None:
    """Take the asset's code away. Without one this changes nothing."""
    actor.require(Permission.CUSTOMER_EDIT)
    asset = customers.asset_for_update(asset_id)
    if _revoke(asset.pk, at):
        journal.record(actor=actor, verb="code_revoked", thing=asset, at=at)


@transaction.atomic
def report_by_code(
    *,
    code: str,
    key: str,
    body: str,
    actor: Actor,
    at: datetime,
    name: str = "",
    phone: str = "",
    ticket_id: int | None = None,
    language: str = "",
    files: Sequence[tuple[str, bytes]] = (),
) -> Ticket:
    """Take in what somebody says who stands before the equipment: a new ticket, or more about an open one.

    Raises NotFound for a code that is wrong or revoked, or a ticket that is not an open one of that asset.
    `key` makes a repeated click the same report. `files` are names with their bytes.
    """
    asset = queries.find_asset_by_code(code)
    if asset is None:
        raise NotFound(_("This code is not in use. Call us, or use the request form."))
    text = clean(body).strip()[:LONGEST_REPORT]
    if not text:
        raise BadInput(_("Say what is wrong."), errors={"body": [_("Say what is wrong.")]})
    said = {"asset": asset.pk, "body": text, "name": name, "phone": phone, "ticket": ticket_id}
    message, created = channels.receive(
        channel=Channel.QR,
        external_id=key,
        raw=json.dumps(said, ensure_ascii=False).encode(),
        received_at=at,
        actor=actor,
        sender_name=clean(name).strip()[:200],
        sender_phone=clean(phone).strip()[:40],
        body=text,
        language=language,
        status=InboundStatus.READ,
        asset_id=asset.pk,
    )
    if created:
        channels.attach_uploads(message=message, files=files, actor=actor, at=at)
    known = None if created else queries.find_ticket_of_inbound(message.pk)
    if known is not None:
        return known
    contact = _caller(phone, asset.site.customer_id)
    who = clean(name).strip() or (str(contact) if contact else "") or _("At the equipment")
    if ticket_id is None:
        return open_ticket(
            subject=f"{asset.name}: {' '.join(text.split())}"[:120],
            description=text,
            channel=Channel.QR,
            actor=INTAKE,
            at=at,
            contact_id=contact.pk if contact else None,
            asset_id=asset.pk,
            language=language,
            inbound_id=message.pk,
            author_label=_signed(who, phone),
        )
    ticket = queries.open_tickets_of_asset(asset.pk).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound(_("That report is closed meanwhile. Report it again."))
    receive_reply(
        ticket_id=ticket.pk,
        body=text,
        author_label=_signed(who, phone),
        actor=INTAKE,
        at=at,
        channel=Channel.QR,
        inbound_id=message.pk,
        language=language,
    )
    return ticket


def _signed(who: str, phone: str) -> str:
    """Who says it, with the number they left: it makes nobody a contact of the customer's."""
    number = clean(phone).strip()[:40]
    return f"{who[:150]}, {number}" if number else who[:200]


def _caller(phone: str, customer_id: int) -> Contact | None:
    """A contact of that customer's with this number, if they left one."""
    found = customers.find_contacts_by_phone(phone) if phone.strip() else []
    return next((one for one in found if one.customer_id == customer_id), None)


def _issue(asset_id: int, at: datetime) -> AssetCode:
    nonce = links.new_nonce()
    return AssetCode.objects.create(
        asset_id=asset_id, nonce=nonce, code_hash=links.hash_of(links.code_of(nonce)), created_at=at
    )


def _revoke(asset_id: int, at: datetime) -> int:
    return AssetCode.objects.filter(asset_id=asset_id, revoked_at=None).update(revoked_at=at)
