"""Input of settlement: amounts are typed in major units and leave as minor units."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.enums import ChargeKind, Payer
from billing.models import Charge
from core.fields import MinorField
from core.forms import PlainForm
from core.money import to_major
from dispatch.models import WorkType

LISTED = [
    (ChargeKind.LABOUR, _("Labour, per hour")),
    (ChargeKind.TRAVEL, _("Travel, per hour")),
    (ChargeKind.FEE, _("Call-out fee, per visit")),
]


class PriceForm(PlainForm):
    """A list price from a day on."""

    kind = forms.ChoiceField(label=_("For"), choices=LISTED)
    name = forms.CharField(label=_("Name"), max_length=120)
    valid_from = forms.DateField(
        label=_("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["work_type"] = forms.ModelChoiceField(
            label=_("Work type"),
            queryset=WorkType.objects.all(),
            required=False,
            empty_label=str(_("Every work type")),
        )
        self.fields["unit_price_minor"] = MinorField(
            label=_("Price in %(currency)s") % {"currency": currency}, currency=currency, min_value=0
        )
        self.order_fields(["kind", "work_type", "name", "unit_price_minor", "valid_from"])


class ChargeForm(PlainForm):
    """An override of one charge, with its reason."""

    description = forms.CharField(label=_("Text on the invoice"), max_length=300)
    quantity = forms.DecimalField(label=_("Quantity"), max_digits=9, decimal_places=3, min_value=0)
    payer = forms.ChoiceField(label=_("Paid by"), choices=Payer.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, charge: Charge, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "description": charge.description,
                "quantity": charge.quantity.normalize(),
                "unit_price_minor": to_major(charge.unit_price_minor, charge.currency),
                "payer": charge.payer,
            },
        )
        super().__init__(*args, **kwargs)
        self.fields["unit_price_minor"] = MinorField(
            label=_("Unit price in %(currency)s") % {"currency": charge.currency},
            currency=charge.currency,
            min_value=0,
        )
        self.order_fields(["description", "quantity", "unit_price_minor", "payer", "reason"])


class PaymentForm(PlainForm):
    """Money that came in."""

    received_on = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=_("Bank reference"), max_length=120, required=False)

    def __init__(self, *args: Any, currency: str, days: tuple[date, date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, last = days
        self.fields["received_on"].widget.attrs |= {"min": f"{first}", "max": f"{last}"}
        self.fields["amount"] = MinorField(
            label=_("Amount in %(currency)s") % {"currency": currency}, currency=currency
        )
        self.order_fields(["amount", "received_on", "reference"])


class RefundForm(PlainForm):
    """Credit that was paid back."""

    paid_on = forms.DateField(
        label=_("Paid back on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=_("Bank reference"), max_length=120, required=False)

    def __init__(self, *args: Any, currency: str, days: tuple[date, date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, last = days
        self.fields["paid_on"].widget.attrs |= {"min": f"{first}", "max": f"{last}"}
        self.fields["amount"] = MinorField(
            label=_("Amount in %(currency)s") % {"currency": currency}, currency=currency
        )
        self.order_fields(["amount", "paid_on", "reference"])


class TakeBackForm(PlainForm):
    """Why a payment is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReverseForm(PlainForm):
    """Why an invoice is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
