"""Parts and how many of each, typed as lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import PlainForm
from inventory.models import Part

MOST = Decimal(100_000)


class PartLinesField(forms.CharField):
    """One part a line: its code, and how many when it is not one. Cleaned to {part id: quantity}."""

    def __init__(self, **kwargs: Any) -> None:
        known = {
            "label": gettext_lazy("Expected parts"),
            "required": False,
            "help_text": gettext_lazy("One part a line: its code, then how many, such as FILTER-7 2."),
            "widget": forms.Textarea(attrs={"rows": 3}),
        }
        super().__init__(**{**known, **kwargs})

    def clean(self, value: Any) -> dict[int, Decimal]:
        text = super().clean(value)
        wanted: dict[str, Decimal] = {}
        problems = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            code, quantity = _read(line)
            if quantity is None:
                problems.append(_("Line %(n)s: write a part's code and how many.") % {"n": number})
            else:
                wanted[code] = wanted.get(code, Decimal(0)) + quantity
        known = dict(Part.objects.filter(code__in=wanted).values_list("code", "id"))
        problems += [_("There is no part %(code)s.") % {"code": code} for code in wanted if code not in known]
        if problems:
            raise forms.ValidationError(problems)
        return {known[code]: quantity for code, quantity in wanted.items()}


def _read(line: str) -> tuple[str, Decimal | None]:
    """(code, quantity) of a line; quantity None when it is no possible number."""
    code, _space, last = line.strip().rpartition(" ")
    if not code:
        return last, Decimal(1)
    try:
        quantity = Decimal(last.removeprefix("x").removeprefix("×"))
    except InvalidOperation:
        return line.strip(), Decimal(1)
    return code.strip(), quantity if quantity.is_finite() and 0 < quantity <= MOST else None


def as_lines(parts: Mapping[str, Decimal]) -> str:
    """{code: quantity} as the field reads it."""
    return "\n".join(f"{code} {quantity.normalize():f}" for code, quantity in parts.items())


class ExpectedPartsForm(PlainForm):
    """All the parts that a work order is expected to take."""

    parts = PartLinesField()
