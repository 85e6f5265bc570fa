"""What forms of tickets share: choices among the tenant's things, and tickets by number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.text import fold
from tickets import queries


def choice(label: Any) -> Any:
    """One of the tenant's things, or none; the form sets which, since no tenant is active at import."""
    return forms.ModelChoiceField(label=label, queryset=None, required=False, empty_label="–")


class NumberField(forms.Field):
    """A ticket by the number people read, "T-17" or "17"; gives the ticket."""

    def to_python(self, value: Any) -> Any:
        text = fold(str(value or "")).removeprefix("t-").strip()
        if not text:
            return None
        ticket = queries.find_ticket_by_number(int(text)) if text.isdecimal() and len(text) < 18 else None
        if ticket is None:
            raise forms.ValidationError(
                _("There is no ticket %(number)s. Give its number, such as T-17."),
                params={"number": str(value)[:30]},
            )
        return ticket
