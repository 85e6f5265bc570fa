"""Money that came in for an invoice, and what was entered wrongly."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from billing import queries
from billing.enums import Account, InvoiceStatus, PaymentKind
from billing.events import InvoicePaid, PaymentTakenBack
from billing.models import Invoice, Payment
from billing.services.books import book
from core.errors import BadInput, IllegalTransition
from core.formats import long_date, money
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant


@transaction.atomic
def record_payment(
    *,
    invoice_id: int,
    amount_minor: int,
    received_on: date,
    actor: Actor,
    at: datetime,
    reference: str = "",
) -> Payment:
    """Book money that came in, in full or in part; the last yen makes the invoice paid.

    `received_on` is a day of the company's calendar: see `rules.days_of_receipt`. Raises BadInput at the field.
    """
    invoice = queries.invoice_for_update(invoice_id)
    actor.require(Permission.PAYMENT_RECORD, invoice)
    rest = _check_payable(invoice, amount_minor)
    _check_day(invoice, received_on, at)
    payment = Payment.objects.create(
        invoice=invoice,
        amount_minor=amount_minor,
        received_on=received_on,
        reference=reference,
        actor_label=actor.label[:200],
        at=at,
    )
    _book_money(payment, "paid")
    changes = {"amount_minor": amount_minor, "rest_minor": rest - amount_minor}
    journal.record(actor=actor, verb="payment_recorded", thing=invoice, at=at, changes=changes)
    _settle(invoice, at)
    return payment


@transaction.atomic
def take_back_payment(*, payment_id: int, reason: str, actor: Actor, at: datetime) -> Payment:
    """Undo a payment that was entered wrongly, by a row of its own; its invoice is open again by that much.

    Asked twice, it happens once: the row that stands already is answered.
    """
    payment = queries.payment_for_update(payment_id)
    invoice = payment.invoice
    actor.require(Permission.PAYMENT_RECORD, invoice)
    if done := payment.undone_by.first():
        return done
    _check_takeable(payment, reason)
    back = Payment.objects.create(
        invoice=invoice,
        kind=PaymentKind.TAKEN_BACK,
        amount_minor=-payment.amount_minor,
        received_on=at.astimezone(current_tenant().zone).date(),
        undoes=payment,
        reason=reason.strip(),
        actor_label=actor.label[:200],
        at=at,
    )
    _book_money(back, "payment taken back")
    rest = invoice.total_minor - queries.paid_minor(invoice.pk)
    changes = {"amount_minor": back.amount_minor, "rest_minor": rest}
    journal.record(
        actor=actor, verb="payment_taken_back", thing=invoice, at=at, changes=changes, reason=back.reason
    )
    _settle(invoice, at)
    journal.publish(PaymentTakenBack(invoice_id=invoice.pk, work_order_id=invoice.work_order_id))
    return back


def _settle(invoice: Invoice, at: datetime) -> None:
    """An invoice is paid while nothing of it is open."""
    was_paid = invoice.status == InvoiceStatus.PAID
    is_paid = queries.paid_minor(invoice.pk) == invoice.total_minor
    if is_paid and not was_paid:
        invoice.status, invoice.paid_at = InvoiceStatus.PAID, at
        journal.publish(InvoicePaid(invoice_id=invoice.pk, work_order_id=invoice.work_order_id))
    elif was_paid and not is_paid:
        invoice.status, invoice.paid_at = InvoiceStatus.ISSUED, None
    invoice.save(update_fields=["status", "paid_at", "updated_at"])


def _book_money(payment: Payment, act: str) -> None:
    amounts = {Account.CASH: payment.amount_minor, Account.RECEIVABLE: -payment.amount_minor}
    book(payment.invoice, act, amounts, payment.at, payment)


def _check_takeable(payment: Payment, reason: str) -> None:
    if payment.kind == PaymentKind.TAKEN_BACK:
        raise IllegalTransition(
            _("This row itself takes a payment back. Record the payment anew if it came in after all.")
        )
    if payment.invoice.status == InvoiceStatus.REVERSED:
        raise IllegalTransition(
            _("%(invoice)s is reversed: its payments stay as they are.") % {"invoice": payment.invoice}
        )
    if not reason.strip():
        message = _("Say why the payment is taken back.")
        raise BadInput(message, errors={"reason": [message]})


def _check_payable(invoice: Invoice, amount_minor: int) -> int:
    """What is left to pay before this payment; refuses what cannot be booked."""
    if invoice.status != InvoiceStatus.ISSUED:
        raise IllegalTransition(
            _("%(invoice)s is %(status)s: no payment can be recorded on it.")
            % {"invoice": invoice, "status": InvoiceStatus(invoice.status).label.lower()}
        )
    rest = invoice.total_minor - queries.paid_minor(invoice.pk)
    facts = {
        "invoice": invoice,
        "amount": money(amount_minor, invoice.currency),
        "rest": money(rest, invoice.currency),
    }
    if amount_minor <= 0:
        message = _("A payment must be more than 0; %(rest)s of %(invoice)s is open.") % facts
        raise BadInput(message, errors={"amount": [message]})
    if amount_minor > rest:
        message = _(
            "%(amount)s is more than the %(rest)s that is open on %(invoice)s. "
            "Record %(rest)s here and the remainder on another invoice."
        )
        raise BadInput(message % facts, errors={"amount": [message % facts]})
    return rest


def _check_day(invoice: Invoice, received_on: date, at: datetime) -> None:
    first, last = queries.days_of_receipt(invoice, at=at)
    if not first <= received_on <= last:
        message = _("Money for %(invoice)s can have come in from %(first)s to %(last)s.") % {
            "invoice": invoice,
            "first": long_date(first),
            "last": long_date(last),
        }
        raise BadInput(message, errors={"received_on": [message]})
