"""Tickets that become one or two, and suggestions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm
from tickets.forms.fields import NumberField, choice
from tickets.models import Ticket


class MergeForm(PlainForm):
    """In which ticket it goes on."""

    target = NumberField(label=_("Goes on in"))
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)
    tell_customer = forms.BooleanField(label=_("Tell the customer, in their language"), required=False)
    across_customers = forms.BooleanField(label=_("Also when the customers differ"), required=False)


class SplitForm(PlainForm):
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


class NotSameForm(PlainForm):
    """Which ticket is about something else."""

    other = choice(_("Ticket"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["other"].queryset, fields["other"].required = Ticket.objects.all(), True


class SuggestionForm(PlainForm):
    """Which suggestion is right."""

    what = forms.ChoiceField(choices=[("topic", ""), ("asset", ""), ("priority", "")])
    value = forms.IntegerField(min_value=1)
