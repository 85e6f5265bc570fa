"""Forms of business calendars and policies: shape and check input, never save."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels.enums import Channel
from core.calendars import WEEKDAYS
from core.formats import country_name
from core.forms import PlainForm, PlainModelForm
from core.moments import InstantField
from customers.enums import CustomerTier
from customers.models import Contract
from tickets import business_days, closed_days, queries
from tickets.enums import OnReopen, Priority, SlaEvent, SlaKpi, TicketKind, WaitingFor
from tickets.models import BusinessCalendar, CalendarVersion, SlaItem, SlaPolicy
from tickets.services import NewItem

DAY_NAMES = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}


def _zones() -> list[tuple[str, str]]:
    return [("", str(_("The site's"))), *((name, name) for name in sorted(available_timezones()))]


def _countries() -> list[tuple[str, str]]:
    named = sorted((country_name(code), code) for code in business_days.countries())
    return [("", str(_("None"))), *((code, name) for name, code in named)]


_LINE_WORDS = {
    "form": _("“%(line)s” cannot be read; write 2026-12-24 9-12 Name."),
    "order": _("“%(line)s” ends before it starts: write what comes after midnight on the next day's line."),
    "twice": _("“%(line)s” stands here twice: keep one line for each date."),
}


class CalendarForm(PlainForm):
    """A calendar with its hours. `facts` gives what the services take."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lazy(_zones, list), required=False)
    is_always_open = forms.BooleanField(label=_("Around the clock"), required=False)
    country = forms.ChoiceField(label=_("Public holidays of"), choices=lazy(_countries, list), required=False)
    subdivision = forms.CharField(label=_("Region"), max_length=10, required=False)
    works_make_up_days = forms.BooleanField(label=_("Work on make-up days"), required=False, initial=True)
    own_days = forms.CharField(
        label=_("Days of our own"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=100_000,
    )

    def __init__(self, *args: Any, calendar: BusinessCalendar | None = None, **kwargs: Any) -> None:
        initial = _calendar_initial(calendar) if calendar else {"works_make_up_days": True}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        for day in WEEKDAYS:
            hours = initial.get(day, "")
            self.fields[day] = forms.CharField(
                label=DAY_NAMES[day], required=False, max_length=200, initial=hours
            )

    @property
    def week(self) -> list[forms.BoundField]:
        """The fields of the weekdays, Monday first."""
        return [self[day] for day in WEEKDAYS]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for day in WEEKDAYS:
            try:
                values[day] = closed_days.hours_of(values.get(day, ""))
            except closed_days.Unreadable as error:
                self.add_error(day, _now("“%(part)s” is no time span; write 9-12, 13-17.") % {"part": error})
        try:
            values["own_days"] = closed_days.days_of(values.get("own_days", ""))
        except closed_days.Unreadable as error:
            self.add_error("own_days", str(_LINE_WORDS[error.why]) % {"line": error})
        return values

    def facts(self) -> dict[str, Any]:
        """What `create_calendar` and `update_calendar` take."""
        values = self.cleaned_data
        weekly = {} if values["is_always_open"] else {day: values[day] for day in WEEKDAYS}
        names = ("name", "time_zone", "country", "subdivision", "works_make_up_days", "own_days")
        return {"weekly": weekly} | {name: values[name] for name in names}


def _calendar_initial(calendar: BusinessCalendar) -> dict[str, Any]:
    version: CalendarVersion = queries.version_in_force(calendar)
    hours = {day: closed_days.text_of_hours(version.weekly.get(day) or []) for day in WEEKDAYS}
    return hours | {
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "is_always_open": not version.weekly,
        "country": version.country,
        "subdivision": version.subdivision,
        "works_make_up_days": version.works_make_up_days,
        "own_days": closed_days.text_of_days(version.own_days),
    }


class CalendarFileForm(PlainForm):
    """An iCalendar file of closed days."""

    file = forms.FileField(label=_("iCalendar file"))


class PolicyForm(PlainModelForm):
    """Whom a policy is for: what stays empty fits all."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, empty_value=None, required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    contract = forms.ModelChoiceField(
        Contract.objects.none(), label=_("Contract"), required=False, empty_label=_("All")
    )

    class Meta:
        model = SlaPolicy
        fields = ["name", "kind", "contract", "work_type_code", "priority", "tier", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: list[tuple[Any, Any]] = [("", _("All"))]
        choices: dict[str, list[tuple[Any, Any]]] = {
            "kind": TicketKind.choices,
            "priority": Priority.choices,
            "tier": CustomerTier.choices,
        }
        for name, values in choices.items():
            self.fields[name].choices = [*every, *values]  # type: ignore[attr-defined]
        self.fields["contract"].queryset = Contract.objects.select_related("customer")  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        values = dict(self.cleaned_data)
        contract = values.pop("contract")
        return values | {"contract_id": contract.pk if contract else None}


class ItemForm(PlainForm):
    """One promise of a policy. An empty target leaves it out."""

    kpi = forms.ChoiceField(label=_("Measures"), choices=SlaKpi.choices)
    target_minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=5_000_000, required=False)
    warn_percent = forms.IntegerField(label=_("Warn at %"), min_value=1, max_value=100, initial=70)
    calendar = forms.ModelChoiceField(
        BusinessCalendar.objects.none(),
        label=_("Calendar"),
        required=False,
        empty_label=_("Around the clock"),
    )
    pauses_on = forms.MultipleChoiceField(
        label=_("Pauses while waiting for"),
        choices=WaitingFor.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    on_reopen = forms.ChoiceField(label=_("When reopened"), choices=OnReopen.choices)
    channels = forms.MultipleChoiceField(
        label=_("Only for channels"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    topics = forms.MultipleChoiceField(
        label=_("Only for topics"), required=False, widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    code = forms.SlugField(label=_("Code"), max_length=40, required=False)
    starts_on = forms.ChoiceField(label=_("From"), choices=[("", "–"), *SlaEvent.choices], required=False)
    met_when = forms.ChoiceField(label=_("Until"), choices=[("", "–"), *SlaEvent.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].queryset = BusinessCalendar.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["topics"].choices = [(topic.code, topic.name) for topic in queries.topics()]  # type: ignore[attr-defined]

    def item(self) -> NewItem | None:
        """The promise, or None when it is left out."""
        values = self.cleaned_data
        if not values.get("target_minutes"):
            return None
        is_other = values["kpi"] == SlaKpi.OTHER
        applies = [
            {"field": field, "any_of": values[name]}
            for field, name in (("channel", "channels"), ("topic", "topics"))
            if values[name]
        ]
        return NewItem(
            kpi=values["kpi"],
            target_minutes=values["target_minutes"],
            warn_percent=values["warn_percent"],
            calendar_id=values["calendar"].pk if values["calendar"] else None,
            pauses_on=values["pauses_on"],
            on_reopen=values["on_reopen"],
            applies_when=applies,
            name=values["name"],
            code=values["code"],
            starts_on=values["starts_on"] if is_other else "",
            met_when=values["met_when"] if is_other else "",
        )


ItemFormSet = forms.formset_factory(ItemForm, extra=2, max_num=30, absolute_max=30)


def items_initial(items: list[SlaItem]) -> list[dict[str, Any]]:
    """What the form set of a policy's items starts from."""
    return [
        {
            "kpi": item.kpi,
            "target_minutes": item.target_minutes,
            "warn_percent": item.warn_percent,
            "calendar": item.calendar_id,
            "pauses_on": item.pauses_on,
            "on_reopen": item.on_reopen,
            "channels": _values(item, "channel"),
            "topics": _values(item, "topic"),
            "name": item.name,
            "code": item.code if item.kpi == SlaKpi.OTHER else "",
            "starts_on": item.starts_on,
            "met_when": item.met_when,
        }
        for item in items
    ]


def _values(item: SlaItem, field: str) -> list[str]:
    return next((one["any_of"] for one in item.applies_when if one["field"] == field), [])


class TrialForm(PlainForm):
    """A made-up history to try promises on, in the company's zone."""

    start = InstantField(label=_("Begins"))
    pause = InstantField(label=_("Pauses"), required=False)
    resume = InstantField(label=_("Goes on"), required=False)
    stop = InstantField(label=_("Stops"), required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if start := values.get("start"):
            for name in ("pause", "resume", "stop"):
                if (at := values.get(name)) and at < start:
                    self.add_error(name, _now("This is before it begins."))
        return values

    def happenings(self) -> list[tuple[datetime, str]]:
        """What happens when: (instant, "start" or another doing)."""
        return [(at, do) for do in ("start", "pause", "resume", "stop") if (at := self.cleaned_data.get(do))]
