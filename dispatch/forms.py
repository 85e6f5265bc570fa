"""Input of dispatch's pages: shaped and checked, never saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm, PlainModelForm
from core.moments import InstantField, InstantInput
from customers import queries as customers
from customers.models import Site
from dispatch import queries
from dispatch.enums import LinkKind, LockLevel, Objective, Rule, RuleVerdict, TravelSource
from dispatch.models import WorkOrder, WorkType
from dispatch.part_forms import PartLinesField
from dispatch.policy import LIMIT_RANGES, NEVER_BROKEN, Policy
from dispatch.services.links import LONGEST_GAP
from dispatch.windows import WINDOWS, Windows
from tickets.models import Ticket
from workforce import queries as workforce
from workforce.models import Engineer

LOCKS = [
    (LockLevel.PROPOSED.value, _("knows nothing firm yet")),
    (LockLevel.CONFIRMED.value, _("confirmed when somebody comes")),
    (LockLevel.COMMITTED.value, _("was promised who comes, too")),
]


class EngineerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An active engineer, by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=workforce.active_engineers(), label=_("Engineer"), **kwargs)


class CrewChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Active engineers who go together."""

    def __init__(self) -> None:
        super().__init__(
            queryset=workforce.active_engineers(),
            label=_("Engineers"),
            widget=forms.CheckboxSelectMultiple,
        )


class PlanForm(PlainForm):
    """Who goes and when; a reason when a rule is broken on purpose."""

    engineer = EngineerChoice()
    start_at = InstantField(label=_("Start"))
    override_reason = forms.CharField(label=_("Reason, if a rule is broken"), required=False, max_length=500)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        engineer: Engineer = self.cleaned_data["engineer"]
        return {
            "engineer_id": engineer.pk,
            "start_at": self.cleaned_data["start_at"],
            "override_reason": self.cleaned_data["override_reason"],
        }


class CrewForm(PlainForm):
    """Who goes together and when; a reason when a rule is broken on purpose."""

    engineers = CrewChoice()
    start_at = InstantField(label=_("Start"))
    override_reason = forms.CharField(label=_("Reason, if a rule is broken"), required=False, max_length=500)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            "engineer_ids": [engineer.pk for engineer in self.cleaned_data["engineers"]],
            "start_at": self.cleaned_data["start_at"],
            "override_reason": self.cleaned_data["override_reason"],
        }


class MoveForm(PlanForm):
    """A new engineer or time for a visit; `version` is the one the reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class WishForm(PlanForm):
    """Where a confirmed visit should go: to ask the customer, or, when they agreed by phone, to move it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    agreed_how = forms.CharField(label=_("How the customer agreed"), required=False, max_length=500)


