"""The settlement split, charges and prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from billing import queries, rules, services, wording
from billing.enums import Payer
from billing.forms import ChargeForm, PriceForm
from billing.models import Charge
from core.clock import now
from core.errors import Refusal
from core.formats import money
from dispatch.models import WorkOrder
from tenants.http import TenantRequest

ROWS = 50
HUES = {Payer.CUSTOMER: "plan", Payer.MAKER: "move", Payer.US: "rest"}


@dataclass(frozen=True, slots=True)
class Row:
    """One work order to settle, with what blocks it in words."""

    order: WorkOrder
    standing: queries.Standing
    reasons: list[str]


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def settlement(request: TenantRequest, slug: str) -> HttpResponse:
    """What can be issued, what blocks the rest, and one bill beside it."""
    found = queries.settlement(at=now())
    show = request.GET.get("show", "")
    chosen = [one for one in found.standings if show in ("", one.state)]
    if request.GET.get("sort") == "newest":
        chosen.reverse()
    first = "blocked" if request.GET.get("first") == "blocked" else "ready"
    chosen.sort(key=lambda one: one.state != first)
    page = Paginator(chosen, ROWS).get_page(request.GET.get("page") or _page_of(request, chosen))
    rows = _rows(page)
    selected = _selected(request, rows)
    context: dict[str, Any] = {"found": found, "page": page, "rows": rows, "show": show, "row": selected}
    if selected is not None:
        context |= bill(selected.order.pk, request.GET.get("line", ""))
    return render(request, "billing/settlement.html", context)


def _rows(page: Page[queries.Standing]) -> list[Row]:
    standings = list(page)
    orders = queries.work_orders_by_id([one.work_order_id for one in standings])
    return [Row(orders[one.work_order_id], one, _reasons(one)) for one in standings]


def _reasons(standing: queries.Standing) -> list[str]:
    if not standing.is_priced:
        return [_("Not priced yet")]
    told = (wording.block_of(h.blocked_by, h.kind, h.description) for h in standing.hindrances)
    return list(dict.fromkeys(told))


def _page_of(request: TenantRequest, chosen: list[queries.Standing]) -> int:
    """The page that holds the work order of the link."""
    asked = request.GET.get("order", "")
    place = next((n for n, one in enumerate(chosen) if str(one.work_order_id) == asked), 0)
    return place // ROWS + 1


def _selected(request: TenantRequest, rows: list[Row]) -> Row | None:
    asked = request.GET.get("order", "")
    if not asked:
        return rows[0] if rows else None
    return next((row for row in rows if str(row.order.pk) == asked), None)


def bill(work_order_id: int, line: str = "") -> dict[str, Any]:
    """Everything the bill of a work order shows: lines, payers, sums, and how one line came to its amount."""
    charges = list(queries.charges_of(work_order_id))
    sums = queries.sums_for_customer(charges)
    explained = next(
        (c for c in charges if str(c.pk) == line), next((c for c in charges if c.blocked_by), None)
    )
    explained = explained or (charges[0] if charges else None)
    by_payer = {p: sum(c.amount_minor for c in charges if c.payer == p) for p in Payer}
    percent = rules.shares({str(p): amount for p, amount in by_payer.items()})
    return {
        "charges": [(c, wording.amount_of(c.quantity, c.unit), _others(c)) for c in charges],
        "has_others": any(c.payer != Payer.CUSTOMER for c in charges),
        "sums": sums,
        "list_minor": sum(c.amount_minor for c in charges),
        "others_minor": sum(c.amount_minor for c in charges if c.payer != Payer.CUSTOMER),
        "payers": [(Payer(p).label, HUES[Payer(p)], by_payer[Payer(p)], v) for p, v in percent.items()],
        "explained": explained,
        "told": wording.told(explained) if explained else [],
        "visits": queries.finished_visits(work_order_id),
        "due_on": rules.due_on(timezone.localdate()),
    }


def _others(charge: Charge) -> int:
    return 0 if charge.payer == Payer.CUSTOMER else charge.amount_minor


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def work_order_charges(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The charges and invoices of one work order: a fragment of its page, or a page of its own."""
    order = WorkOrder.objects.select_related("customer").filter(pk=pk).first()
    if order is None:
        raise Http404
    context = {"order": order, "invoices": queries.invoices().filter(work_order=order), **bill(pk)}
    template = "billing/_work_order_charges.html" if request.htmx else "billing/work_order_charges.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@permitted(Permission.CHARGE_EDIT)
