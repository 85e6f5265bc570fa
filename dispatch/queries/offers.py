"""Reads of offers: who sees which, what a provider takes, and until when an answer counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.calendars import Calendar, advance
from core.errors import NotFound
from dispatch.enums import OfferStatus
from dispatch.models import Offer, Visit, WorkOrder
from dispatch.rules import OCCUPYING, is_among
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import queries as tickets
from workforce.models import Provider

USUAL_MINUTES = 30


def offers() -> QuerySet[Offer]:
    """Offers with what a list shows, newest first."""
    return Offer.objects.select_related(
        "engineer", "provider", "work_order__site", "work_order__work_type", "work_order__customer", "visit"
    )


def offers_for(actor: Actor) -> QuerySet[Offer]:
    """The offers this actor may see: a planner all, a provider's people and engineers their own."""
    found = offers()
    if actor.can(Permission.VISIT_PLAN, Permission.WORK_VIEW):
        if not actor.provider_code:
            return found
        theirs = Q(provider__code=actor.provider_code) | Q(engineer__provider__code=actor.provider_code)
        return found.filter(theirs)
    if actor.membership_id is None:
        return found.none()
    return found.filter(engineer__membership_id=actor.membership_id)


def get_offer_for(actor: Actor, offer_id: int) -> Offer:
    """One offer this actor may see. Raises `NotFound`."""
    found = offers_for(actor).filter(pk=offer_id).first()
    if found is None:
        raise NotFound(_("Offer %(id)s: not found.") % {"id": offer_id})
    return found


def waiting_offers_for(actor: Actor) -> int:
    """How many offers wait for an answer of this actor."""
    return offers_for(actor).filter(status=OfferStatus.OFFERED).order_by().count()


def offers_of(work_order_id: int) -> QuerySet[Offer]:
    """A work order's offers, newest first."""
    return offers().filter(work_order_id=work_order_id)


def open_offers_of(work_order_id: int) -> QuerySet[Offer]:
    """Those that wait for an answer."""
    return offers_of(work_order_id).filter(status=OfferStatus.OFFERED)


def has_refused(work_order_id: int) -> set[int]:
    """Ids of engineers who said no to this work, or did not answer."""
    closed = Offer.objects.filter(
        work_order_id=work_order_id, status__in=[OfferStatus.DECLINED, OfferStatus.EXPIRED]
    )
    return set(closed.exclude(engineer=None).values_list("engineer_id", flat=True))


def provider_of_step(step: Mapping[str, Any]) -> Provider | None:
    """The provider that a step names, with its scope loaded."""
    found = Provider.objects.prefetch_related("provider_skills", "territories")
    return found.filter(pk=step.get("provider") or 0).first()


def why_not_provider(provider: Provider | None, work_order: WorkOrder, at: datetime) -> str:
    """Why a provider is not offered this work: a code of `dispatch.reasons.no_step`, or ""."""
    if provider is None or not provider.is_active:
        return "provider_inactive"
    skills = {row.skill_id for row in provider.provider_skills.all()}
    needed = {row.skill_id for row in work_order.work_order_skills.all()}
    areas = {area for territory in provider.territories.all() for area in territory.areas}
    if (skills and not needed <= skills) or (areas and not is_among(work_order.site.area, areas)):
        return "provider_scope"
    return "provider_full" if _is_full(provider, at) else ""


def _is_full(provider: Provider, at: datetime) -> bool:
    if provider.visits_a_day is None:
        return False
    day = at.astimezone(current_tenant().zone).replace(hour=0, minute=0, second=0, microsecond=0)
    booked = Visit.objects.filter(
        engineer__provider=provider,
        start_at__gte=day,
        start_at__lt=day + timedelta(days=1),
        status__in=OCCUPYING,
    ).count()
    waiting = Offer.objects.filter(provider=provider, status=OfferStatus.OFFERED).count()
    return booked + waiting >= provider.visits_a_day


def expires_at(step: Mapping[str, Any], provider: Provider | None, at: datetime) -> datetime:
    """When an offer made now ends: so many business minutes on, by the step's calendar.

    Without one of its own the company's first calendar counts; 0, or no calendar at all, is around the clock.
    """
    minutes = step.get("accept_minutes") or (provider.accept_minutes if provider else USUAL_MINUTES)
    length = timedelta(minutes=int(minutes))
    wanted = step.get("calendar")
    found = tickets.calendars().filter(is_active=True).order_by("id")
    chosen = None if wanted == 0 else found.filter(pk=wanted).first() if wanted else found.first()
    if chosen is None or chosen.current_id is None:
        return at + length
    zone = chosen.time_zone or current_tenant().time_zone
    calendar: Calendar
    calendar, place = tickets.calendar_of(chosen.current_id, zone)
    return advance(calendar, place, at, length) or at + length
