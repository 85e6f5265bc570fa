"""Notices as sentences, in the active language: for the list, and for the mail."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notices.models import Notice
from notices.registry import Kind, Said, kind_named
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text message to one address; `language` is the one it is written in."""

    recipient: str
    language: str
    subject: str
    body: str


def _unknown(facts: object) -> Said:
    return Said(_("Something happened"))


UNKNOWN = Kind(label="", icon="bell", hue="rest", say=_unknown)


def kind_of(notice: Notice) -> Kind:
    """How notices of this kind look and speak; a plain one for a kind that this release does not know."""
    return kind_named(notice.kind) or UNKNOWN


def said(notice: Notice) -> Said:
    """The notice in words."""
    return kind_of(notice).say(notice.facts)


def letter(notice: Notice, tenant: Tenant) -> Letter:
    """The notice as mail to its person, in their language and time zone."""
    user = notice.membership.user
    language = user.language or tenant.language
    zone = user.time_zone or tenant.time_zone
    with translation.override(language), timezone.override(zone):
        words = said(notice)
        url = urljoin(settings.BASE_URL.rstrip("/") + "/", notice.path.lstrip("/"))
        parts = [words.title, words.detail, url, _why(notice, tenant)]
    return Letter(user.email, language, words.title, "\n\n".join(filter(None, parts)) + "\n")


def _why(notice: Notice, tenant: Tenant) -> str:
    company = {"company": tenant.name}
    if notice.is_urgent:
        return _("%(company)s tells you at once, as you are on call.") % company
    return _("%(company)s tells you this as you asked. Change it under “Your notices”.") % company
