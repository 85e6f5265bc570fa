"""Reads of settlement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import rules
from billing.enums import Account, ChargeKind, InvoiceStatus, Payer, PaymentKind
from billing.models import Charge, Invoice, LedgerLine, Payment, PriceItem
from billing.pricing import Price
from core.errors import NotFound
from delivery.models import Signature
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from tenants.queries import current_tenant

Row = TypeVar("Row")

UNSETTLED = (WorkOrderStatus.DONE, WorkOrderStatus.ACCEPTED)
FINISHED = (*UNSETTLED, WorkOrderStatus.SETTLED)
"""States in which work can be invoiced: settled work too, once its invoice is reversed."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A charge that cannot be invoiced: its code, kind and description."""

    blocked_by: str
    kind: str
    description: str


@dataclass(slots=True)
class Standing:
    """How the bill of one work order stands. `total_minor` is what the customer would pay, tax included."""

    work_order_id: int
    done_at: datetime | None = None
    total_minor: int = 0
    is_priced: bool = False
    hindrances: list[Hindrance] = field(default_factory=list)

    @property
    def state(self) -> str:
        return "ready" if self.is_priced and not self.hindrances else "blocked"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and their sum in minor units. `oldest_at` where waiting matters."""

    number: int
    total_minor: int
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What can be issued, what is blocked, what is owed, what was issued this month."""

    standings: list[Standing]
    ready: Tally
    blocked: Tally
    unpaid: Tally
    overdue: int
    issued: Tally


def price_list() -> QuerySet[PriceItem]:
    """Every list price, with its kind of work."""
    return PriceItem.objects.select_related("work_type").order_by("kind", "work_type__name", "-valid_from")


def prices_for(kind: ChargeKind, work_type_id: int) -> list[Price]:
    """The list prices that could hold for work of this type: its own and the general ones."""
    items = PriceItem.objects.filter(Q(work_type_id=work_type_id) | Q(work_type=None), kind=kind)
    return [
        Price(item.name, item.unit_price_minor, item.valid_from, item.work_type_id is not None)
        for item in items
    ]


def charges() -> QuerySet[Charge]:
    """Charges with their work order, oldest first."""
    return Charge.objects.select_related("work_order", "visit").order_by("id")


def charges_of(work_order_id: int) -> QuerySet[Charge]:
    """The charges of a work order in the order of its visits."""
    return Charge.objects.filter(work_order_id=work_order_id).order_by("visit_id", "id")


def charge_for_update(charge_id: int) -> Charge:
    """The charge, locked; raises NotFound."""
    found = Charge.objects.select_for_update(of=("self",)).select_related("work_order").filter(pk=charge_id)
    return _one(found.first(), _("There is no charge with the id %(id)s."), charge_id)


def visit_to_price(visit_id: int) -> Visit:
    """The visit, locked, with all that pricing asks; raises NotFound."""
    visits = Visit.objects.select_for_update(of=("self",)).select_related(
        "work_order__work_type", "work_order__customer", "work_order__contact", "work_order__site"
    )
    return _one(visits.filter(pk=visit_id).first(), _("There is no visit with the id %(id)s."), visit_id)


def unpriced_visits(work_order_id: int) -> list[int]:
    """Finished visits of the work order that have no charge."""
    done = Visit.objects.filter(work_order_id=work_order_id, status=VisitStatus.DONE, charges=None)
    return list(done.values_list("pk", flat=True))


def work_order_for_update(work_order_id: int) -> WorkOrder:
    """The work order, locked, with customer, contact and site; raises NotFound."""
    orders = WorkOrder.objects.select_for_update(of=("self",)).select_related("customer", "contact", "site")
    return _one(
        orders.filter(pk=work_order_id).first(),
        _("There is no work order with the id %(id)s."),
        work_order_id,
    )


def standing_invoice(work_order_id: int) -> Invoice | None:
    """The work order's invoice that was not reversed, or None."""
    return Invoice.objects.filter(work_order_id=work_order_id).exclude(status=InvoiceStatus.REVERSED).first()


def work_orders_to_settle() -> QuerySet[WorkOrder]:
    """Finished work without a standing invoice; settled work only when its invoice was reversed."""
    own = Invoice.objects.filter(work_order=OuterRef("pk"))
    standing = own.exclude(status=InvoiceStatus.REVERSED)
    unsettled = Q(status__in=UNSETTLED) | Q(Exists(own), status=WorkOrderStatus.SETTLED)
    return WorkOrder.objects.filter(unsettled, ~Exists(standing))


