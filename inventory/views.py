"""Pages of parts and stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core import formats
from core.clock import now
from core.errors import Refusal
from core.text import clean
from inventory import queries, services
from inventory.forms import CountForm, LocationForm, MinimumForm, PartForm, ReceiveForm, TransferForm
from inventory.models import Movement, Part
from tenants.http import TenantRequest

PER_PAGE = 50


@require_safe
@permitted(Permission.STOCK_VIEW)
def stock_level_list(request: TenantRequest, slug: str) -> HttpResponse:
    """What lies where, low stock first; filtered by place, text and "low only"."""
    text = clean(request.GET.get("q", "")).strip()[:100]
    place = _number(request.GET.get("location", ""))
    only_low = request.GET.get("low") == "1"
    levels = queries.stock_levels(text=text, location_id=place)
    context = {
        "page": _page(request, queries.low_stock_among(levels) if only_low else levels),
        "low_count": queries.low_stock_among(levels).count(),
        "locations": queries.locations(),
        "text": text,
        "place": place,
        "only_low": only_low,
        "has_parts": bool(text or place or only_low) or queries.parts().exists(),
        **_rights(request),
    }
    return render(request, "inventory/stock_level_list.html", context)


@require_safe
@permitted(Permission.STOCK_VIEW)
def part_list(request: TenantRequest, slug: str) -> HttpResponse:
    """The catalogue."""
    text = clean(request.GET.get("q", "")).strip()[:100]
    page = _page(request, queries.parts_with_stock(text))
    return render(request, "inventory/part_list.html", {"page": page, "text": text, **_rights(request)})


@require_safe
@permitted(Permission.STOCK_VIEW)
def part_detail(request: TenantRequest, slug: str, part_id: int) -> HttpResponse:
    """One part: where it lies, and every movement."""
    return _part_page(request, queries.get_part(part_id))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def part_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new part."""
    form = PartForm(_posted(request), currency=request.tenant.currency)
    del form.fields["is_active"]

    def save() -> HttpResponse:
        part = services.create_part(actor=request.actor, at=now(), **form.facts)
        messages.success(request, _("%(part)s is in the catalogue.") % {"part": part})
        return _see("inventory:part_detail", slug, part.pk)

    return _save_page(request, "part_form", form, save)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def part_edit(request: TenantRequest, slug: str, part_id: int) -> HttpResponse:
    """Change a part's facts."""
    part = queries.get_part(part_id)
    form = PartForm(_posted(request), currency=request.tenant.currency, part=part)

    def save() -> HttpResponse:
        services.update_part(part_id=part.pk, actor=request.actor, at=now(), **form.facts)
        messages.success(request, _("Saved %(part)s.") % {"part": form.facts["code"]})
        return _see("inventory:part_detail", slug, part.pk)

    return _save_page(request, "part_form", form, save, part=part)


