"""Labels of states, and what a policy does when its promises are at risk or broken."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import queries as accounts
from core.forms import PlainForm
from tickets.enums import (
    EscalationAct,
    EscalationMoment,
    EscalationWhom,
    TicketStatus,
)
from tickets.models import SlaPolicy


class SubStateForm(PlainForm):
    """How a label is called and ordered."""

    name = forms.CharField(label=_("Name"), max_length=80)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=1_000, initial=0)
    is_active = forms.BooleanField(label=_("Offered"), required=False, initial=True)


class NewSubStateForm(PlainForm):
    """A new label of one state."""

    status = forms.ChoiceField(
        label=_("Within the state"),
        choices=[(code, word) for code, word in TicketStatus.choices if code not in ("merged", "spam")],
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.SlugField(label=_("Code"), max_length=40)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=1_000, initial=0)


class EscalationForm(PlainForm):
    """One act of a policy. `facts()` is what `add_escalation` takes."""

    item_code = forms.ChoiceField(label=_("Promise"), required=False)
    moment = forms.ChoiceField(label=_("At which moment"), choices=EscalationMoment.choices)
    after_minutes = forms.IntegerField(
        label=_("Minutes later"),
        required=False,
        min_value=0,
        max_value=525_600,
        help_text=_("Only for some time after the breach."),
    )
    act = forms.ChoiceField(label=_("Do"), choices=EscalationAct.choices)
    whom = forms.ChoiceField(label=_("Whom"), required=False, choices=[("", "–"), *EscalationWhom.choices])
    role_id = forms.TypedChoiceField(
        label=_("Role"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": _("Choose the role.")},
    )
    member_id = forms.TypedChoiceField(
        label=_("Person"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": _("Choose the person.")},
    )
    word = forms.CharField(
        label=_("Word"), required=False, max_length=60, help_text=_("What rules listen to, such as “late”.")
    )

    def __init__(self, *args: Any, policy: SlaPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = policy.items.filter(version=policy.version)
        people = accounts.members().filter(is_active=True)
        choices: dict[str, list[tuple[Any, str]]] = {
            "item_code": [("", gettext("Every promise")), *((item.code, str(item)) for item in items)],
            "role_id": [("", "–"), *((role.pk, str(role)) for role in accounts.roles())],
            "member_id": [("", "–"), *((member.pk, str(member)) for member in people)],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        return {**self.cleaned_data, "after_minutes": self.cleaned_data["after_minutes"] or 0}
