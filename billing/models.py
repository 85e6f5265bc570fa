"""Prices, charges, invoices and the money ledger. Money is integer minor units."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.enums import Account, Block, ChargeKind, InvoiceStatus, Payer, PaymentKind
from customers.models import Customer
from delivery.models import PartUse
from dispatch.models import Visit, WorkOrder, WorkType
from tenants.models import TenantModel


class PriceItem(TenantModel):
    """A list price from a day on: labour and travel per hour, a fee per visit. Specific goes before general.

    Parts carry their own list price. The fee is the flat call-out charge, taken where travel has no price.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=ChargeKind.choices)
    work_type = models.ForeignKey(
        WorkType, on_delete=models.CASCADE, null=True, blank=True, related_name="prices"
    )
    name = models.CharField(_("Name"), max_length=120)
    unit_price_minor = models.BigIntegerField(_("Unit price"))
    currency = models.CharField(max_length=3)
    valid_from = models.DateField(_("Valid from"))

    refusals = {
        "price_item_uniq": _("There is a price for this from that day on already. Choose another day."),
        "price_item_positive": _("A price cannot be below 0."),
    }

    class Meta:
        ordering = ["kind", "-valid_from", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "work_type", "valid_from"],
                nulls_distinct=False,
                name="price_item_uniq",
            ),
            models.CheckConstraint(condition=Q(unit_price_minor__gte=0), name="price_item_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Charge(TenantModel):
    """One priced line with its payer, and how it came to be.

    `explanation` is the steps in order, as codes and facts (see `billing.wording`). `description` is in the
    customer's language, as it will be printed. `blocked_by` says why it cannot be invoiced yet.
    """

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="charges")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="charges")
    part_use = models.ForeignKey(PartUse, on_delete=models.PROTECT, null=True, related_name="charges")
    kind = models.CharField(max_length=10, choices=ChargeKind.choices)
    description = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=20, blank=True)
    unit_price_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate_percent = models.DecimalField(max_digits=6, decimal_places=3)
    payer = models.CharField(max_length=10, choices=Payer.choices, default=Payer.CUSTOMER)
    explanation = models.JSONField(default=list)
    blocked_by = models.CharField(max_length=20, choices=Block.choices, blank=True)
    key = models.CharField(max_length=120)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="charge_once")]
        indexes = [
            models.Index(fields=["tenant", "work_order"], name="charge_work_order_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="charge_updated_idx"),
        ]

    def __str__(self) -> str:
        return self.description


class Invoice(TenantModel):
    """What a customer owes for a work order. Numbers have no gaps; nothing is edited after issue.

    `taxes`: [{"rate_percent": "10.00", "net_minor", "tax_minor"}], rounded once per rate. `recipient`: who it
    was addressed to on that day (name, address, attention). What came in for an invoice that was reversed is the
    customer's credit. A deferred trigger refuses a commit after which the books of an invoice and its payments
    differ: open of it is what was not paid, and credit is what a reversed one still holds.
    """

    number = models.BigIntegerField()
    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="invoices")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices")
    status = models.CharField(max_length=10, choices=InvoiceStatus.choices, default=InvoiceStatus.ISSUED)
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    taxes = models.JSONField(default=list)
    language = models.CharField(max_length=10, blank=True)
    recipient = models.JSONField(default=dict)
    issued_at = models.DateTimeField()
    due_on = models.DateField()
    paid_at = models.DateTimeField(null=True)
    reversed_at = models.DateTimeField(null=True)
    reversed_by = models.CharField(max_length=200, blank=True)
    reverse_reason = models.CharField(max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "invoice_once_per_work_order": _(
            "The work order has an invoice already. Reverse it before you issue another."
        ),
    }

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="invoice_number_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "work_order"],
                condition=~Q(status="reversed"),
                name="invoice_once_per_work_order",
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("tax_minor")), name="invoice_sums"
            ),
            models.CheckConstraint(
                condition=Q(status="reversed", reversed_at__isnull=False)
                | ~Q(status="reversed") & Q(reversed_at=None),
                name="invoice_reversed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "-number"], name="invoice_status_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="invoice_updated_idx"),
        ]

    def __str__(self) -> str:
        return f"INV-{self.number}"


class InvoiceLine(TenantModel):
    """A charge as it was printed: append-only."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="invoice_lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=20, blank=True)
    unit_price_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    tax_rate_percent = models.DecimalField(max_digits=6, decimal_places=3)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "invoice", "position"], name="invoice_line_uniq")
        ]

    def __str__(self) -> str:
        return self.description


class Payment(TenantModel):
    """Money put to an invoice's account (positive), or taken off it (negative): append-only.

    What was wrong is taken back by a row of its own that names it in `undoes`, at most once, with who and why.
    Credit that is carried from a reversed invoice to another is two rows: the one that puts it there names in
    `pair` the one that takes it off.
    `received_on` is the day of the money, `at` the moment it was written here.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=12, choices=PaymentKind.choices, default=PaymentKind.RECEIVED)
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=120, blank=True)
    received_on = models.DateField()
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    pair = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="paired_by")
    reason = models.CharField(max_length=300, blank=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField()

    refusals = {
        "payment_of_its_kind": _("A payment must be more than 0, and one that is taken back needs a reason."),
        "payment_taken_back_once": _("The payment is taken back already."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="received", amount_minor__gt=0, undoes=None, pair=None)
                | Q(kind="refunded", amount_minor__lt=0, undoes=None, pair=None)
                | Q(kind="carried", amount_minor__lt=0, undoes=None, pair=None)
                | Q(kind="carried", amount_minor__gt=0, undoes=None, pair__isnull=False)
                | Q(kind="taken_back", undoes__isnull=False, pair=None) & ~Q(amount_minor=0) & ~Q(reason=""),
                name="payment_of_its_kind",
            ),
            models.UniqueConstraint(fields=["tenant", "undoes"], name="payment_taken_back_once"),
            models.UniqueConstraint(fields=["tenant", "pair"], name="payment_carried_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount_minor}"


class LedgerEntry(TenantModel):
    """One balanced booking: append-only. A deferred trigger refuses a commit that does not sum to zero."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="ledger_entries")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="ledger_entries")
    memo = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.memo


class LedgerLine(TenantModel):
    """One side of a booking: positive debits, negative credits, in minor units."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=20, choices=Account.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_line_moves")]
        indexes = [models.Index(fields=["tenant", "account"], name="ledger_account_idx")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"
