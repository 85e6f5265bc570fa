"""The builder of auto-dispatch rules: when, if, then, and what follows when nobody answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm, PlainModelForm
from customers.enums import CustomerTier
from dispatch import queries
from dispatch.enums import RuleEvent, RunOutcome, Strategy
from dispatch.expressions import MAX_LENGTH
from dispatch.models import DispatchRule
from dispatch.ranking import ORDERS
from tickets import queries as tickets
from tickets.enums import Priority, SlaKpi
from workforce import queries as workforce
from workforce.models import Provider

STEPS = 4
"""How many steps the builder shows; the API takes a few more."""

_OFFERS = (Strategy.OFFER_POOL, Strategy.OFFER_PROVIDER, Strategy.OPTIMISE_LATER)
AROUND_THE_CLOCK = 0


class RuleForm(PlainModelForm):
    """When and if; `StepForm`s say how. `facts` is what the services take, the steps left out."""

    bounds = {"position": (1, 999), "horizon_days": (0, 365)}

    event = forms.ChoiceField(label=_("This happens"), choices=RuleEvent.choices)
    percent = forms.IntegerField(
        label=_("Share of the time used, in per cent"), min_value=1, max_value=200, required=False
    )
    kpi = forms.ChoiceField(label=_("Clock"), choices=SlaKpi.choices, required=False, initial=SlaKpi.ARRIVAL)
    minutes = forms.IntegerField(label=_("Minutes late"), min_value=1, max_value=1440, required=False)
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekday"),
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means every day."),
    )
    work_types = forms.ModelMultipleChoiceField(
        queryset=queries.work_types(),
        to_field_name="code",
        required=False,
        label=_("Work type is one of"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means any."),
    )
    areas = forms.CharField(
        required=False,
        max_length=2000,
        label=_("Area is one of"),
        help_text=_("As sites name them, separated by commas. Empty means any."),
    )
    max_priority = forms.TypedChoiceField(
        choices=[("", _("Any")), *((p.value, f"P1 – {p.label}" if p > 1 else "P1") for p in Priority)],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("Priority"),
    )
    tiers = forms.MultipleChoiceField(
        label=_("Customer is"),
        choices=CustomerTier.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means any."),
    )
    topics = forms.ModelMultipleChoiceField(
        queryset=tickets.topics(),
        to_field_name="code",
        required=False,
        label=_("Topic of the ticket is one of"),
        widget=forms.CheckboxSelectMultiple,
    )
    expression = forms.CharField(
        label=_("And this holds"),
        required=False,
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=_("For experts: an expression such as work.minutes <= 60 && customer.tier == 'gold'."),
    )

    class Meta:
        model = DispatchRule
        fields = ["name", "position", "event", "expression", "horizon_days", "sends_at_once", "is_enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        conditions, event = self.instance.conditions or {}, self.instance.event_facts or {}
        self.fields["areas"].initial = ", ".join(conditions.get("areas", []))
        self.fields["max_priority"].initial = conditions.get("max_priority") or ""
        for name in ("work_types", "tiers", "topics"):
            self.fields[name].initial = conditions.get(name, [])
        for name in ("percent", "minutes", "time"):
            self.fields[name].initial = event.get(name)
        self.fields["kpi"].initial = event.get("kpi") or SlaKpi.ARRIVAL
        self.fields["weekdays"].initial = [str(day) for day in event.get("weekdays", ())]

    def facts(self) -> dict[str, Any]:
        """What the service takes; conditions that mean "any" are left out."""
        values = self.cleaned_data
        facts = {name: values[name] for name in self.Meta.fields}
        areas = [part.strip() for part in values["areas"].replace("、", ",").split(",")]
        conditions = {
            "work_types": [work_type.code for work_type in values["work_types"]],
            "areas": [area for area in areas if area],
            "max_priority": values["max_priority"],
            "tiers": values["tiers"],
            "topics": [topic.code for topic in values["topics"]],
        }
        kept = {key: value for key, value in conditions.items() if value}
        return {**facts, "conditions": kept, "event_facts": self._event_facts()}

    def _event_facts(self) -> dict[str, Any]:
        values = self.cleaned_data
        match values["event"]:
            case RuleEvent.SLA_SHARE:
                return {"percent": values["percent"], "kpi": values["kpi"]}
            case RuleEvent.ENGINEER_LATE:
                return {"minutes": values["minutes"]}
            case RuleEvent.SCHEDULE:
                at_time = values["time"]
                return {"time": f"{at_time:%H:%M}" if at_time else "", "weekdays": values["weekdays"]}
        return {}


class StepForm(PlainForm):
    """One way to find somebody, and how long an answer may take."""

    strategy = forms.ChoiceField(label=_("Choose by"), required=False)
    provider = forms.TypedChoiceField(label=_("Provider"), coerce=int, empty_value=None, required=False)
    engineers = forms.TypedMultipleChoiceField(
        label=_("Engineers"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    accept_minutes = forms.IntegerField(
        label=_("Answer within, in minutes"), min_value=1, max_value=10_080, required=False
    )
    calendar = forms.TypedChoiceField(label=_("Minutes count"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(code, label) for code, label in Strategy.choices if code in ORDERS or code in _OFFERS]
        providers = Provider.objects.filter(is_active=True)
        people = workforce.active_engineers().order_by("name", "id")
        calendars = tickets.calendars().filter(is_active=True)
        choices: dict[str, list[tuple[Any, Any]]] = {
            "strategy": [("", "–"), *chosen],
            "provider": [("", "–"), *((one.pk, one.name) for one in providers)],
            "engineers": [(one.pk, one.name) for one in people],
            "calendar": [
                ("", _("in business hours")),
                (AROUND_THE_CLOCK, _("around the clock")),
                *((one.pk, one.name) for one in calendars),
            ],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("strategy") == Strategy.OFFER_PROVIDER and not values.get("provider"):
            self.add_error("provider", _("Choose the provider."))
        return values

    def step(self) -> dict[str, Any]:
        """What the service takes of it; {} for a step that was left empty."""
        values = self.cleaned_data
        strategy = values.get("strategy")
        if not strategy:
            return {}
        found: dict[str, Any] = {"strategy": strategy}
        if strategy == Strategy.OFFER_PROVIDER:
            found["provider"] = values["provider"]
        if strategy == Strategy.OFFER_POOL and values["engineers"]:
            found["engineers"] = values["engineers"]
        if values["accept_minutes"] and strategy != Strategy.OPTIMISE_LATER:
            found["accept_minutes"] = values["accept_minutes"]
            if values["calendar"] is not None:
                found["calendar"] = values["calendar"]
        return found


StepSet = forms.formset_factory(StepForm, extra=0, min_num=STEPS, max_num=STEPS)


def steps_of(rows: Any) -> list[dict[str, Any]]:
    """The steps of a valid set of forms, the empty ones left out."""
    return [found for form in rows if (found := form.step())]


class RunFilterForm(PlainForm):
    """Which lines of the run log are shown."""

    rule = forms.ModelChoiceField(queryset=queries.dispatch_rules(), required=False)
    event = forms.ChoiceField(choices=[("", _("Every event")), *RuleEvent.choices], required=False)
    outcome = forms.ChoiceField(choices=[("", _("Every outcome")), *RunOutcome.choices], required=False)
    q = forms.CharField(max_length=60, required=False)
