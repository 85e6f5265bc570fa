"""The words of invitations, in the active language."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import links
from accounts.models import Membership


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text message to one address; `language` is the one it is written in."""

    recipient: str
    language: str
    subject: str
    body: str


def invitation(membership: Membership) -> Letter:
    """Who asks, as what, and the link. Whoever reads it can join: it is for the address alone."""
    language = membership.user.language or membership.tenant.language
    with translation.override(language):
        return _invitation(membership, language)


def _invitation(membership: Membership, language: str) -> Letter:
    facts = {
        "name": membership.name,
        "company": membership.tenant.name,
        "inviter": membership.invited_by,
        "role": membership.role,
        "days": links.LIFETIME.days,
        "url": settings.BASE_URL.rstrip("/") + links.path_of(membership),
    }
    body = _(
        "%(name)s\n\n"
        "%(inviter)s of %(company)s invites you to join as: %(role)s.\n\n"
        "Accept here:\n%(url)s\n\n"
        "The link works once, for %(days)s days. If you do not know %(company)s, do nothing: without your "
        "acceptance nobody joins.\n"
    )
    subject = _("%(company)s invites you to join") % facts
    return Letter(membership.user.email, language, subject, body % facts)
