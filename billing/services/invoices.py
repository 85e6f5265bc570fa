"""Invoices: issued once, or reversed; never edited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from billing import queries, rules, wording
from billing.enums import Account, InvoiceStatus, Payer
from billing.events import InvoiceIssued, InvoiceReversed
from billing.models import Charge, Invoice, InvoiceLine
from billing.services.books import book
from billing.services.charges import language_of
from billing.services.credit import carry
from core.errors import BadInput, Conflict, IllegalTransition, Refusal
from dispatch import services as dispatch
from dispatch.enums import WorkOrderStatus
from dispatch.models import WorkOrder
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant
from tenants.services import next_number

MOST_AT_ONCE = 200


@transaction.atomic
def issue_invoice(*, work_order_id: int, actor: Actor, at: datetime) -> Invoice:
    """Bill the customer's charges of a finished work order and settle it.

    Refused while a price is missing, the work is not finished, or an invoice stands already. The number is
    taken last, so that a refusal leaves no gap. Tax is rounded once per rate. What came in for an earlier invoice of
    the work, which was reversed, is carried over.
    """
    order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.INVOICE_ISSUE, order)
    charges = list(queries.charges_of(work_order_id))
    _check_can_issue(order, charges)
    tenant = current_tenant()
    billed = [charge for charge in charges if charge.payer == Payer.CUSTOMER]
    sums = rules.sums_of((charge.tax_rate_percent, charge.amount_minor) for charge in billed)
    if order.status != WorkOrderStatus.SETTLED:
        dispatch.settle_work_order(work_order_id=work_order_id, actor=actor, at=at)
    invoice = Invoice.objects.create(
        number=next_number("invoice"),
        work_order=order,
        customer=order.customer,
        currency=tenant.currency,
        net_minor=sums.net_minor,
        tax_minor=sums.tax_minor,
        total_minor=sums.total_minor,
        taxes=list(sums.taxes),
        language=language_of(order),
        recipient=_recipient(order),
        issued_at=at,
        due_on=rules.due_on(at.astimezone(tenant.zone).date()),
    )
    _print_lines(invoice, billed)
    booked = {
        Account.RECEIVABLE: sums.total_minor,
        Account.REVENUE: -sums.net_minor,
        Account.TAX: -sums.tax_minor,
    }
    book(invoice, "issued", booked, at)
    changes = {"total_minor": sums.total_minor, "work_order": str(order)}
    journal.record(actor=actor, verb="invoice_issued", thing=invoice, at=at, changes=changes)
    journal.publish(InvoiceIssued(invoice_id=invoice.pk, work_order_id=order.pk))
    carry(invoice, queries.invoices_for_update(_replaced(order)), actor=actor, at=at)
    return invoice


@transaction.atomic
def issue_ready_invoices(*, actor: Actor, at: datetime) -> list[Invoice]:
    """Issue what is ready, longest finished first, at most 200 at a time; what is refused is left."""
    actor.require(Permission.INVOICE_ISSUE)
    issued = []
    ready = [one.work_order_id for one in queries.standings() if one.state == "ready"]
    for work_order_id in ready[:MOST_AT_ONCE]:
        try:
            issued.append(issue_invoice(work_order_id=work_order_id, actor=actor, at=at))
        except Refusal:
            continue
    return issued


@transaction.atomic
def reverse_invoice(*, invoice_id: int, reason: str, actor: Actor, at: datetime) -> Invoice:
    """Take an invoice back: what it asked for is booked back, and the work can be billed anew.

    Money that came in stays: it is the customer's credit, which the new invoice of the work takes over, which any
    other of their invoices can use, or which is paid back (`refund_credit`).
    """
    invoice = queries.invoice_for_update(invoice_id)
    actor.require(Permission.INVOICE_ISSUE, invoice)
    if not reason.strip():
        raise BadInput(
            _("Say why %(invoice)s is reversed.") % {"invoice": invoice}, errors={"reason": [_("Required.")]}
        )
    if invoice.status == InvoiceStatus.REVERSED:
        raise IllegalTransition(_("%(invoice)s is already reversed.") % {"invoice": invoice})
    held = queries.paid_minor(invoice.pk)
    back = {
        Account.REVENUE: invoice.net_minor,
        Account.TAX: invoice.tax_minor,
        Account.RECEIVABLE: held - invoice.total_minor,
        Account.CREDIT: -held,
    }
    book(invoice, "reversed", back, at)
    before, invoice.status = invoice.status, InvoiceStatus.REVERSED
    invoice.reversed_at, invoice.reversed_by = at, actor.label[:200]
    invoice.reverse_reason = reason.strip()
    invoice.save()
    changes = {"status": [before, invoice.status], "credit_minor": held}
    journal.record(actor=actor, verb="invoice_reversed", thing=invoice, at=at, changes=changes, reason=reason)
    journal.publish(InvoiceReversed(invoice_id=invoice.pk, work_order_id=invoice.work_order_id))
    return invoice


def _replaced(order: WorkOrder) -> list[int]:
    """The work's earlier invoices, which were reversed: what came in for them is for this one."""
    own = Invoice.objects.filter(work_order=order, status=InvoiceStatus.REVERSED)
    return list(own.values_list("pk", flat=True))


def _check_can_issue(order: WorkOrder, charges: list[Charge]) -> None:
    if invoice := queries.standing_invoice(order.pk):
        raise Conflict(
            _("%(order)s is already invoiced by %(invoice)s. Reverse that one first.")
            % {"order": order, "invoice": invoice}
        )
    if order.status not in queries.FINISHED:
        raise IllegalTransition(
            _("%(order)s is %(status)s. It can be invoiced when its work is done.")
            % {"order": order, "status": WorkOrderStatus(order.status).label}
        )
    if not charges:
        raise IllegalTransition(
            _("%(order)s has no charges yet. Price its visits first.") % {"order": order}, code="not_priced"
        )
    reasons = [wording.block_of(c.blocked_by, c.kind, c.description) for c in charges if c.blocked_by]
    if reasons:
        raise IllegalTransition(
            _("%(order)s cannot be invoiced yet. %(reasons)s.")
            % {"order": order, "reasons": "; ".join(reasons)},
            code="price_missing",
        )


def _recipient(order: WorkOrder) -> dict[str, str]:
    return {
        "name": order.customer.name,
        "address": order.customer.billing_address or order.site.address,
        "postal_code": "" if order.customer.billing_address else order.site.postal_code,
        "attention": order.contact.name if order.contact else "",
        "subject": order.subject,
        "site": order.site.name,
    }


def _print_lines(invoice: Invoice, charges: list[Charge]) -> None:
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            charge=charge,
            position=position,
            description=charge.description,
            quantity=charge.quantity,
            unit=charge.unit,
            unit_price_minor=charge.unit_price_minor,
            amount_minor=charge.amount_minor,
            tax_rate_percent=charge.tax_rate_percent,
        )
        for position, charge in enumerate(charges, start=1)
    )
