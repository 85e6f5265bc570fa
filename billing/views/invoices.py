"""Invoices: list, one with its payments, its paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from billing import queries, rules, services, wording
from billing.enums import InvoiceStatus
from billing.forms import PaymentForm, RefundForm, ReverseForm, TakeBackForm
from billing.models import Invoice
from core.clock import now
from core.errors import BadInput
from core.formats import money
from core.forms import tell
from core.money import to_major
from core.text import clean
from customers import queries as customers
from tenants.http import TenantRequest

ROWS = 50
CARD_ROWS = 10
"""How many invoices the card of a customer shows."""


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def invoice_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Invoices, newest first, by state, number or customer."""
    found = queries.invoices()
    status, text = request.GET.get("status", ""), clean(request.GET.get("q", "")).strip()
    today = timezone.localdate()
    if status == "overdue":
        found = found.filter(status=InvoiceStatus.ISSUED, due_on__lt=today)
    elif status in InvoiceStatus.values:
        found = found.filter(status=status)
    if request.GET.get("month") == "this":
        start = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        found = found.filter(issued_at__gte=start)
    if text:
        number = text.upper().removeprefix("INV-")
        found = (
            found.filter(number=int(number))
            if number.isdecimal() and len(number) < 18
            else found.filter(customer__name__icontains=text)
        )
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(invoice, _state(invoice)) for invoice in page]
    choices = [("", _("Every state")), ("issued", _("To be paid")), ("overdue", _("Overdue"))]
    choices += [("paid", _("Paid")), ("reversed", _("Reversed"))]
    context = {"page": page, "rows": rows, "q": text, "status": status, "choices": choices}
    return render(request, "billing/invoice_list.html", context)


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def invoice_detail(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """One invoice with its lines, payments and bookings."""
    return _detail(request, queries.get_invoice(pk))


def _detail(
    request: TenantRequest,
    invoice: Invoice,
    *,
    payment: PaymentForm | None = None,
    refund: RefundForm | None = None,
    reverse_form: ReverseForm | None = None,
    take_back: dict[int, TakeBackForm] | None = None,
) -> HttpResponse:
    paid = invoice.paid_minor  # type: ignore[attr-defined]
    rest, is_reversed = invoice.total_minor - paid, invoice.status == InvoiceStatus.REVERSED
    at = now()
    days, back_days = queries.days_of_receipt(invoice, at=at), queries.days_of_refund(invoice, at=at)
    account = queries.account_of(invoice.customer_id)
    may_record = request.actor.can(Permission.PAYMENT_RECORD)
    is_open = invoice.status == InvoiceStatus.ISSUED
    to_pay = {"amount": to_major(rest, invoice.currency), "received_on": days[1]}
    to_refund = {"amount": to_major(paid, invoice.currency), "paid_on": days[1]}
    context: dict[str, Any] = {
        "invoice": invoice,
        "state": _state(invoice),
        "rest_minor": rest,
        "lines": _lines(invoice),
        "receipts": [
            (one, (take_back or {}).get(one.payment.pk) or _take_back_form(one.payment.pk))
            for one in queries.receipts_of(invoice.pk)
        ],
        "may_take_back": may_record,
        "entries": invoice.ledger_entries.prefetch_related("lines"),
        "payment_form": payment or PaymentForm(currency=invoice.currency, days=days, initial=to_pay),
        "refund_form": refund or RefundForm(currency=invoice.currency, days=back_days, initial=to_refund),
        "reverse_form": reverse_form or ReverseForm(),
        "is_open": is_open,
        "credit_minor": paid if is_reversed else None,
        "usable_minor": min(account.credit_minor, rest) if is_open else 0,
        "may_pay": may_record and is_open,
        "may_refund": may_record and is_reversed and paid > 0,
        "may_reverse": request.actor.can(Permission.INVOICE_ISSUE) and not is_reversed,
    }
    bad = any(form and form.errors for form in (payment, refund, reverse_form)) or bool(take_back)
    return render(request, "billing/invoice_detail.html", context, status=422 if bad else 200)


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def customer_invoices(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """What a customer owes, their credit and their latest invoices: a card of their record, or a page of its own."""
    customer = customers.get_customer(pk)
    rows = [(one, _state(one)) for one in queries.invoices().filter(customer=customer)[:CARD_ROWS]]
    context = {"customer": customer, "rows": rows, "account": queries.account_of(pk)}
    fragment = request.headers.get("HX-Request")
    template = "billing/_customer_invoices.html" if fragment else "billing/customer_invoices.html"
    return render(request, template, context)


@permitted(Permission.PAYMENT_RECORD)
@require_POST
def invoice_pay(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Record a payment."""
    invoice = queries.get_invoice(pk)
    days = queries.days_of_receipt(invoice, at=now())
    form = PaymentForm(request.POST, currency=invoice.currency, days=days)
    if not form.is_valid():
        return _detail(request, invoice, payment=form)
    facts = dict(form.cleaned_data)
    amount = facts.pop("amount")
    try:
        services.record_payment(invoice_id=pk, amount_minor=amount, actor=request.actor, at=now(), **facts)
    except BadInput as problem:
        tell(form, problem)
        return _detail(request, invoice, payment=form)
    messages.success(request, _("%(amount)s recorded.") % {"amount": money(amount, invoice.currency)})
    return _to_invoice(slug, pk)


@permitted(Permission.PAYMENT_RECORD)
@require_POST
def invoice_refund(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Record that credit of a reversed invoice was paid back."""
    invoice = queries.get_invoice(pk)
    days = queries.days_of_refund(invoice, at=now())
    form = RefundForm(request.POST, currency=invoice.currency, days=days)
    if not form.is_valid():
        return _detail(request, invoice, refund=form)
    facts = dict(form.cleaned_data)
    amount = facts.pop("amount")
    try:
        services.refund_credit(invoice_id=pk, amount_minor=amount, actor=request.actor, at=now(), **facts)
    except BadInput as problem:
        tell(form, problem)
        return _detail(request, invoice, refund=form)
    messages.success(request, _("%(amount)s paid back.") % {"amount": money(amount, invoice.currency)})
    return _to_invoice(slug, pk)


@permitted(Permission.PAYMENT_RECORD)
@require_POST
def invoice_use_credit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Pay from the customer's credit."""
    carried = services.use_credit(invoice_id=pk, actor=request.actor, at=now())
    amount = money(carried, queries.get_invoice(pk).currency)
    messages.success(request, _("%(amount)s of the customer's credit used.") % {"amount": amount})
    return _to_invoice(slug, pk)


@permitted(Permission.PAYMENT_RECORD)
@require_POST
def payment_take_back(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Take a payment back."""
    payment = queries.get_payment(pk)
    form = _take_back_form(pk, request.POST)
    if not form.is_valid():
        return _detail(request, queries.get_invoice(payment.invoice_id), take_back={pk: form})
    back = services.take_back_payment(
        payment_id=pk, reason=form.cleaned_data["reason"], actor=request.actor, at=now()
    )
    amount = money(-back.amount_minor, payment.invoice.currency)
    messages.success(request, _("%(amount)s taken back.") % {"amount": amount})
    return _to_invoice(slug, payment.invoice_id)


def _take_back_form(pk: int, data: QueryDict | None = None) -> TakeBackForm:
    """One of several on the page, each with ids of its own."""
    return TakeBackForm(data, auto_id=f"take-back-{pk}-%s")


@permitted(Permission.INVOICE_ISSUE)
@require_POST
def invoice_reverse(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invoice back."""
    form = ReverseForm(request.POST)
    if not form.is_valid():
        return _detail(request, queries.get_invoice(pk), reverse_form=form)
    invoice = services.reverse_invoice(
        invoice_id=pk, reason=form.cleaned_data["reason"], actor=request.actor, at=now()
    )
    text = _("%(invoice)s is reversed. Its work order can be invoiced anew.") % {"invoice": invoice}
    if held := queries.paid_minor(pk):
        kept = _("%(amount)s that came in is now the customer's credit.")
        text = f"{text} {kept % {'amount': money(held, invoice.currency)}}"
    messages.success(request, text)
    return _to_invoice(slug, pk)


@permitted(Permission.SETTLEMENT_VIEW)
@require_safe
def invoice_print(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The paper, in the customer's language and the company's time zone."""
    invoice = queries.get_invoice(pk)
    paid = invoice.paid_minor  # type: ignore[attr-defined]
    days = [one.payment.received_on for one in queries.receipts_of(pk) if one.counts]
    with translation.override(invoice.language), timezone.override(request.tenant.zone):
        context = {
            "paid_minor": paid,
            "rest_minor": invoice.total_minor - paid,
            "paid_on": max(days, default=None),
            "invoice": invoice,
            "lines": _lines(invoice),
            "company": request.tenant,
            "rates": _rates(invoice),
        }
        response = render(request, "billing/invoice_print.html", context)
    response.headers["Content-Language"] = invoice.language
    return response


def _lines(invoice: Invoice) -> list[dict[str, Any]]:
    lines = invoice.lines.select_related("charge__visit")
    return [
        {
            "line": line,
            "quantity": wording.amount_of(line.quantity, line.unit),
            "rate": wording.plain(line.tax_rate_percent),
            "at": (line.charge.visit.ended_at or line.charge.visit.end_at) if line.charge.visit else None,
        }
        for line in lines
    ]


def _rates(invoice: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "rate": wording.plain(row["rate_percent"]),
            "net": row["net_minor"],
            "tax": row["tax_minor"],
            "total": row["net_minor"] + row["tax_minor"],
        }
        for row in invoice.taxes
    ]


def _state(invoice: Invoice) -> str:
    paid = invoice.paid_minor  # type: ignore[attr-defined]
    return rules.invoice_state(
        invoice.status, paid_minor=paid, due=invoice.due_on, today=timezone.localdate()
    )


def _to_invoice(slug: str, pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("billing:invoice_detail", args=[slug, pk]), status=303)
