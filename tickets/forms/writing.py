"""Answers, and words said often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm
from tenants.enums import Language
from tickets.forms.fields import choice
from tickets.models import Topic


class ReplyForm(PlainForm):
    """Words to the customer, or among us."""

    body = forms.CharField(label=_("Reply"), max_length=200_000)
    kind = forms.ChoiceField(choices=[("public", ""), ("internal", "")], initial="public")
    seen = forms.IntegerField(required=False, min_value=0)
    canned = forms.IntegerField(required=False, min_value=1)


class CannedReplyForm(PlainForm):
    """Words said often."""

    title = forms.CharField(label=_("Title"), max_length=120)
    body = forms.CharField(
        label=_("Text"), max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("Any")), *Language.choices], required=False
    )
    topic = choice(_("Topic"))
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
