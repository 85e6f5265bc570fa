"""What the phone's pages share: the visit and who may see it, its time zone, the next tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.errors import NotFound
from customers.models import Site
from delivery import permissions, rules
from delivery.queries import Evidence
from dispatch import queries as visits
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from tenants.http import TenantRequest


@dataclass(frozen=True)
class Tap:
    """The one primary button: a form that posts to `url`, or a link to it."""

    label: str | Promise
    icon: str
    url: str
    posts: bool = True


def visit_for(request: TenantRequest, visit_id: int) -> Visit:
    """The visit for its engineer's phone. Raises `NotAllowed`, and `NotFound` while the plan is private."""
    visit = visits.get_visit(visit_id)
    permissions.check_performs(request.actor, visit)
    if visit.status not in rules.SHOWN_TO_ENGINEER:
        raise NotFound(_("%(visit)s is not in your list. Look at today's visits again.") % {"visit": visit})
    return visit


def leads_back(request: TenantRequest, visit: Visit) -> HttpResponse | None:
    """Back to the visit's page when nobody is on site: the pages that collect evidence have nothing to do."""
    return None if visit.status in rules.COLLECTING else go(request, "visit", visit.pk)


def zone_of(request: TenantRequest, site: Site) -> ZoneInfo:
    """Times at a site are told in the site's zone."""
    return site.zone or request.tenant.zone


def show(
    request: TenantRequest, template: str, visit: Visit, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of one visit, in the zone of its site."""
    order = visit.work_order
    everything = {"visit": visit, "order": order, "site": order.site, **context}
    with timezone.override(zone_of(request, order.site)):
        return render(request, f"delivery/{template}.html", everything, status=status)


def url_of(request: TenantRequest, name: str, *args: int | str) -> str:
    """A page of delivery in this tenant."""
    return reverse(f"delivery:{name}", args=[request.tenant.slug, *args])


def posted(request: TenantRequest) -> QueryDict | None:
    """What a form was sent with, also when it was empty; None when it is only shown."""
    return request.POST if request.method == "POST" else None


def go(request: TenantRequest, name: str, *args: int | str, fragment: str = "") -> HttpResponse:
    """See other: the answer to a form that worked."""
    url = url_of(request, name, *args)
    return HttpResponseRedirect(f"{url}#{fragment}" if fragment else url, status=303)


def next_tap(request: TenantRequest, visit: Visit, evidence: Evidence | None = None) -> Tap | None:
    """What the engineer does next. Without `evidence` a visit on site leads to its page."""
    first = {
        VisitStatus.DISPATCHED: (_("Accept"), "check", "visit_accept"),
        VisitStatus.ACCEPTED: (_("Start travel"), "car", "visit_travel"),
        VisitStatus.TRAVELLING: (_("I have arrived"), "map-pin-check", "visit_arrive"),
        VisitStatus.PAUSED: (_("Go on working"), "player-play", "visit_resume"),
    }
    status = VisitStatus(visit.status)
    if status in first:
        label, icon, name = first[status]
        return Tap(label, icon, url_of(request, name, visit.pk))
    if status == VisitStatus.ON_SITE:
        return _tap_on_site(request, visit, evidence)
    return _rating_tap(request, visit) if status == VisitStatus.DONE else None


def _tap_on_site(request: TenantRequest, visit: Visit, evidence: Evidence | None) -> Tap:
    if evidence is None:
        return Tap(_("Continue the visit"), "tool", url_of(request, "visit", visit.pk), posts=False)
    if any(lack.kind == "item" for lack in evidence.missing):
        label = _("Continue checklist") if evidence.done_count else _("Start checklist")
        return Tap(label, "list-check", url_of(request, "visit_checklist", visit.pk), posts=False)
    if evidence.signature is None:
        return Tap(
            _("Ask for the signature"), "signature", url_of(request, "visit_sign", visit.pk), posts=False
        )
    return Tap(_("Finish"), "circle-check", url_of(request, "visit_finish", visit.pk), posts=False)


def _rating_tap(request: TenantRequest, visit: Visit) -> Tap | None:
    """The page with the rating code belongs to a later stage: linked by its name, when it is there."""
    try:
        url = reverse("feedback:visit_qr", args=[request.tenant.slug, visit.pk])
    except NoReverseMatch:
        return None
    return Tap(_("Show rating code"), "qrcode", url, posts=False)


def tabs(request: TenantRequest, current: str) -> list[dict[str, Any]]:
    """The phone's bottom tabs."""
    places = [
        ("today", "list-check", _("Today")),
        ("van", "package", _("Parts")),
        ("me", "user", _("Me")),
    ]
    return [
        {"url": url_of(request, name), "icon": icon, "label": label, "current": name == current}
        for name, icon, label in places
    ]


def navigate_url(site: Site) -> str:
    """A map that leads there. In China that is Amap, told that our coordinates are WGS-84."""
    is_placed = site.latitude is not None and site.longitude is not None
    if not is_placed and not site.address:
        return ""
    if (translation.get_language() or "").startswith("zh"):
        if is_placed:
            place = f"{site.longitude},{site.latitude},{quote(site.name)}"
            return f"https://uri.amap.com/navigation?to={place}&mode=car&coordinate=wgs84"
        return f"https://uri.amap.com/search?keyword={quote(site.address)}"
    target = (
        f"{site.latitude},{site.longitude}" if is_placed else quote(f"{site.address} {site.city}".strip())
    )
    return f"https://www.google.com/maps/dir/?api=1&destination={target}"
