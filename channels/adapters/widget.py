"""The chat on the tenant's own site: no provider stands between, so nothing is called and nobody calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import chats
from channels.adapters.base import Account, Adapter, Field, NotWorking
from channels.enums import Channel


class WidgetAdapter(Adapter):
    """A button and a frame on the tenant's pages. Messages wait in the chat; services hand them over."""

    code = "widget"
    channel = Channel.CHAT
    label = gettext_lazy("Chat on your website")
    address_label = gettext_lazy("Your website")
    address_hint = gettext_lazy("Where the chat stands, such as https://www.example.com")
    has_hook = False
    sends = False
    fields = (
        Field(
            name="origins",
            label=gettext_lazy("Further websites"),
            is_required=False,
            hint=gettext_lazy("Separated by spaces. No other site can show the chat."),
        ),
        Field(
            name="greeting",
            label=gettext_lazy("Greeting"),
            kind="words",
            is_required=False,
            hint=gettext_lazy("The first thing a visitor reads."),
        ),
        Field(
            name="hours",
            label=gettext_lazy("Office hours"),
            kind="words",
            is_required=False,
            hint=gettext_lazy("In words, such as “Monday to Friday, 9:00 to 18:00”."),
        ),
        Field(
            name="colour",
            label=gettext_lazy("Colour"),
            is_required=False,
            hint=gettext_lazy("As #rrggbb. The words on it become dark or white by themselves."),
            default=chats.COLOUR,
        ),
        Field(
            name="languages",
            label=gettext_lazy("Languages"),
            is_required=False,
            hint=gettext_lazy(
                "Of en, ja and zh-hans, the first for those who speak none of them. Empty: all."
            ),
        ),
    )

    def complaints(
        self, address: str, options: Mapping[str, Any], secrets: Collection[str] = ()
    ) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        if not chats.find_origin(address):
            errors["address"] = [_("Write it like https://www.example.com")]
        if wrong := [one for one in chats.parts(options.get("origins")) if not chats.find_origin(one)]:
            errors["origins"] = [
                _("“%(text)s” is not the address of a website.") % {"text": one[:80]} for one in wrong
            ]
        colour = str(options.get("colour") or "")
        if colour and not chats.is_colour(colour):
            errors["colour"] = [_("Write a colour like #0b5cad.")]
        if unknown := set(chats.parts(options.get("languages"))) - set(chats.LANGUAGES):
            errors["languages"] = [
                _("The chat does not speak “%(code)s”.") % {"code": code[:20]} for code in sorted(unknown)
            ]
        return errors

    def check(self, account: Account) -> str:
        if any(self.complaints(account.address, account.options)):
            raise NotWorking(_("Something is missing or wrong: look at the marked fields."))
        return _("The chat is ready: paste its line into your pages.")
