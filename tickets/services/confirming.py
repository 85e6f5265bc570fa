"""Telling whoever sent the public form that it came: its number, and where to follow it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from channels import services as channels
from channels.enums import Channel
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets.links import follow_path
from tickets.models import Ticket

CONFIRMED_KEY = "request-confirmed:{pk}"


def confirm_request(ticket: Ticket, email: str, *, actor: Actor, at: datetime) -> None:
    """Order the letter, once per ticket, in the language of the form.

    Anybody can type anybody's address there, so it repeats none of the words that were typed: nobody can make us
    carry theirs to a stranger.
    """
    tenant = current_tenant()
    facts = {
        "ticket": ticket,
        "company": tenant.name,
        "url": settings.BASE_URL.rstrip("/") + follow_path(tenant, ticket),
    }
    with translation.override(ticket.language or tenant.language):
        subject = _("We have your request: %(ticket)s") % facts
        body = _(
            "We have your request. Its number is %(ticket)s; say it when you write or call about it.\n\n"
            "See here how far it is, without signing in:\n%(url)s\n\n"
            "If you asked for nothing, somebody typed your address by mistake: ignore this message.\n\n"
            "%(company)s"
        )
    channels.send_message(
        key=CONFIRMED_KEY.format(pk=ticket.pk),
        channel=Channel.EMAIL,
        recipient=email,
        subject=subject,
        body=body % facts,
        language=ticket.language or tenant.language,
        is_automatic=True,
        actor=actor,
        at=at,
    )


def note_unconfirmed(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Write on the ticket that whoever asked got no letter, for enough of them went out: the desk may write itself."""
    journal.record(actor=actor, verb="not_confirmed", thing=ticket, at=at)
