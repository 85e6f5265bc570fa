"""Forms of tickets: validate and shape input; the services save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.queries import members
from channels.enums import Channel
from core.addresses import AddressInput
from customers.models import Asset, Contact, Customer, Site
from tickets.enums import Priority, TicketKind, WaitingFor
from tickets.models import Topic


def _choice(label: Any) -> Any:
    """One of the tenant's things, or none; the form sets which, since no tenant is active at import."""
    return forms.ModelChoiceField(label=label, queryset=None, required=False, empty_label="–")


class TicketForm(forms.Form):
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
    topic = _choice(_("Topic"))
    customer = _choice(_("Customer"))
    contact = _choice(_("Contact"))
    site = _choice(_("Site"))
    asset = _choice(_("Asset"))

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


class TriageForm(forms.Form):
    """Correct what a ticket is about."""

    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    kind = forms.ChoiceField(label=_("Kind"), choices=TicketKind.choices)
    topic = _choice(_("Topic"))
    owner = _choice(_("Owner"))
    contact = _choice(_("Contact"))
    site = _choice(_("Site"))
    asset = _choice(_("Asset"))

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


class ReplyForm(forms.Form):
    """Words to the customer, or among us."""

    body = forms.CharField(label=_("Reply"), max_length=200_000)
    kind = forms.ChoiceField(choices=[("public", ""), ("internal", "")], initial="public")


class WaitForm(forms.Form):
    """For whom a ticket waits, and until when."""

    waiting_for = forms.ChoiceField(label=_("Waiting for"), choices=WaitingFor.choices)
    next_action_at = forms.DateTimeField(
        label=_("Look again at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )


class ResolveForm(forms.Form):
    """What solved it."""

    resolution = forms.CharField(
        label=_("What solved it"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReopenForm(forms.Form):
    """Why it is not solved."""

    reason = forms.CharField(label=_("Why"), max_length=500)


class SenderForm(forms.Form):
    """Who sent a message that names nobody."""

    sender_name = forms.CharField(label=_("Name"), max_length=120, required=False)
    sender_address = AddressInput(label=_("E-mail"), required=False)


class RequestForm(forms.Form):
    """The public request form. `website` is a trap: people never see it."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    email = AddressInput(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    subject = forms.CharField(label=_("What is it about?"), max_length=200)
    body = forms.CharField(
        label=_("What happened?"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    address = forms.CharField(label=_("Where are we needed? (address)"), max_length=300, required=False)
    website = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("email") and not values.get("phone") and "email" not in self.errors:
            self.add_error("email", _("Give an e-mail address or a phone number, so that we can answer."))
        return values
