"""A new ticket, and what is corrected or done about one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.queries import members
from channels.enums import Channel
from core.forms import PlainForm
from core.moments import InstantField
from customers.models import Asset, Contact, Customer, Site
from tickets.enums import (
    Priority,
    TicketKind,
    WaitingFor,
)
from tickets.forms.fields import choice
from tickets.models import SubState, Topic


class TicketForm(PlainForm):
    """A new ticket. `customer_id` narrows contact, site and asset to one customer's."""

    subject = forms.CharField(label=_("Subject"), max_length=300)
    description = forms.CharField(
        label=_("What is needed"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, initial=Channel.PHONE)
    kind = forms.ChoiceField(label=_("Kind"), choices=TicketKind.choices)
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=[("", _("As the topic's")), *Priority.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    topic = choice(_("Topic"))
    customer = choice(_("Customer"))
    contact = choice(_("Contact"))
    site = choice(_("Site"))
    asset = choice(_("Asset"))

    def __init__(self, *args: Any, customer_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["topic"].queryset = Topic.objects.all()
        fields["customer"].queryset = Customer.objects.all()
        fields["contact"].queryset = Contact.objects.all()
        fields["site"].queryset = Site.objects.all()
        fields["asset"].queryset = Asset.objects.all()
        if customer_id is not None:
            self._narrow(customer_id)
        else:
            for name in ("customer", "contact", "site", "asset"):
                self.fields[name].widget = forms.HiddenInput()

    def _narrow(self, customer_id: int) -> None:
        self.fields["customer"].widget = forms.HiddenInput()
        fields: dict[str, Any] = self.fields
        fields["contact"].queryset = Contact.objects.filter(customer_id=customer_id)
        fields["site"].queryset = Site.objects.filter(customer_id=customer_id)
        fields["asset"].queryset = Asset.objects.filter(site__customer_id=customer_id)

    def facts(self) -> dict[str, Any]:
        """The values as `open_ticket` takes them."""
        values = self.cleaned_data
        found: dict[str, Any] = {
            name: values[name] for name in ("subject", "description", "channel", "kind", "priority")
        }
        for name in ("topic", "customer", "contact", "site", "asset"):
            found[f"{name}_id"] = values[name].pk if values[name] else None
        return found


class TriageForm(PlainForm):
    """Correct what a ticket is about."""

    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    kind = forms.ChoiceField(label=_("Kind"), choices=TicketKind.choices)
    topic = choice(_("Topic"))
    owner = choice(_("Owner"))
    contact = choice(_("Contact"))
    site = choice(_("Site"))
    asset = choice(_("Asset"))

    def __init__(self, *args: Any, customer_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["topic"].queryset = Topic.objects.all()
        fields["owner"].queryset = members().filter(is_active=True)
        fields["contact"].queryset = Contact.objects.filter(customer_id=customer_id or 0)
        fields["site"].queryset = Site.objects.filter(customer_id=customer_id or 0)
        fields["asset"].queryset = Asset.objects.filter(site__customer_id=customer_id or 0)

    def facts(self) -> dict[str, Any]:
        """The values as `triage_ticket` takes them."""
        values = self.cleaned_data
        found: dict[str, Any] = {"priority": values["priority"], "kind": values["kind"]}
        for name in ("topic", "contact", "site", "asset"):
            found[f"{name}_id"] = values[name].pk if values[name] else None
        return found


class LabelForm(PlainForm):
    """A label of the ticket's state, or none."""

    sub_state = choice(_("Label"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["sub_state"].queryset = SubState.objects.filter(is_active=True)


class WaitForm(PlainForm):
    """For whom a ticket waits, and until when."""

    waiting_for = forms.ChoiceField(label=_("Waiting for"), choices=WaitingFor.choices)
    next_action_at = InstantField(label=_("Look again at"), required=False)


class ResolveForm(PlainForm):
    """What solved it."""

    resolution = forms.CharField(
        label=_("What solved it"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReopenForm(PlainForm):
    """Why it is not solved."""

    reason = forms.CharField(label=_("Why"), max_length=500)
