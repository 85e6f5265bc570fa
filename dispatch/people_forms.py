"""Input about engineers that dispatch asks for: absences, customers' likings, capacity rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm, PlainModelForm
from core.moments import DayField
from core.spans import as_whole_days, whole_days
from tickets.enums import Priority
from workforce import queries as workforce
from workforce.enums import Liking
from workforce.models import Absence, CapacityRule


def _date(**attrs: str) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def _time() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class AbsenceForm(PlainForm):
    """When an engineer cannot be sent, in their own zone: whole days, or from a time to a time."""

    first_on = DayField(label=_("First day"), widget=_date())
    starts = forms.TimeField(label=_("From"), widget=_time(), required=False)
    last_on = DayField(label=_("Last day"), widget=_date(), required=False)
    ends = forms.TimeField(label=_("Until"), widget=_time(), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Everybody who sees the board can read it."),
    )

    def __init__(self, data: Any = None, *, zone: ZoneInfo, absence: Absence | None = None) -> None:
        self.zone = zone
        super().__init__(data, initial=self._initial(absence) if absence else None)

    def _initial(self, absence: Absence) -> dict[str, Any]:
        start, end = (edge.astimezone(self.zone) for edge in (absence.start_at, absence.end_at))
        days = as_whole_days(start, end, self.zone)
        if days:
            return {"first_on": days[0], "last_on": days[1], "reason": absence.reason}
        return {
            "first_on": start.date(),
            "starts": start.time(),
            "last_on": end.date(),
            "ends": end.time(),
            "reason": absence.reason,
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first = values.get("first_on")
        last = values.get("last_on") or first
        if first and last and not self.errors:
            begin, end = whole_days(first, last, self.zone)
            if values.get("starts"):
                begin = datetime.combine(first, values["starts"], tzinfo=self.zone)
            if values.get("ends"):
                end = datetime.combine(last, values["ends"], tzinfo=self.zone)
            if end <= begin:
                late = "ends" if values.get("ends") else "last_on"
                self.add_error(late, _("This must be later than the start."))
            values |= {"start_at": begin, "end_at": end}
        return values

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        return {name: self.cleaned_data[name] for name in ("start_at", "end_at", "reason")}


class PreferenceForm(PlainForm):
    """Which engineer a customer wants to see, or never."""

    engineer = forms.ModelChoiceField(label=_("Engineer"), queryset=workforce.active_engineers())
    liking = forms.ChoiceField(label=_("Which"), choices=Liking.choices)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        return {"engineer_id": facts.pop("engineer").pk, **facts}


class CapacityRuleForm(PlainModelForm):
    """What share of a territory's time is kept free, and how much may be planned a day."""

    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        choices=[("", _("Every day")), *((day, name) for day, name in WEEKDAYS.items())],
        coerce=int,
        empty_value=None,
        required=False,
    )
    up_to_priority = forms.TypedChoiceField(
        label=_("Kept for"),
        choices=[(p.value, _("P1 only") if p == 1 else f"P1–P{p.value}") for p in Priority],
        coerce=int,
    )
    bounds = {"reserve_percent": (0, 100), "released_hours": (0, 720), "max_minutes": (0, 1_000_000)}

    class Meta:
        model = CapacityRule
        fields = ["territory", "skill", "weekday", "reserve_percent", "up_to_priority"]
        fields += ["released_hours", "max_minutes"]
        labels = {
            "territory": _("Territory"),
            "skill": _("Skill"),
            "reserve_percent": _("Kept free for emergencies, in per cent"),
            "released_hours": _("Given free so many hours before the day"),
            "max_minutes": _("Minutes a day at most"),
        }
        help_texts = {
            "released_hours": _("0: when the day begins. 12: at noon of the day before."),
            "max_minutes": _("Empty: as much as the shifts hold."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, word in (("territory", _("Every territory")), ("skill", _("Any skill"))):
            self.fields[name].empty_label = word  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        facts = dict(self.cleaned_data)
        for name in ("territory", "skill"):
            thing = facts.pop(name)
            facts[f"{name}_id"] = thing.pk if thing else None
        return facts