class LockForm(PlainForm):
    """How firmly a visit is promised; `version` is the one the reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    lock_level = forms.ChoiceField(label=_("The customer"), choices=LOCKS)
    reason = forms.CharField(label=_("Reason, when it is released"), required=False, max_length=200)


class LinkForm(PlainForm):
    """Which work goes first, by its number, and how this work hangs on it."""

    first = forms.CharField(
        label=_("Work order that goes first"), widget=forms.TextInput(attrs={"placeholder": "WO-17"})
    )
    kind = forms.ChoiceField(label=_("How"), choices=LinkKind.choices)
    gap_minutes = forms.IntegerField(
        label=_("Minutes between"), min_value=0, max_value=LONGEST_GAP, initial=0, required=False
    )

    def clean_first(self) -> WorkOrder:
        """The work order, however its number is written."""
        text = self.cleaned_data["first"].strip()
        number = text.upper().removeprefix("WO-").strip()
        found = queries.find_work_order(int(number)) if number.isdecimal() and len(number) < 16 else None
        if found is None:
            raise forms.ValidationError(
                _("There is no work order %(text)s. Write its number, such as WO-17."), params={"text": text}
            )
        return found

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            "first_id": self.cleaned_data["first"].pk,
            "kind": self.cleaned_data["kind"],
            "gap_minutes": self.cleaned_data["gap_minutes"] or 0,
        }


class ReasonForm(PlainForm):
    """Why something is called off."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class AcceptForm(PlainForm):
    """Whom a provider sends for offered work, and when."""

    engineer = forms.ModelChoiceField(queryset=Engineer.objects.none(), label=_("Engineer"))
    start_at = InstantField(label=_("Start"))

    def __init__(self, *args: Any, provider_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = workforce.active_engineers().filter(provider_id=provider_id)
        self.fields["engineer"].queryset = own  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        engineer: Engineer = self.cleaned_data["engineer"]
        return {"engineer_id": engineer.pk, "start_at": self.cleaned_data["start_at"]}


class DeclineForm(PlainForm):
    """Why offered work is not taken."""

    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class WorkOrderForm(PlainModelForm):
    """What must be done, where and until when."""

    site = forms.ModelChoiceField(
        queryset=Site.objects.select_related("customer").order_by("name", "id"), label=_("Site")
    )
    work_type = forms.ModelChoiceField(queryset=queries.active_work_types(), label=_("Work type"))
    duration_minutes = forms.IntegerField(
        label=_("Duration in minutes"), min_value=1, max_value=28_800, required=False
    )
    may_split = forms.BooleanField(
        label=_("May take several days"),
        required=False,
        help_text=_("Also when the work type says nothing of it."),
    )
    parts = PartLinesField()

    class Meta:
        model = WorkOrder
        fields = ["site", "work_type", "subject", "description", "priority", "duration_minutes", "may_split"]
        fields += ["promised_start_at", "promised_end_at", "window_start_at", "window_end_at"]
        widgets = {
            name: InstantInput()
            for name in ("promised_start_at", "promised_end_at", "window_start_at", "window_end_at")
        }
        labels = {
            "promised_start_at": _("Arrive from"),
            "promised_end_at": _("Arrive by"),
            "window_start_at": _("Not before"),
            "window_end_at": _("Finish by"),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        work_type: WorkType | None = values.get("work_type")
        usual = work_type.duration_minutes if work_type else 0
        told = {name: values.get(name) for name in WINDOWS}
        for name, text in Windows(values.get("duration_minutes") or usual, **told).faults().items():
            self.add_error(name, text)
        return values

    def facts(self) -> dict[str, Any]:
        """What the service takes: ids for things, nothing for what was left empty."""
        facts = {key: value for key, value in self.cleaned_data.items() if value not in (None, "", False, {})}
        facts["site_id"] = facts.pop("site").pk
        facts["work_type_id"] = facts.pop("work_type").pk
        return facts


class TicketWorkForm(PlainForm):
    """Turn a ticket into field work; a ticket without a site asks where."""

    work_type = forms.ModelChoiceField(queryset=queries.active_work_types(), label=_("Work type"))
    site = forms.ModelChoiceField(queryset=Site.objects.none(), label=_("Site"), required=False)
    address = forms.CharField(label=_("Or a new address"), max_length=300, required=False)
    again = forms.BooleanField(label=_("Make one more work order of this kind"), required=False)

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket = ticket
        self._propose_work_type()
        if ticket.site_id is not None:
            del self.fields["site"], self.fields["address"]
        elif ticket.customer_id is not None:
            sites = customers.sites_of(ticket.customer_id)
            self.fields["site"].queryset = sites  # type: ignore[attr-defined]
            self._propose_place(ticket, list(sites[:2]))

    def _propose_work_type(self) -> None:
        """The kind of work that the ticket's topic names."""
        topic_id = self.ticket.topic_id
        known = queries.work_types_for_topics([topic_id]).get(topic_id) if topic_id else None
        if known is not None:
            self.initial.setdefault("work_type", known.pk)

    def _propose_place(self, ticket: Ticket, sites: list[Site]) -> None:
        """The customer's only site; of one without any, the address that is known of them."""
        if len(sites) == 1:
            self.initial.setdefault("site", sites[0].pk)
        elif not sites and ticket.customer is not None:
            self.initial.setdefault("address", ticket.customer.billing_address)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "site" in self.fields and not values.get("site") and not values.get("address"):
            self.add_error("site", _("Say where the work is: choose a site or give an address."))
        work_type: WorkType | None = values.get("work_type")
        open_one = queries.open_work_like(self.ticket.pk, work_type.pk) if work_type else None
        if open_one is not None and not values.get("again"):
            text = _("%(work_order)s does this already: %(state)s. Tick the box to make one more.")
            self.add_error("again", text % {"work_order": open_one, "state": open_one.get_status_display()})
        return values

    @property
    def place(self) -> dict[str, Any]:
        """What the service takes to know where."""
        site: Site | None = self.cleaned_data.get("site")
        return {"site_id": site.pk if site else None, "address": self.cleaned_data.get("address", "")}

    @property
    def work_type_id(self) -> int:
        work_type: WorkType = self.cleaned_data["work_type"]
        return work_type.pk


class PolicyForm(PlainForm):
    """How a tenant plans: a verdict for each rule, a weight for each objective, limits."""

    note = forms.CharField(label=_("What changed"), max_length=300, required=False)

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules, self.objectives, self.limits = [], [], []
        for rule in Rule:
            self.rules.append(self._add(rule.value, _verdict_field(rule, policy.verdict(rule.value))))
        for objective in Objective:
            field = forms.IntegerField(
                label=objective.label, min_value=0, max_value=100, initial=policy.weight(objective.value)
            )
            self.objectives.append(self._add(f"weight_{objective.value}", field))
        for code, label in LIMIT_LABELS.items():
            least, most = LIMIT_RANGES[code]
            self.limits.append(
                self._add(
                    code,
                    forms.IntegerField(
                        label=label, min_value=least, max_value=most, initial=policy.limit(code)
                    ),
                )
            )

    def _add(self, name: str, field: forms.Field) -> forms.BoundField:
        self.fields[name] = field
        return self[name]

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        return {
            "verdicts": {rule.value: given[rule.value] for rule in Rule},
            "weights": {o.value: given[f"weight_{o.value}"] for o in Objective},
            "limits": {code: given[code] for code in LIMIT_LABELS},
            "note": given["note"],
        }


class TravelForm(PlainForm):
    """Who is asked for travel times, and where."""

    source = forms.ChoiceField(label=_("Travel times from"), choices=TravelSource.choices)
    base_url = forms.CharField(
        label=_("Address of the service"),
        required=False,
        max_length=200,
        help_text=_(
            "Such as http://osrm.example:5000. An address inside our own network must be allowed by whoever "
            "runs this system."
        ),
    )


LIMIT_LABELS = {
    "max_travel_minutes": _("Travel to one visit at most, in minutes (0: no limit)"),
    "freeze_minutes": _("Planning runs leave alone what starts within, in minutes"),
    "change_price_seconds": _("What moving a customer's visit costs a planning run, in seconds"),
    "consent_minutes": _("Customers may answer whether their visit moves for, in working minutes"),
    "consent_days": _(
        "Customers of an absent engineer are asked by themselves this many days ahead (0: never)"
    ),
}


def _verdict_field(rule: Rule, verdict: str) -> forms.ChoiceField:
    is_fixed = rule.value in NEVER_BROKEN
    choices = [c for c in RuleVerdict.choices if not is_fixed or c[0] == RuleVerdict.BLOCK.value]
    return forms.ChoiceField(label=rule.label, choices=choices, initial=verdict, disabled=is_fixed)
