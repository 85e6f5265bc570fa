"""Input of the settings pages."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import queries
from accounts.enums import Permission
from core.forms import PlainForm, PlainModelForm
from tenants.enums import Language
from tenants.models import Tenant

_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Every place with a time zone of its own; UTC first."""
    places = sorted(zone for zone in available_timezones() if zone.split("/")[0] in _REGIONS)
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


class CompanyForm(PlainModelForm):
    """The company's own facts."""

    class Meta:
        model = Tenant
        fields = (
            "name",
            "address",
            "phone",
            "email",
            "language",
            "time_zone",
            "currency",
            "tax_rate_percent",
            "tax_registration",
        )
        labels = {
            "name": _("Company name"),
            "address": _("Address"),
            "phone": _("Phone"),
            "email": _("E-mail"),
            "language": _("Language"),
            "time_zone": _("Time zone"),
            "currency": _("Currency"),
            "tax_rate_percent": _("Tax rate in percent"),
            "tax_registration": _("Tax registration number"),
        }
        help_texts = {
            "language": _("For customers and people who have not chosen one."),
            "time_zone": _("Working hours and days are counted in it."),
            "currency": _("New charges use it; what was issued stays."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget = forms.Select(choices=zone_choices())
        self.fields["tax_rate_percent"].min_value = 0  # type: ignore[attr-defined]

    def clean_tax_rate_percent(self) -> Any:
        rate = self.cleaned_data["tax_rate_percent"]
        if rate is not None and not 0 <= rate <= 100:
            raise forms.ValidationError(_("A tax rate is from 0 to 100 percent."))
        return rate


class PersonForm(PlainForm):
    """Somebody who is let in."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"))
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser says")), *Language.choices]
    )
    provider_code = forms.SlugField(
        label=_("Provider"),
        required=False,
        max_length=40,
        help_text=_("Only for people of a partner company: they see nothing but their own work."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]


class RoleForm(PlainForm):
    """A role of the tenant's own."""

    name = forms.CharField(label=_("Name"), max_length=80)
    permissions = forms.MultipleChoiceField(
        label=_("May"),
        choices=Permission.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class TokenForm(PlainForm):
    """A program's key."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, such as “Web shop”.")
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty means that it does not end by itself."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"), choices=Permission.choices, widget=forms.CheckboxSelectMultiple
    )

    def expires_at(self, zone: ZoneInfo) -> datetime | None:
        """The end of the last day, in the company's zone."""
        last = self.cleaned_data.get("expires_on")
        return datetime.combine(last + timedelta(days=1), time(), zone) if last else None


class ProfileForm(PlainForm):
    """One's own facts."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser says")), *Language.choices]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("The company's")), *zone_choices()]
        self.fields["time_zone"].choices = choices  # type: ignore[attr-defined]


class JoinForm(PlainForm):
    """The password with which the owner of an address takes an account into their own hands."""

    password1 = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("New password once more"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("password1") != facts.get("password2"):
            self.add_error("password2", _("The two passwords are not the same."))
        return facts


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A key is for signing in with it alone, unless one says otherwise."""

    passwordless = forms.BooleanField(
        label=_("Sign in with it alone"),
        required=False,
        initial=True,
        help_text=_("Without this, the passkey only confirms your password."),
    )


def role_choices() -> list[tuple[str, str]]:
    """The tenant's roles for a select."""
    return [(role.code, str(role)) for role in queries.roles()]