def standings() -> list[Standing]:
    """How every work order to settle stands, longest finished first: three queries however many there are."""
    orders = work_orders_to_settle().annotate(done_at=Max("visits__ended_at")).values_list("pk", "done_at")
    found = {pk: Standing(pk, done_at) for pk, done_at in orders}
    open_charges = Charge.objects.filter(work_order__in=work_orders_to_settle())
    nets: dict[int, list[tuple[Decimal, int]]] = defaultdict(list)
    by_rate = open_charges.values("work_order_id", "tax_rate_percent").annotate(
        net=Sum("amount_minor", filter=Q(payer=Payer.CUSTOMER), default=0)
    )
    for row in by_rate.order_by():
        nets[row["work_order_id"]].append((row["tax_rate_percent"], row["net"]))
    for pk, lines in nets.items():
        found[pk].total_minor = rules.sums_of(lines).total_minor
        found[pk].is_priced = True
    blocked = open_charges.exclude(blocked_by="").order_by("id")
    for pk, *facts in blocked.values_list("work_order_id", "blocked_by", "kind", "description"):
        found[pk].hindrances.append(Hindrance(*facts))
    far = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    return sorted(found.values(), key=lambda one: (one.done_at or far, one.work_order_id))


def settlement(*, at: datetime) -> Settlement:
    """The whole settlement at a glance, for the month around `at` in the active time zone."""
    rows = standings()
    local = timezone.localtime(at)
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    sums = Invoice.objects.exclude(status=InvoiceStatus.REVERSED).aggregate(
        issued=Count("pk", filter=Q(issued_at__gte=month)),
        issued_total=Sum("total_minor", filter=Q(issued_at__gte=month), default=0),
        unpaid=Count("pk", filter=Q(status=InvoiceStatus.ISSUED)),
        unpaid_total=Sum("total_minor", filter=Q(status=InvoiceStatus.ISSUED), default=0),
        overdue=Count("pk", filter=Q(status=InvoiceStatus.ISSUED, due_on__lt=local.date())),
    )
    came_in = Payment.objects.filter(invoice__status=InvoiceStatus.ISSUED).aggregate(
        total=Sum("amount_minor", default=0)
    )
    return Settlement(
        standings=rows,
        ready=_tally(rows, "ready"),
        blocked=_tally(rows, "blocked"),
        unpaid=Tally(sums["unpaid"], sums["unpaid_total"] - came_in["total"]),
        overdue=sums["overdue"],
        issued=Tally(sums["issued"], sums["issued_total"]),
    )


def _tally(rows: list[Standing], state: str) -> Tally:
    chosen = [row for row in rows if row.state == state]
    oldest = min((row.done_at for row in chosen if row.done_at), default=None)
    return Tally(len(chosen), sum(row.total_minor for row in chosen), oldest)


def blocked_count() -> int:
    """Work orders that wait for a price."""
    waiting = work_orders_to_settle().filter(charges__in=Charge.objects.exclude(blocked_by=""))
    return waiting.distinct().count()


def work_orders_by_id(ids: list[int]) -> dict[int, WorkOrder]:
    """Work orders with what a settlement row shows."""
    return WorkOrder.objects.select_related("customer", "work_type").in_bulk(ids)


def finished_visits(work_order_id: int) -> list[Visit]:
    """The visits that were carried out, with engineer and signature."""
    signed = Prefetch("signatures", queryset=Signature.objects.all())
    visits = Visit.objects.filter(work_order_id=work_order_id, status=VisitStatus.DONE)
    return list(visits.select_related("engineer").prefetch_related(signed))


def sums_for_customer(lines: list[Charge]) -> rules.Sums:
    """What the customer would be billed for these charges."""
    return rules.sums_of(
        (line.tax_rate_percent, line.amount_minor) for line in lines if line.payer == Payer.CUSTOMER
    )


def invoices() -> QuerySet[Invoice]:
    """Invoices, newest first, with customer, work order and `paid_minor`."""
    return (
        Invoice.objects.select_related("customer", "work_order")
        .annotate(paid_minor=Sum("payments__amount_minor", default=0))
        .order_by("-number")
    )


def get_invoice(invoice_id: int) -> Invoice:
    """One invoice with `paid_minor`; raises NotFound."""
    return _one(
        invoices().filter(pk=invoice_id).first(), _("There is no invoice with the id %(id)s."), invoice_id
    )


def invoice_for_update(invoice_id: int) -> Invoice:
    """The invoice, locked; raises NotFound."""
    found = Invoice.objects.select_for_update(of=("self",)).select_related("work_order")
    return _one(found.filter(pk=invoice_id).first(), _("There is no invoice with the id %(id)s."), invoice_id)


