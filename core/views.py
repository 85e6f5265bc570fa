"""The living style page: every part of the look, for people who build screens. Only when DEBUG is on."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core import look

PAGES = ("styleguide", "inbox", "record", "phone", "customer", "sheet")


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(max_length=80, help_text="As it should stand on the report.")
    email = forms.EmailField(required=False)
    tier = forms.ChoiceField(choices=[("gold", "Gold"), ("standard", "Standard")])
    reach = forms.ChoiceField(choices=[("mail", "E-mail"), ("phone", "Phone")], widget=forms.RadioSelect)
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    night = forms.BooleanField(required=False, help_text="Adds the night fee to every visit.")


def styleguide(request: HttpRequest, page: str = "styleguide") -> HttpResponse:
    """Show one page of samples. `?errors` fills the form badly, `?toast` shows messages. 404 unless DEBUG."""
    if not settings.DEBUG or page not in PAGES:
        raise Http404
    if "toast" in request.GET:
        messages.success(request, "Print House moved to Andre Baptiste, 14:28")
        messages.error(request, "WO-2231 was not sent: Ken Ishii is absent from 13:00")
    now = timezone.now()
    context = {
        "page_name": page,
        "sample_pages": PAGES,
        "vocabularies": look.VOCABULARIES,
        "hues": look.HUES,
        "form": SampleForm({"name": "", "reach": "mail"}) if "errors" in request.GET else SampleForm(),
        "now": now,
        "later": now + timedelta(hours=26),
    }
    return render(request, f"look/{page}.html", context)
