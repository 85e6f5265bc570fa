"""How far a request is, for whoever asked: its number, its state, and the visits of its work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.clock import now
from core.formats import local_span
from dispatch.models import Visit
from dispatch.rules import ENDED_SHORT, UNDER_WAY
from feedback import links, queries, wording
from feedback.enums import LinkPurpose
from feedback.views.doors import customer_page, gone
from tenants.http import TenantRequest
from tickets import queries as tickets

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Trip:
    """What the customer reads of visits that go together. `rate_path` is empty where there is nothing to rate, or it
    was rated."""

    who: str
    when: str
    sentence: str
    steps: Sequence[wording.Step]
    is_awaited: bool
    is_over: bool
    is_rated: bool
    rate_path: str


@customer_page
@require_safe
def followed(request: TenantRequest, slug: str) -> HttpResponse:
    """How far the request is that the code of `?f=` names. The number is that of the letter, also when it goes on in
    another ticket. Refreshes itself while somebody is to come."""
    asked = tickets.find_followed(request.GET.get("f", ""))
    if asked is None:
        return gone(request)
    living = tickets.find_living_id(asked.pk)
    ticket = asked if living in (None, asked.pk) else tickets.get_ticket(living)
    at = now()
    visits = queries.visits_known(ticket.pk)
    trips = trips_of(request, visits, at)
    under_way = next((visit for visit in visits if visit.status in UNDER_WAY), None)
    context = {
        "brand": request.tenant.name,
        "company": request.tenant,
        "ticket": asked,
        "sentence": wording.sentence_of(under_way) if under_way else wording.progress_of(ticket, at),
        "opened_at": asked.opened_at,
        "trips": trips,
        "is_awaited": any(not trip.is_over for trip in trips),
    }
    return render(request, "feedback/followed.html", context)


def trips_of(request: TenantRequest, visits: Iterable[Visit], at: datetime) -> list[Trip]:
    """Who comes first, then who was there last; a crew is one trip. Times are those of the place."""
    together: dict[object, list[Visit]] = {}
    for visit in visits:
        together.setdefault(visit.crew_key or visit.pk, []).append(visit)
    ids = [visit.pk for members in together.values() for visit in members]
    rated = queries.rated_among(ids)
    rating = queries.living_links(ids, LinkPurpose.RATE, at)
    trips = []
    for members in together.values():
        lead = wording.lead_of(members)
        path = next(
            (links.path_of(request.tenant, rating[one.pk]) for one in members if one.pk in rating), ""
        )
        is_rated = any(one.pk in rated for one in members)
        trips.append(
            Trip(
                who=", ".join(one.engineer.name for one in members),
                when=_when(lead, lead.work_order.site.zone or request.tenant.zone),
                sentence=wording.sentence_of(lead) if lead.status in ENDED_SHORT else "",
                steps=wording.steps_of(lead),
                is_awaited=lead.arrived_at is None and not lead.is_over,
                is_over=lead.is_over,
                is_rated=is_rated,
                rate_path="" if is_rated else path,
            )
        )
    coming = [trip for trip in trips if not trip.is_over]
    return [*coming, *(trip for trip in reversed(trips) if trip.is_over)][:MOST_SHOWN]


def _when(visit: Visit, zone: ZoneInfo) -> str:
    """When they come as they were told; of what has begun, when it really was."""
    with timezone.override(zone):
        if visit.is_over:
            return local_span(visit.shown_start_at, visit.shown_end_at)
        if visit.arrived_at is not None:
            return local_span(visit.arrived_at, None)
        window = wording.window_of(visit)
        return local_span(window.start_at, window.end_at)
