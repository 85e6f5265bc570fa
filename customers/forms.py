"""Forms of customers: validate and shape input; the services save."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Asset, Contact, Contract, Customer, Site


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Customer
        fields = ["name", "tier", "language", "email", "phone", "billing_address"]


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contact
        fields = ["name", "reading", "role", "email", "phone", "language", "prefers"]
        help_texts = {"reading": _("How the name is read, in kana or pinyin.")}


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Site
        fields = [
            "name",
            "address",
            "postal_code",
            "city",
            "area",
            "latitude",
            "longitude",
            "time_zone",
            "access_notes",
        ]
        help_texts = {
            "area": _("What territories are made of, such as a ward or a borough."),
            "time_zone": _("Leave empty when it is the company's own. Otherwise a name such as Asia/Tokyo."),
            "access_notes": _(
                "Shown to the engineer: entrance, parking, who has the key. "
                "A line that begins with “!” is shown as a hazard."
            ),
        }
        widgets = {"access_notes": forms.Textarea(attrs={"rows": 3})}


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contract
        fields = ["number", "name", "starts_on", "ends_on", "time_zone"]
        help_texts = {
            "time_zone": _(
                "Business hours count in this zone wherever the site is. Empty means the site's own."
            ),
        }
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("starts_on", "ends_on")
        }


class AssetForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Asset
        fields = ["name", "model", "serial", "installed_on"]
        widgets = {"installed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