@require_POST
def work_order_price(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Price what could not be priced before."""
    charges = services.price_again(work_order_id=pk, actor=request.actor, at=now())
    waiting = sum(1 for charge in charges if charge.blocked_by)
    if waiting or not charges:
        text = ngettext("%(n)d price is still missing.", "%(n)d prices are still missing.", waiting)
        messages.warning(request, text % {"n": waiting} if waiting else _("There is no finished visit."))
    else:
        messages.success(request, _("Priced. The invoice can be issued."))
    return _to_settlement(slug, pk)


@permitted(Permission.INVOICE_ISSUE)
@require_POST
def invoice_issue(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Issue the invoice of a work order."""
    invoice = services.issue_invoice(work_order_id=pk, actor=request.actor, at=now())
    facts = {"invoice": invoice, "total": money(invoice.total_minor, invoice.currency)}
    messages.success(request, _("%(invoice)s issued: %(total)s.") % facts)
    return HttpResponseRedirect(reverse("billing:invoice_detail", args=[slug, invoice.pk]), status=303)


@permitted(Permission.INVOICE_ISSUE)
@require_POST
def invoice_issue_ready(request: TenantRequest, slug: str) -> HttpResponse:
    """Issue every invoice that is ready."""
    issued = services.issue_ready_invoices(actor=request.actor, at=now())
    text = ngettext("%(n)d invoice issued.", "%(n)d invoices issued.", len(issued)) % {"n": len(issued)}
    messages.success(request, text)
    return HttpResponseRedirect(reverse("billing:invoice_list", args=[slug]), status=303)


@permitted(Permission.CHARGE_EDIT)
@require_http_methods(["GET", "POST"])
def charge_change(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Override a charge with a reason."""
    charge = queries.charges().filter(pk=pk).first()
    if charge is None:
        raise Http404
    form = ChargeForm(request.POST or None, charge=charge)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_charge(charge_id=pk, actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Changed: %(charge)s.") % {"charge": charge})
            return _to_settlement(slug, charge.work_order_id, line=pk)
    status = 422 if form.is_bound else 200
    context = {"form": form, "charge": charge, "told": wording.told(charge)}
    return render(request, "billing/charge_change.html", context, status=status)


@permitted(Permission.SETTLEMENT_VIEW)
@require_http_methods(["GET", "POST"])
def price_list(request: TenantRequest, slug: str) -> HttpResponse:
    """The list prices, and the form that sets one."""
    currency = request.tenant.currency
    initial = {"valid_from": timezone.localdate(), "kind": request.GET.get("kind", "labour")}
    form = PriceForm(request.POST or None, currency=currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        work_type = facts.pop("work_type")
        try:
            item = services.set_price(
                work_type_id=work_type.pk if work_type else None, actor=request.actor, at=now(), **facts
            )
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            form.add_error(None, refusal.message)
        else:
            shown = {"price": item.name, "amount": money(item.unit_price_minor, currency)}
            messages.success(request, _("%(price)s is now %(amount)s.") % shown)
            return HttpResponseRedirect(reverse("billing:price_list", args=[slug]), status=303)
    context = {
        "form": form,
        "prices": queries.price_list(),
        "may_edit": request.actor.can(Permission.CHARGE_EDIT),
        "today": timezone.localdate(),
    }
    return render(request, "billing/price_list.html", context, status=422 if form.is_bound else 200)


def _to_settlement(slug: str, work_order_id: int, line: int | None = None) -> HttpResponse:
    query = {"order": work_order_id} | ({"line": line} if line else {})
    return HttpResponseRedirect(
        f"{reverse('billing:settlement', args=[slug])}?{urlencode(query)}", status=303
    )