@require_http_methods(["POST"])
@permitted(Permission.STOCK_EDIT)
def minimum_set(request: TenantRequest, slug: str, part_id: int) -> HttpResponse:
    """Below how many this part runs low at a place."""
    part = queries.get_part(part_id)
    form = MinimumForm(request.POST)
    if not form.is_valid():
        return _part_page(request, part, form)
    location, minimum = form.cleaned_data["location"], form.cleaned_data["minimum"]
    services.set_minimum(
        part_id=part.pk, location_id=location.pk, minimum=minimum, actor=request.actor, at=now()
    )
    text = _("%(location)s: at least %(minimum)s from now on.")
    messages.success(request, text % {"location": location, "minimum": formats.quantity(minimum)})
    return _see("inventory:part_detail", slug, part.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def location_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new store, branch or van."""
    form = LocationForm(_posted(request))

    def save() -> HttpResponse:
        facts = dict(form.cleaned_data)
        engineer = facts.pop("engineer")
        location = services.create_location(
            engineer_id=engineer.pk if engineer else None, actor=request.actor, at=now(), **facts
        )
        messages.success(request, _("%(location)s can hold parts now.") % {"location": location})
        return _see("inventory:stock_level_list", slug)

    return _save_page(request, "location_form", form, save)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def stock_receive(request: TenantRequest, slug: str) -> HttpResponse:
    """Put parts that arrived on the shelf."""

    def receive(facts: dict[str, Any], order: dict[str, Any]) -> str:
        services.receive_stock(
            part_id=facts["part"].pk,
            location_id=facts["location"].pk,
            quantity=facts["quantity"],
            **order,
        )
        text = _("Received %(quantity)s × %(part)s at %(location)s.")
        return text % {**facts, "quantity": formats.quantity(facts["quantity"])}

    return _movement(request, "stock_receive", ReceiveForm, receive)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def stock_transfer(request: TenantRequest, slug: str) -> HttpResponse:
    """Move parts from one place to another."""

    def transfer(facts: dict[str, Any], order: dict[str, Any]) -> str:
        services.transfer_stock(
            part_id=facts["part"].pk,
            from_id=facts["location"].pk,
            to_id=facts["target"].pk,
            quantity=facts["quantity"],
            **order,
        )
        text = _("Moved %(quantity)s × %(part)s from %(location)s to %(target)s.")
        return text % {**facts, "quantity": formats.quantity(facts["quantity"])}

    return _movement(request, "stock_transfer", TransferForm, transfer)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.STOCK_EDIT)
def stock_count(request: TenantRequest, slug: str) -> HttpResponse:
    """Set the ledger right after a count."""

    def count(facts: dict[str, Any], order: dict[str, Any]) -> str:
        movement = services.count_stock(
            part_id=facts["part"].pk, location_id=facts["location"].pk, counted=facts["quantity"], **order
        )
        if movement is None:
            return _("The count of %(part)s agrees: nothing to correct.") % facts
        text = _("Corrected %(part)s at %(location)s to %(quantity)s.")
        return text % {**facts, "quantity": formats.quantity(facts["quantity"])}

    return _movement(request, "stock_count", CountForm, count)


def _movement(
    request: TenantRequest,
    template: str,
    form_class: type[Form],
    move: Callable[[dict[str, Any], dict[str, Any]], str],
) -> HttpResponse:
    """One stock form: shown with the part and place of the link, or carried out."""
    chosen = {name: _number(request.GET.get(name, "")) for name in ("part", "location", "target")}
    form = form_class(_posted(request), initial=chosen)

    def save() -> HttpResponse:
        facts = dict(form.cleaned_data)
        order = {
            "key": request.POST.get("idempotency_key", "")[:90] or uuid4().hex,
            "actor": request.actor,
            "at": now(),
            "reason": facts["reason"],
        }
        messages.success(request, move(facts, order))
        return _see("inventory:part_detail", request.tenant.slug, facts["part"].pk)

    return _save_page(request, template, form, save)


def _save_page(
    request: TenantRequest, template: str, form: Form, save: Callable[[], HttpResponse], **context: Any
) -> HttpResponse:
    """What `save` answers to a good form; else the form's page, with 422 and what was wrong when tried."""
    if request.method == "POST" and form.is_valid():
        try:
            return save()
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    status = 422 if form.errors else 200
    return render(request, f"inventory/{template}.html", {"form": form, **context}, status=status)


def _part_page(request: TenantRequest, part: Part, form: MinimumForm | None = None) -> HttpResponse:
    levels = list(queries.stock_of_part(part.pk))
    page: Page[Movement] = _page(request, queries.movements_of_part(part.pk))
    context = {
        "part": part,
        "levels": levels,
        "on_hand": sum(level.on_hand for level in levels),
        "page": page,
        "form": form or MinimumForm(),
        **_rights(request),
    }
    return render(request, "inventory/part_detail.html", context, status=422 if form else 200)


def _page(request: TenantRequest, rows: QuerySet[Any]) -> Page[Any]:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def _rights(request: TenantRequest) -> dict[str, Any]:
    return {"may_edit": request.actor.can(Permission.STOCK_EDIT), "currency": request.tenant.currency}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _see(name: str, *args: str | int) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=args), status=303)


def _posted(request: TenantRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
