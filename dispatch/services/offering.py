"""Offers as rows: made, closed, and with the timers that end them. Who may answer is decided in `offers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from django.urls import reverse

from accounts.models import Membership
from core.transitions import check_transition
from dispatch import events, letters
from dispatch.enums import OfferKind, OfferStatus, TimerKind
from dispatch.models import DispatchRun, DispatchTimer, Offer
from dispatch.rules import OFFER_TRANSITIONS
from journal import services as journal
from notices import services as notices
from tenants.actors import Actor
from tenants.queries import current_tenant

_WITH = ("engineer", "provider", "run", "work_order__work_type", "work_order__site")


def make_offers(run: DispatchRun, offers: Sequence[Offer], *, actor: Actor, at: datetime) -> None:
    """Send out one round: rows with one key, a timer for each, and word to whom they go."""
    key = uuid4()
    for offer in offers:
        offer.round_key, offer.run, offer.offered_at = key, run, at
    Offer.objects.bulk_create(offers)
    DispatchTimer.objects.bulk_create(
        DispatchTimer(kind=TimerKind.OFFER_EXPIRES, offer=offer, due_at=offer.expires_at) for offer in offers
    )
    journal.record_many(actor=actor, verb="offered", things=offers, at=at, source="auto-dispatch")
    journal.publish(*(_made(offer) for offer in offers))
    for offer in offers:
        _tell(offer, letters.OFFERED, actor, at)


def close_offer(
    offer: Offer, status: OfferStatus, *, actor: Actor, at: datetime, reason: str = "", answered: bool = True
) -> None:
    """Give an open offer its end. Raises `IllegalTransition` for one that has ended."""
    check_transition(OFFER_TRANSITIONS, thing=str(offer), current=OfferStatus(offer.status), wanted=status)
    offer.status, offer.reason = status, reason[:300]
    offer.answered_at = at
    offer.answered_by = actor.label[:200] if answered else ""
    offer.version += 1
    offer.save()
    DispatchTimer.objects.filter(offer=offer, done_at=None).update(done_at=at)
    journal.record(actor=actor, verb=str(status), thing=offer, at=at, reason=reason[:500])
    journal.publish(_closed(offer))


def withdraw_offers(offers: Iterable[Offer], *, reason: str, actor: Actor, at: datetime) -> int:
    """Take open offers back and tell those who had them. Returns how many."""
    count = 0
    for offer in offers:
        close_offer(offer, OfferStatus.WITHDRAWN, actor=actor, at=at, reason=reason, answered=False)
        _tell(offer, letters.OFFER_WITHDRAWN, actor, at)
        count += 1
    return count


def _made(offer: Offer) -> events.OfferMade:
    return events.OfferMade(
        offer_id=offer.pk,
        work_order_id=offer.work_order_id,
        engineer_id=offer.engineer_id or 0,
        provider_id=offer.provider_id or 0,
    )


def _closed(offer: Offer) -> events.OfferClosed:
    return events.OfferClosed(
        offer_id=offer.pk,
        work_order_id=offer.work_order_id,
        engineer_id=offer.engineer_id or 0,
        provider_id=offer.provider_id or 0,
        status=str(offer.status),
    )


def recipients_of(offer: Offer) -> list[int]:
    """Ids of the people who may answer: the engineer, or those who manage for the provider."""
    if offer.kind != OfferKind.PROVIDER:
        engineer = offer.engineer
        return [engineer.membership_id] if engineer is not None and engineer.membership_id else []
    people = Membership.objects.filter(is_active=True, provider_code=offer.provider.code)  # type: ignore[union-attr]
    return [member.pk for member in people if "work_view" in member.role.permissions]


def _tell(offer: Offer, kind: str, actor: Actor, at: datetime) -> None:
    people = recipients_of(offer)
    if not people:
        return
    work_order = offer.work_order
    facts = {
        "offer": str(offer),
        "work_order": str(work_order),
        "work_type": work_order.work_type.name,
        "area": work_order.site.area,
        "until": offer.expires_at.isoformat(),
        "reason": offer.reason,
    }
    notices.notify(
        membership_ids=people,
        kind=kind,
        facts=facts,
        path=reverse("dispatch:offer_detail", args=[current_tenant().slug, offer.pk]),
        key=f"{kind}:{offer.pk}",
        actor=actor,
        at=at,
        urgent=kind == letters.OFFERED,
    )


def open_round(offer: Offer) -> list[Offer]:
    """The open offers of the same round, locked in order."""
    found = Offer.objects.select_for_update(of=("self",)).filter(
        round_key=offer.round_key, status=OfferStatus.OFFERED
    )
    return list(found.select_related(*_WITH).order_by("id"))


def open_offers_for_update(work_order_id: int) -> list[Offer]:
    """The open offers of a work order, locked in order."""
    found = Offer.objects.select_for_update(of=("self",)).filter(
        work_order_id=work_order_id, status=OfferStatus.OFFERED
    )
    return list(found.select_related(*_WITH).order_by("id"))
