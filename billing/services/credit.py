"""The customer's credit: what came in for invoices that were reversed, carried to others or paid back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from billing import queries
from billing.enums import InvoiceStatus, PaymentKind
from billing.models import Invoice, Payment
from billing.services.books import book_money, settle
from core.errors import BadInput, IllegalTransition
from core.formats import long_date, money
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant


@transaction.atomic
def use_credit(*, invoice_id: int, actor: Actor, at: datetime) -> int:
    """Pay an invoice from the customer's credit, oldest first, as far as it goes; how much, in minor units."""
    asked = queries.get_invoice(invoice_id)
    actor.require(Permission.PAYMENT_RECORD, asked)
    sources = queries.invoices_with_credit(asked.customer_id)
    locked = {one.pk: one for one in queries.invoices_for_update([*sources, invoice_id])}
    invoice = locked.pop(invoice_id)
    if invoice.status != InvoiceStatus.ISSUED:
        raise IllegalTransition(
            _("%(invoice)s is %(status)s: no payment can be recorded on it.")
            % {"invoice": invoice, "status": InvoiceStatus(invoice.status).label.lower()}
        )
    carried = carry(invoice, locked.values(), actor=actor, at=at)
    if not carried:
        raise IllegalTransition(_("The customer of %(invoice)s has no credit.") % {"invoice": invoice})
    return carried


def carry(invoice: Invoice, sources: Iterable[Invoice], *, actor: Actor, at: datetime) -> int:
    """Carry what these reversed invoices hold to one that stands, until it is paid. All of them are locked."""
    before = rest = invoice.total_minor - queries.paid_minor(invoice.pk)
    for source in sources:
        amount = min(queries.paid_minor(source.pk), rest)
        if amount > 0 and source.currency == invoice.currency:
            _carry_one(source, invoice, amount, actor, at)
            rest -= amount
    if rest < before:
        settle(invoice, at)
    return before - rest


def _carry_one(source: Invoice, invoice: Invoice, amount: int, actor: Actor, at: datetime) -> None:
    facts = {
        "kind": PaymentKind.CARRIED,
        "received_on": at.astimezone(current_tenant().zone).date(),
        "actor_label": actor.label[:200],
        "at": at,
    }
    off = Payment.objects.create(invoice=source, amount_minor=-amount, **facts)
    on = Payment.objects.create(invoice=invoice, amount_minor=amount, pair=off, **facts)
    book_money(off, f"carried to {invoice}")
    book_money(on, f"carried from {source}")
    changes = {"amount_minor": amount, "from": str(source), "to": str(invoice)}
    for thing in (source, invoice):
        journal.record(actor=actor, verb="credit_carried", thing=thing, at=at, changes=changes)


@transaction.atomic
def refund_credit(
    *,
    invoice_id: int,
    amount_minor: int,
    paid_on: date,
    actor: Actor,
    at: datetime,
    reference: str = "",
) -> Payment:
    """Book that credit of a reversed invoice was paid back to the customer, in full or in part.

    `paid_on` lies between the issue of the invoice and today. Raises BadInput at the field.
    """
    invoice = queries.invoice_for_update(invoice_id)
    actor.require(Permission.PAYMENT_RECORD, invoice)
    _check_refundable(invoice, amount_minor, paid_on, at)
    refund = Payment.objects.create(
        invoice=invoice,
        kind=PaymentKind.REFUNDED,
        amount_minor=-amount_minor,
        received_on=paid_on,
        reference=reference,
        actor_label=actor.label[:200],
        at=at,
    )
    book_money(refund, "credit refunded")
    changes = {"amount_minor": amount_minor, "credit_minor": queries.paid_minor(invoice.pk)}
    journal.record(actor=actor, verb="credit_refunded", thing=invoice, at=at, changes=changes)
    settle(invoice, at)
    return refund


def _check_refundable(invoice: Invoice, amount_minor: int, paid_on: date, at: datetime) -> None:
    if invoice.status != InvoiceStatus.REVERSED:
        raise IllegalTransition(
            _("%(invoice)s is not reversed: there is no credit to pay back.") % {"invoice": invoice}
        )
    credit = queries.paid_minor(invoice.pk)
    if not 0 < amount_minor <= credit:
        message = _("A refund is more than 0 and at most the credit of %(credit)s.") % {
            "credit": money(credit, invoice.currency)
        }
        raise BadInput(message, errors={"amount": [message]})
    first, last = queries.days_of_refund(invoice, at=at)
    if not first <= paid_on <= last:
        message = _("Credit of %(invoice)s can have been paid back from %(first)s to %(last)s.") % {
            "invoice": invoice,
            "first": long_date(first),
            "last": long_date(last),
        }
        raise BadInput(message, errors={"paid_on": [message]})
