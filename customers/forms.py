"""Forms of customers: validate and shape input; the services save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.addresses import check_typed_address, check_typed_phone
from core.errors import BadInput
from core.forms import PlainForm, PlainModelForm
from core.places import check_place
from core.spans import DaySpan, read_spans, write_span
from customers.models import Asset, Contact, Contract, Customer, Site


class ReachForm(PlainModelForm):
    """How somebody is reached: what is typed anew must look like it; what came with their mail may stay."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, check in (("email", check_typed_address), ("phone", check_typed_phone)):
            if values.get(name) and name in self.changed_data:
                try:
                    check(values[name])
                except forms.ValidationError as problem:
                    self.add_error(name, problem)
        return values


class CustomerForm(ReachForm):
    class Meta:
        model = Customer
        fields = ["name", "tier", "language", "email", "phone", "billing_address"]


class ContactForm(ReachForm):
    class Meta:
        model = Contact
        fields = ["name", "reading", "role", "email", "phone", "language", "prefers"]
        help_texts = {"reading": _("How the name is read, in kana or pinyin.")}


class SiteForm(PlainModelForm):
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

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        try:
            check_place(values.get("latitude"), values.get("longitude"))
        except BadInput as refusal:
            for name, texts in refusal.errors.items():
                if name not in self.errors:
                    self.add_error(name, texts)
        return values


class SiteHoursForm(PlainForm):
    """When a site may be visited, day by day as people write it. When valid, `weekly` is what the service
    takes."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(site.visiting_hours.all())
        self.is_open = not rows
        for day, name in WEEKDAYS.items():
            mine = [write_span(row.opens, row.closes) for row in rows if row.weekday == day]
            self.fields[f"day_{day}"] = forms.CharField(
                required=False, label=name, initial=", ".join(mine), max_length=100
            )

    def clean(self) -> dict[str, Any]:
        self.weekly: dict[int, list[DaySpan]] = {}
        for day in WEEKDAYS:
            text = self.cleaned_data.get(f"day_{day}", "")
            try:
                self.weekly[day] = read_spans(text)
            except ValueError:
                wrong = gettext("“%(text)s” is no time of the day. Write it like 9:00–17:30.")
                self.add_error(f"day_{day}", wrong % {"text": text})
        return self.cleaned_data


class ContractForm(PlainModelForm):
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


class AssetForm(PlainModelForm):
    class Meta:
        model = Asset
        fields = ["name", "model", "serial", "installed_on"]
        widgets = {"installed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
