"""Input of ratings."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm
from feedback.enums import RatingReason


class RateForm(PlainForm):
    """What a customer sends: a face, and whatever else they care to say."""

    score = forms.IntegerField(min_value=1, max_value=5)
    reasons = forms.MultipleChoiceField(choices=RatingReason.choices, required=False)
    comment = forms.CharField(max_length=4000, required=False)
    wants_call = forms.BooleanField(required=False)


class ChooseForm(PlainForm):
    """What a customer answers: the place of a window, or "keep"; and words, if they like."""

    KEEP = "keep"

    choice = forms.RegexField(rf"^(\d{{1,2}}|{KEEP})$")
    comment = forms.CharField(max_length=1000, required=False)

    def chosen(self) -> int | None:
        """The place of the window chosen; None keeps the appointment."""
        told: str = self.cleaned_data["choice"]
        return None if told == self.KEEP else int(told)


class OutcomeForm(PlainForm):
    """What came of a follow-up."""

    outcome = forms.CharField(
        label=_("What came of it"), max_length=4000, widget=forms.Textarea(attrs={"rows": 1})
    )
