"""Customers' answers to our questions, by the secret of their link."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound
from dispatch import services as dispatching
from dispatch.models import ConsentRequest
from feedback import queries
from feedback.enums import LinkPurpose
from tenants.actors import Actor

CUSTOMER = Actor.customer("customer")


@transaction.atomic
def answer_question(
    *, code: str, choice: int | None, at: datetime, comment: str = "", actor: Actor = CUSTOMER
) -> ConsentRequest:
    """Do what the holder of the link says about the visit: see `dispatch.services.answer_consent`.

    Raises `NotFound` for a code that is wrong, expired or revoked.
    """
    link = queries.find_link(code, LinkPurpose.CHOOSE, at)
    if link is None or link.consent_id is None:
        raise NotFound(_("This link is not valid, or not any more. Ask us for a new one."))
    order = link.visit.work_order
    if actor is CUSTOMER:
        actor = Actor.customer(link.contact.name if link.contact else order.customer.name)
    return dispatching.answer_consent(
        consent_id=link.consent_id, choice=choice, comment=comment, actor=actor, at=at
    )
