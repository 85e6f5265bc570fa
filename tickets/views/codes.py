"""The codes on equipment: labels to print, and the form that a code opens for whoever stands there."""

from __future__ import annotations

import hashlib
import io

import segno
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import Permission
from accounts.guards import permitted
from core.callers import throttled_part
from core.clock import now
from customers import queries as customers
from customers.models import Asset
from tenants.enums import Language
from tenants.http import TenantRequest
from tickets import links, queries, services
from tickets.forms import AssetRequestForm
from tickets.models import AssetCode
from tickets.queries.codes import MOST_LABELS
from tickets.views.limits import WINDOW_SECONDS, is_over
from tickets.views.requests import SALT
from tickets.views.uploads import LIMITS, read_uploads

PER_ADDRESS = 10
PER_CODE = 30
PER_TENANT = 300
SHOWN = 3


@permitted(Permission.CUSTOMER_EDIT)
@require_http_methods(["GET", "POST"])
def label_list(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The labels of a customer's equipment on A4; `?asset=` only of one. POST makes the codes that are missing."""
    customer = customers.get_customer(pk)
    one = request.GET.get("asset", "")
    found = customers.assets_of(pk)
    if one:
        found = found.filter(pk=int(one) if one.isdecimal() and len(one) < 18 else 0)
    assets = list(found[:MOST_LABELS])
    if request.method == "POST":
        services.issue_codes(asset_ids=[asset.pk for asset in assets], actor=request.actor, at=now())
        return HttpResponseRedirect(request.get_full_path(), status=303)
    known = queries.codes_of(assets)
    context = {
        "customer": customer,
        "labels": [(asset, *_label(request, asset, known.get(asset.pk))) for asset in assets],
        "missing": len(assets) - len(known),
        "doc_lang": request.tenant.language,
    }
    return render(request, "tickets/label_list.html", context)


@permitted(Permission.CUSTOMER_EDIT)
@require_POST
def code_reissue(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Another code for this asset: the old label is worth nothing from now on."""
    code = services.reissue_code(asset_id=pk, actor=request.actor, at=now())
    messages.success(request, _("The asset has a new code. Print its label again."))
    return _back(request, code.asset)


@permitted(Permission.CUSTOMER_EDIT)
@require_POST
def code_revoke(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """No code for this asset."""
    services.revoke_code(asset_id=pk, actor=request.actor, at=now())
    messages.success(request, _("The code is revoked. Whoever scans it is told so."))
    return _back(request, customers.get_asset(pk))


@require_http_methods(["GET", "POST"])
def asset_request(request: TenantRequest, slug: str, code: str) -> HttpResponse:
    """Report what is wrong with the equipment whose code was scanned. A wrong code is the same as a revoked one."""
    if request.method == "POST" and _is_flood(request, code):
        context = {"brand": request.tenant.name, "minutes": WINDOW_SECONDS // 60}
        response = render(request, "tickets/request_too_many.html", context, status=429)
        response.headers["Retry-After"] = str(WINDOW_SECONDS)
        return _private(response)
    asset = queries.find_asset_by_code(code)
    if asset is None:
        return _private(
            render(request, "tickets/asset_unknown.html", {"brand": request.tenant.name}, status=404)
        )
    form = AssetRequestForm(request.POST or None)
    status = 200
    if request.method == "POST":
        files = read_uploads(request, form)
        if form.is_valid() and not form.cleaned_data["website"]:
            return _private(_take_in(request, code, form, files))
        if form.is_valid():
            # A machine filled the trap. It is told what people are told.
            return _private(HttpResponseRedirect(reverse("intake:request_thanks", args=[slug]), status=303))
        status = 422
    context = {
        "form": form,
        "asset": asset,
        "known": list(queries.open_tickets_of_asset(asset.pk)[:SHOWN]),
        "brand": request.tenant.name,
        **LIMITS,
    }
    return _private(render(request, "tickets/asset_request.html", context, status=status))


def _take_in(
    request: TenantRequest, code: str, form: AssetRequestForm, files: list[tuple[str, bytes]]
) -> HttpResponse:
    values = form.cleaned_data
    words = "\x00".join([code, *(str(values[name]) for name in ("body", "name", "phone", "ticket"))])
    given = request.POST.get("idempotency_key", "")
    ticket = services.report_by_code(
        code=code,
        key="qr:" + hashlib.sha256(f"{given}\x00{words}".encode()).hexdigest(),
        body=values["body"],
        name=values["name"],
        phone=values["phone"],
        ticket_id=values["ticket"],
        files=files,
        language=_language(),
        actor=request.actor,
        at=now(),
    )
    url = reverse("intake:request_thanks", args=[request.tenant.slug])
    return HttpResponseRedirect(f"{url}?r={signing.dumps(ticket.pk, salt=SALT)}", status=303)


def _label(request: TenantRequest, asset: Asset, code: AssetCode | None) -> tuple[str, str]:
    """The drawing and the address of an asset's code; both empty without one."""
    if code is None:
        return "", ""
    url = request.build_absolute_uri(links.path_of(request.tenant, code))
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True)
    return mark_safe(out.getvalue().decode()), url.split("://", 1)[-1]


def _back(request: TenantRequest, asset: Asset) -> HttpResponseRedirect:
    url = reverse("tickets:label_list", args=[request.tenant.slug, asset.site.customer_id])
    return HttpResponseRedirect(f"{url}?asset={asset.pk}", status=303)


def _is_flood(request: TenantRequest, code: str) -> bool:
    """Counted per address, per code and per company, so that a flood at one label spares the others."""
    tenant, address = request.tenant.pk, throttled_part(request)
    label = links.hash_of(code)[:16]
    return is_over(
        [
            (f"qr:{tenant}:{address}", PER_ADDRESS, WINDOW_SECONDS),
            (f"qr:{tenant}:{label}", PER_CODE, WINDOW_SECONDS),
            (f"qr:{tenant}", PER_TENANT, WINDOW_SECONDS),
        ]
    )


def _language() -> str:
    language = (get_language() or "").lower()
    return language if language in Language.values else ""


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