def payment_for_update(payment_id: int) -> Payment:
    """The payment and where it was carried from, with their invoices locked; raises NotFound."""
    found = get_payment(payment_id)
    concerned = [found.invoice_id] + ([found.pair.invoice_id] if found.pair else [])
    locked = {one.pk: one for one in invoices_for_update(concerned)}
    found.invoice = locked[found.invoice_id]
    if found.pair:
        found.pair.invoice = locked[found.pair.invoice_id]
    return found


def get_payment(payment_id: int) -> Payment:
    """One payment with its invoice; raises NotFound."""
    found = Payment.objects.select_related("invoice", "pair").filter(pk=payment_id).first()
    return _one(found, _("There is no payment with the id %(id)s."), payment_id)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row of an invoice's money, whether another takes it back, and the invoice it was carried from or to."""

    payment: Payment
    is_undone: bool
    other: Invoice | None

    @property
    def counts(self) -> bool:
        """Whether its money is with the invoice."""
        return self.payment.kind != PaymentKind.TAKEN_BACK and not self.is_undone

    @property
    def is_takeable(self) -> bool:
        """Whether it can be taken back here; what was carried away is taken back where it went."""
        return self.counts and not (
            self.payment.kind == PaymentKind.CARRIED and self.payment.amount_minor < 0
        )


def receipts_of(invoice_id: int) -> list[Receipt]:
    """The money of an invoice, oldest row first."""
    money = Payment.objects.filter(invoice_id=invoice_id).select_related("pair__invoice")
    rows = list(money.prefetch_related("paired_by__invoice").order_by("id"))
    undone = {row.undoes_id for row in rows}
    return [Receipt(row, row.pk in undone, _other(row)) for row in rows]


def _other(payment: Payment) -> Invoice | None:
    if payment.pair is not None:
        return payment.pair.invoice
    return next((one.invoice for one in payment.paired_by.all()), None)


def invoices_for_update(ids: list[int]) -> list[Invoice]:
    """Invoices, locked, oldest first: always in this order, so that nobody waits in a circle."""
    return list(Invoice.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def invoices_with_credit(customer_id: int) -> list[int]:
    """The customer's reversed invoices that still hold money, oldest first."""
    held = Payment.objects.filter(
        invoice__customer_id=customer_id, invoice__status=InvoiceStatus.REVERSED
    ).order_by()
    sums = held.values("invoice_id").annotate(held=Sum("amount_minor")).filter(held__gt=0)
    return sorted(sums.values_list("invoice_id", flat=True))


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """What a customer owes, and what they have to their credit, in minor units."""

    open_minor: int
    credit_minor: int


def account_of(customer_id: int) -> CustomerAccount:
    """How the customer stands, as the books say."""
    lines = LedgerLine.objects.filter(entry__invoice__customer_id=customer_id)
    sums = dict(lines.order_by().values_list("account").annotate(total=Sum("amount_minor")))
    return CustomerAccount(sums.get(Account.RECEIVABLE, 0), -sums.get(Account.CREDIT, 0))


def paid_minor(invoice_id: int) -> int:
    """What the invoice holds: what came in and was neither taken back, carried on nor refunded."""
    sums = Invoice.objects.filter(pk=invoice_id).aggregate(paid=Sum("payments__amount_minor", default=0))
    return int(sums["paid"])


def days_of_refund(invoice: Invoice, *, at: datetime) -> tuple[date, date]:
    """The first and the last day a refund may bear: from the issue of its invoice until today."""
    zone = current_tenant().zone
    return invoice.issued_at.astimezone(zone).date(), at.astimezone(zone).date()


def days_of_receipt(invoice: Invoice, *, at: datetime) -> tuple[date, date]:
    """The first and the last day a payment of the invoice may bear at this moment, in the company's time zone."""
    zone = current_tenant().zone
    return rules.days_of_receipt(invoice.issued_at.astimezone(zone).date(), at.astimezone(zone).date())


@dataclass(frozen=True, slots=True)
class Unbalanced:
    """A booking whose lines do not sum to zero in a currency: never, while the database refuses it."""

    entry_id: int
    currency: str
    rest_minor: int


def unbalanced_entries() -> list[Unbalanced]:
    """Bookings that do not balance. For `manage.py reconcile`."""
    sums = LedgerLine.objects.values("entry_id", "currency").annotate(rest=Sum("amount_minor")).order_by()
    wrong = sums.exclude(rest=0).order_by("entry_id", "currency")
    return [Unbalanced(row["entry_id"], row["currency"], row["rest"]) for row in wrong]


def _one(found: Row | None, message: str, key: int) -> Row:
    if found is None:
        raise NotFound(message % {"id": key})
    return found
