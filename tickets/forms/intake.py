"""What comes in by phone, by the public form, by a code on the equipment, or from nobody known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.addresses import AddressInput, TypedAddressInput, TypedPhoneInput
from core.forms import PlainForm
from customers.models import Asset
from tickets.enums import (
    Priority,
)
from tickets.forms.fields import choice
from tickets.models import Topic


class CallForm(PlainForm):
    """What was said on the phone. `customer_id` narrows the equipment to one customer's."""

    body = forms.CharField(
        label=_("What was said"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    topic = choice(_("Topic"))
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=[("", _("As the topic's")), *Priority.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    asset = choice(_("Asset"))
    began_at = forms.TimeField(
        label=_("Began at"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=0, max_value=1440)

    def __init__(self, *args: Any, customer_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["topic"].queryset = Topic.objects.all()
        fields["asset"].queryset = Asset.objects.filter(site__customer_id=customer_id or 0)

    def facts(self, at: datetime) -> dict[str, Any]:
        """The values as `log_call` takes them. A time later than now was yesterday's."""
        values = self.cleaned_data
        began = None
        if values["began_at"] is not None:
            local = timezone.localtime(at)
            wall = values["began_at"]
            began = local.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
            began = began if began <= local else began - timedelta(days=1)
        found = {name: values[name] for name in ("body", "subject", "priority", "minutes")}
        for name in ("topic", "asset"):
            found[f"{name}_id"] = values[name].pk if values[name] else None
        return {**found, "began_at": began}


class SenderForm(PlainForm):
    """Who sent a message that names nobody."""

    sender_name = forms.CharField(label=_("Name"), max_length=120, required=False)
    sender_address = AddressInput(label=_("E-mail"), required=False)


class RequestForm(PlainForm):
    """The public request form. `website` is a trap: people never see it."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    email = TypedAddressInput(label=_("E-mail"), required=False)
    phone = TypedPhoneInput(label=_("Phone"), max_length=40, required=False)
    subject = forms.CharField(label=_("What is it about?"), max_length=200)
    body = forms.CharField(
        label=_("What happened?"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    address = forms.CharField(label=_("Where are we needed? (address)"), max_length=300, required=False)
    website = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        is_reached = values.get("email") or values.get("phone")
        if not is_reached and not self.errors.keys() & {"email", "phone"}:
            self.add_error("email", _("Give an e-mail address or a phone number, so that we can answer."))
        return values


class AssetRequestForm(PlainForm):
    """What is wrong with the equipment whose code was scanned. `ticket` adds to an open report of it."""

    body = forms.CharField(
        label=_("What is wrong?"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    name = forms.CharField(label=_("Your name"), max_length=120, required=False)
    phone = TypedPhoneInput(label=_("Phone (if we may call back)"), max_length=40, required=False)
    ticket = forms.IntegerField(required=False, min_value=1)
    website = forms.CharField(required=False, max_length=200)
