"""Forms of tickets: validate and shape input; the services save."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import queries as accounts
from accounts.queries import members
from channels.enums import Channel
from core.addresses import AddressInput
from core.text import fold
from customers.models import Asset, Contact, Customer, Site
from tenants.enums import Language
from tickets import queries
from tickets.enums import (
    EscalationAct,
    EscalationMoment,
    EscalationWhom,
    Priority,
    TicketKind,
    TicketStatus,
    WaitingFor,
)
from tickets.models import SlaPolicy, SubState, Ticket, Topic


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
    seen = forms.IntegerField(required=False, min_value=0)
    canned = forms.IntegerField(required=False, min_value=1)


class NumberField(forms.Field):
    """A ticket by the number people read, "T-17" or "17"; gives the ticket."""

    def to_python(self, value: Any) -> Any:
        text = fold(str(value or "")).removeprefix("t-").strip()
        if not text:
            return None
        ticket = queries.find_ticket_by_number(int(text)) if text.isdecimal() and len(text) < 18 else None
        if ticket is None:
            raise forms.ValidationError(
                _("There is no ticket %(number)s. Give its number, such as T-17."),
                params={"number": str(value)[:30]},
            )
        return ticket


class MergeForm(forms.Form):
    """In which ticket it goes on."""

    target = NumberField(label=_("Goes on in"))
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)
    tell_customer = forms.BooleanField(label=_("Tell the customer, in their language"), required=False)
    across_customers = forms.BooleanField(label=_("Also when the customers differ"), required=False)


class SplitForm(forms.Form):
    """Which messages become a ticket of their own."""

    message_ids = forms.TypedMultipleChoiceField(label=_("Messages"), coerce=int, choices=())
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        given = data.getlist("message_ids") if data is not None else []
        fields: dict[str, Any] = self.fields
        fields["message_ids"].choices = [
            (text, text) for text in given if text.isdecimal() and len(text) < 18
        ]


class NotSameForm(forms.Form):
    """Which ticket is about something else."""

    other = _choice(_("Ticket"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["other"].queryset, fields["other"].required = Ticket.objects.all(), True


class SuggestionForm(forms.Form):
    """Which suggestion is right."""

    what = forms.ChoiceField(choices=[("topic", ""), ("asset", ""), ("priority", "")])
    value = forms.IntegerField(min_value=1)


class LabelForm(forms.Form):
    """A label of the ticket's state, or none."""

    sub_state = _choice(_("Label"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["sub_state"].queryset = SubState.objects.filter(is_active=True)


class CannedReplyForm(forms.Form):
    """Words said often."""

    title = forms.CharField(label=_("Title"), max_length=120)
    body = forms.CharField(
        label=_("Text"), max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("Any")), *Language.choices], required=False
    )
    topic = _choice(_("Topic"))
    is_active = forms.BooleanField(label=_("Offered"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["topic"].queryset = Topic.objects.all()

    def facts(self) -> dict[str, Any]:
        """The values as the services take them."""
        found = dict(self.cleaned_data)
        topic = found.pop("topic")
        return {**found, "topic_id": topic.pk if topic else None}


class SubStateForm(forms.Form):
    """How a label is called and ordered."""

    name = forms.CharField(label=_("Name"), max_length=80)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=1_000, initial=0)
    is_active = forms.BooleanField(label=_("Offered"), required=False, initial=True)


class NewSubStateForm(forms.Form):
    """A new label of one state."""

    status = forms.ChoiceField(
        label=_("Within the state"),
        choices=[(code, word) for code, word in TicketStatus.choices if code not in ("merged", "spam")],
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.SlugField(label=_("Code"), max_length=40)
    position = forms.IntegerField(label=_("Position"), min_value=0, max_value=1_000, initial=0)


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


class CallForm(forms.Form):
    """What was said on the phone. `customer_id` narrows the equipment to one customer's."""

    body = forms.CharField(
        label=_("What was said"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    topic = _choice(_("Topic"))
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=[("", _("As the topic's")), *Priority.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    asset = _choice(_("Asset"))
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


class AssetRequestForm(forms.Form):
    """What is wrong with the equipment whose code was scanned. `ticket` adds to an open report of it."""

    body = forms.CharField(
        label=_("What is wrong?"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    name = forms.CharField(label=_("Your name (if you like)"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone (if we may call back)"), max_length=40, required=False)
    ticket = forms.IntegerField(required=False, min_value=1)
    website = forms.CharField(required=False, max_length=200)


class EscalationForm(forms.Form):
    """One act of a policy. `facts()` is what `add_escalation` takes."""

    item_code = forms.ChoiceField(label=_("Promise"), required=False)
    moment = forms.ChoiceField(label=_("At which moment"), choices=EscalationMoment.choices)
    after_minutes = forms.IntegerField(
        label=_("Minutes later"),
        required=False,
        min_value=0,
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
