"""Form fields that several apps ask with."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from django import forms

from core.money import exponent, to_minor


class MinorField(forms.DecimalField):
    """An amount typed as 38,500 or 385.00, cleaned to minor units of `currency`."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(max_digits=14, decimal_places=exponent(currency), localize=False, **kwargs)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        typed = normalize("NFKC", value).replace(",", "") if isinstance(value, str) else value
        amount = super().clean(typed)
        return None if amount is None else to_minor(amount, self.currency)
