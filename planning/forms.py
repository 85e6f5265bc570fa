"""What a dispatcher says to have a plan made."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core import formats
from core.forms import PlainForm
from core.moments import DayField
from planning.enums import RunKind
from workforce import queries as workforce
from workforce.models import Territory

DAYS = [1, 2, 3, 5, 7, 14]
SECONDS = [2, 5, 15, 30, 60]


def search_times() -> list[tuple[int, str]]:
    """How long a search may take, in the language of whoever asks."""
    return [(n, _("%(n)s seconds") % {"n": n}) for n in SECONDS]


class AskForm(PlainForm):
    """Whose days are planned, from when on, how far, and how long to search."""

    kind = forms.ChoiceField(label=_("What for"), choices=RunKind.choices)
    territory: forms.ModelChoiceField[Territory] = forms.ModelChoiceField(
        label=_("Territory"),
        queryset=Territory.objects.none(),
        required=False,
        empty_label=_("Every engineer"),
    )
    day = DayField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.TypedChoiceField(label=_("Days"), coerce=int, choices=[(n, n) for n in DAYS], initial=1)
    budget_seconds = forms.TypedChoiceField(
        label=_("Search for"),
        coerce=int,
        choices=search_times,
        initial=5,
    )
    with_overtime = forms.BooleanField(
        label=_("Allow overtime"),
        required=False,
        help_text=_("As much as each engineer may work. Each row says how much it takes."),
    )

    def __init__(self, data: Any = None, *, today: date, zone: ZoneInfo) -> None:
        super().__init__(data, initial={"day": today, "kind": RunKind.BUILD})
        self.zone, self.today = zone, today
        self.fields["territory"].queryset = workforce.territories()  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today + timedelta(days=366):
            raise ValidationError(
                _("Nobody plans so far ahead: let the plan begin within a year ahead of now.")
            )
        return day

    def clean(self) -> dict[str, Any]:
        """A day that has passed is refused where it was typed, unless the days after it reach beyond today."""
        given: dict[str, Any] = super().clean() or {}
        day, days = given.get("day"), given.get("days")
        if day and days and day + timedelta(days=days) <= self.today:
            text = _("%(day)s has passed. Plan from today on.") % {"day": formats.local_date(day)}
            self.add_error("day", text)
        return given

    def facts(self) -> dict[str, Any]:
        """What the service takes: whole days in the company's zone."""
        given = self.cleaned_data
        begin = datetime.combine(given["day"], time(0), tzinfo=self.zone)
        last = given["day"] + timedelta(days=given["days"])
        return {
            "kind": given["kind"],
            "territory_id": given["territory"].pk if given["territory"] else None,
            "from_at": begin,
            "until": datetime.combine(last, time(0), tzinfo=self.zone),
            "budget_seconds": given["budget_seconds"],
            "with_overtime": given["with_overtime"],
        }
