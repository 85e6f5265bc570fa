"""Charges and invoices as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.enums import Payer
from billing.models import Charge, Invoice, InvoiceLine, Payment
from core.api.reading import ReadSerializer
from dispatch.models import WorkOrder


class ChargeSerializer(ReadSerializer[Charge]):
    """A priced line. `explanation` lists the steps that led to `amount_minor`."""

    class Meta:
        model = Charge
        fields = [
            "id",
            "work_order",
            "visit",
            "kind",
            "description",
            "quantity",
            "unit",
            "unit_price_minor",
            "amount_minor",
            "currency",
            "tax_rate_percent",
            "payer",
            "blocked_by",
            "explanation",
            "updated_at",
        ]
        read_only_fields = fields


class ChargeChangeSerializer(serializers.Serializer[Any]):
    """An override: at least one value, and why."""

    reason = serializers.CharField(max_length=300)
    quantity = serializers.DecimalField(max_digits=9, decimal_places=3, min_value=0, required=False)
    unit_price_minor = serializers.IntegerField(min_value=0, max_value=10**15, required=False)
    payer = serializers.ChoiceField(choices=Payer.choices, required=False)
    description = serializers.CharField(max_length=300, required=False)


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    class Meta:
        model = InvoiceLine
        fields = [
            "position",
            "description",
            "quantity",
            "unit",
            "unit_price_minor",
            "amount_minor",
            "tax_rate_percent",
            "charge",
        ]
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """Money put to the invoice, or taken off it (negative).

    `undoes` names the row that it takes back, `pair` the one that carried the money off a reversed invoice.
    """

    by = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id",
            "kind",
            "amount_minor",
            "received_on",
            "reference",
            "undoes",
            "pair",
            "reason",
            "by",
            "at",
        ]
        read_only_fields = fields


class InvoiceSerializer(ReadSerializer[Invoice]):
    """An issued invoice. `taxes` has one row per rate, rounded once.

    `paid_minor` is what it holds: of a reversed invoice that is the customer's credit.
    """

    lines = InvoiceLineSerializer(many=True, read_only=True)
    payments = PaymentSerializer(many=True, read_only=True)
    paid_minor = serializers.IntegerField(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id",
            "number",
            "work_order",
            "customer",
            "status",
            "currency",
            "net_minor",
            "tax_minor",
            "total_minor",
            "paid_minor",
            "taxes",
            "language",
            "recipient",
            "issued_at",
            "due_on",
            "paid_at",
            "reversed_at",
            "reversed_by",
            "reverse_reason",
            "lines",
            "payments",
            "updated_at",
        ]
        read_only_fields = fields


class IssueSerializer(serializers.Serializer[Any]):
    """Which finished work order to bill."""

    work_order = serializers.PrimaryKeyRelatedField(queryset=WorkOrder.objects.all())


class PaymentRecordSerializer(serializers.Serializer[Any]):
    """Money that came in."""

    amount_minor = serializers.IntegerField(max_value=10**15)
    received_on = serializers.DateField()
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class RefundSerializer(serializers.Serializer[Any]):
    """Credit that was paid back."""

    amount_minor = serializers.IntegerField(max_value=10**15)
    paid_on = serializers.DateField()
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class TakeBackSerializer(serializers.Serializer[Any]):
    """Why the payment is taken back."""

    reason = serializers.CharField(max_length=300)


class ReverseSerializer(serializers.Serializer[Any]):
    """Why the invoice is taken back."""

    reason = serializers.CharField(max_length=300)
