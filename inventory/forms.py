"""What a person types about parts and stock, checked and shaped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import PlainForm
from core.money import exponent, to_major, to_minor
from inventory import queries
from inventory.enums import LocationKind, PartUnit
from inventory.models import Part, StockLocation
from workforce import queries as workforce
from workforce.models import Engineer


class PartForm(PlainForm):
    """A part of the catalogue. The price is typed in major units and cleaned to `price_minor`."""

    code = forms.CharField(label=_("Code"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=200)
    unit = forms.ChoiceField(label=_("Unit"), choices=PartUnit.choices)
    price = forms.DecimalField(label=_("List price"), min_value=0, max_digits=14)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, currency: str, part: Part | None = None, **kwargs: Any) -> None:
        if part is not None:
            shown = {name: getattr(part, name) for name in ("code", "name", "unit", "is_active")}
            kwargs["initial"] = {**shown, "price": to_major(part.price_minor, currency)}
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["price"].help_text = _("Without tax, in %(currency)s") % {"currency": currency}

    def clean_price(self) -> Decimal:
        price: Decimal = self.cleaned_data["price"]
        if price != round(price, exponent(self.currency)):
            raise forms.ValidationError(
                _("%(currency)s has no smaller unit than this: round the price."),
                params={"currency": self.currency},
            )
        return price

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned values as the services take them."""
        values = dict(self.cleaned_data)
        return {"price_minor": to_minor(values.pop("price"), self.currency), **values}


class MovementForm(PlainForm):
    """Part, place and how many: the common part of the stock forms."""

    part = forms.ModelChoiceField(label=_("Part"), queryset=Part.objects.none())
    location = forms.ModelChoiceField(label=_("Place"), queryset=StockLocation.objects.none())
    quantity = forms.DecimalField(
        label=_("Quantity"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3
    )
    reason = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name == "part":
                field.queryset = queries.parts(only_active=True)  # type: ignore[attr-defined]
            elif isinstance(field, forms.ModelChoiceField):
                field.queryset = queries.locations()
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = _("Choose")


class ReceiveForm(MovementForm):
    """Parts that arrived."""


class TransferForm(MovementForm):
    """Parts from one place to another."""

    location = forms.ModelChoiceField(
        label=pgettext_lazy("place", "From"), queryset=StockLocation.objects.none()
    )
    target = forms.ModelChoiceField(label=pgettext_lazy("place", "To"), queryset=StockLocation.objects.none())
    field_order = ["part", "location", "target", "quantity", "reason"]


class CountForm(MovementForm):
    """What lies there, counted by somebody."""

    quantity = forms.DecimalField(label=_("Counted"), min_value=0, max_digits=9, decimal_places=3)


class MinimumForm(PlainForm):
    """Below how many a part runs low at a place."""

    location = forms.ModelChoiceField(
        label=_("Place"), queryset=StockLocation.objects.none(), empty_label=_("Choose")
    )
    minimum = forms.DecimalField(label=_("Minimum"), min_value=0, max_digits=9, decimal_places=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = queries.locations()  # type: ignore[attr-defined]


class LocationForm(PlainForm):
    """A store, a branch or a van."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(label=_("Code"), max_length=40)
    kind = forms.ChoiceField(label=_("Kind"), choices=LocationKind.choices)
    engineer = forms.ModelChoiceField(
        label=_("Engineer"),
        queryset=Engineer.objects.none(),
        required=False,
        help_text=_("Only for a van"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engineer"].queryset = workforce.active_engineers()  # type: ignore[attr-defined]
