"""Money that came in for an invoice, and what was entered wrongly."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from billing import queries
from billing.enums import InvoiceStatus, PaymentKind
from billing.events import PaymentTakenBack
from billing.models import Invoice, Payment
from billing.services.books import book_money, settle
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
    book_money(payment, "paid")
    changes = {"amount_minor": amount_minor, "rest_minor": rest - amount_minor}
    journal.record(actor=actor, verb="payment_recorded", thing=invoice, at=at, changes=changes)
    settle(invoice, at)
    return payment


@transaction.atomic
def take_back_payment(*, payment_id: int, reason: str, actor: Actor, at: datetime) -> Payment:
    """Undo a payment that was entered wrongly, by a row of its own; its invoice is open again by that much.

    On a reversed invoice the customer's credit shrinks by it; credit that was carried goes back where it came from.
    Asked twice, it happens once: the row that stands already is answered.
    """
    payment = queries.payment_for_update(payment_id)
    invoice = payment.invoice
    actor.require(Permission.PAYMENT_RECORD, invoice)
    if done := payment.undone_by.first():
        return done
    _check_takeable(payment, reason)
    back = _undo(payment, reason.strip(), actor, at)
    if payment.pair is not None:
        _undo(payment.pair, reason.strip(), actor, at)
    rest = 0 if invoice.status == InvoiceStatus.REVERSED else _open_minor(invoice)
    changes = {"amount_minor": back.amount_minor, "rest_minor": rest}
    journal.record(
        actor=actor, verb="payment_taken_back", thing=invoice, at=at, changes=changes, reason=back.reason
    )
    settle(invoice, at)
    journal.publish(PaymentTakenBack(invoice_id=invoice.pk, work_order_id=invoice.work_order_id))
    return back


def _undo(payment: Payment, reason: str, actor: Actor, at: datetime) -> Payment:
    back = Payment.objects.create(
        invoice=payment.invoice,
        kind=PaymentKind.TAKEN_BACK,
        amount_minor=-payment.amount_minor,
        received_on=at.astimezone(current_tenant().zone).date(),
        undoes=payment,
        reason=reason,
        actor_label=actor.label[:200],
        at=at,
    )
    book_money(back, "payment taken back")
    return back


def _open_minor(invoice: Invoice) -> int:
    return invoice.total_minor - queries.paid_minor(invoice.pk)


def _check_takeable(payment: Payment, reason: str) -> None:
    invoice = payment.invoice
    if payment.kind == PaymentKind.TAKEN_BACK:
        raise IllegalTransition(
            _("This row itself takes a payment back. Record the payment anew if it came in after all.")
        )
    if payment.kind == PaymentKind.CARRIED and payment.amount_minor < 0:
        to = payment.paired_by.select_related("invoice").get().invoice
        raise IllegalTransition(
            _("This money was carried to %(invoice)s: take it back there.") % {"invoice": to}
        )
    if payment.amount_minor > queries.paid_minor(invoice.pk):
        raise IllegalTransition(
            _("The money of %(invoice)s was carried on or refunded. Take that back first.")
            % {"invoice": invoice}
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
    rest = _open_minor(invoice)
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
