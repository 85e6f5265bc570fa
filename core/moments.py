"""Days and instants that people mean: between 2000 and 2100. What lies beyond is a slip of the hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 2000, 2100
FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
_OPENS, _CLOSES = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
_A_DAY = timedelta(days=1)
"""However far a zone lies from UTC, its first and last day of those years are let pass."""


def is_meant(value: date) -> bool:
    """Whether a day, or an instant, lies in the years that people mean."""
    if not isinstance(value, datetime):
        return FIRST <= value <= LAST
    if value.tzinfo is None:
        return FIRST <= value.date() <= LAST
    return _OPENS - _A_DAY <= value < _CLOSES + _A_DAY


def check_meant(value: date) -> None:
    """A validator of fields. Raises `ValidationError` for what cannot be meant."""
    if not is_meant(value):
        raise ValidationError(
            _("Give a date between %(first)s and %(last)s."),
            code="year",
            params={"first": FIRST_YEAR, "last": LAST_YEAR},
        )


def day_or(text: str, default: date) -> date:
    """The day that an address names, or `default` when it names none that can be meant."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if is_meant(day) else default


class DayField(forms.DateField):
    """A day that can be meant."""

    default_validators = [check_meant]


class InstantInput(forms.DateTimeInput):
    """A box for a day and a time as browsers offer it. What was sent in another shape, with a zone or seconds, is
    shown in it too, in the reader's zone: browsers show nothing of a value that they cannot read."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")

    def format_value(self, value: Any) -> str | None:
        """As `2026-11-23T14:30`; what is no instant stays as it was written."""
        try:
            if isinstance(value, str):
                value = parse_datetime(value) or value
            if isinstance(value, datetime) and timezone.is_aware(value):
                value = timezone.localtime(value)
        except (ValueError, OverflowError):
            return str(value)
        shown: str | None = super().format_value(value)
        return shown


class InstantField(forms.DateTimeField):
    """An instant that can be meant."""

    default_validators = [check_meant]
    widget = InstantInput
