"""Forms of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.adapters.base import Adapter, Field, Group
from channels.models import ChannelAccount
from core.forms import PlainForm


class AccountForm(PlainForm):
    """An account's facts as its adapter asks for them. Secrets are only ever written."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What you call it, such as “Service desk”.")
    )
    address = forms.CharField(max_length=254)

    def __init__(
        self,
        adapter: Adapter,
        data: Mapping[str, Any] | None = None,
        *,
        account: ChannelAccount | None = None,
    ) -> None:
        initial = {"name": account.name, "address": account.address, **account.options} if account else {}
        super().__init__(data, initial=initial)
        self._adapter = adapter
        self.fields["address"].label = str(adapter.address_label)
        self.fields["address"].help_text = str(adapter.address_hint)
        for field in adapter.fields:
            self.fields[field.name] = _made(field, is_new=account is None)

    def sections(self) -> list[tuple[Group, list[list[forms.BoundField]]]]:
        """The fields as they stand on the page: under their headings, in lines of one or two."""
        first = Group(self._adapter.label, self._adapter.secrets_hint)
        found: list[tuple[Group, list[list[forms.BoundField]]]] = [
            (first, [[self["name"]], [self["address"]]])
        ]
        for field in self._adapter.fields:
            group = field.group or first
            if found[-1][0] != group:
                found.append((group, []))
            if field.beside:
                found[-1][1][-1].append(self[field.name])
            else:
                found[-1][1].append([self[field.name]])
        return found

    def values(self) -> dict[str, Any]:
        """What the services take: name, address, options and secrets."""
        given = self.cleaned_data
        secrets = {f.name: given[f.name] for f in self._adapter.fields if f.kind == "secret"}
        options = {f.name: given[f.name] for f in self._adapter.fields if f.kind != "secret"}
        return {"name": given["name"], "address": given["address"], "options": options, "secrets": secrets}


def _made(field: Field, *, is_new: bool) -> forms.Field:
    facts: dict[str, Any] = {
        "label": field.label,
        "required": field.is_required,
        "help_text": field.hint,
        "initial": field.default,
    }
    if field.kind == "number":
        return forms.IntegerField(min_value=1, max_value=65_535, **facts)
    if field.kind == "choice":
        return forms.ChoiceField(choices=list(field.choices), **facts)
    if field.kind == "switch":
        return forms.BooleanField(**{**facts, "required": False})
    if field.kind == "secret":
        facts |= {"required": field.is_required and is_new, "help_text": _hint(field, is_new)}
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(max_length=2_000, widget=widget, **facts)
    if field.kind == "words":
        return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), **facts)
    return forms.CharField(max_length=500, **facts)


def _hint(field: Field, is_new: bool) -> str | Promise:
    if is_new:
        return field.hint
    return _("It is kept and not shown. Write a new one to replace it.")
