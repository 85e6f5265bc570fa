"""Codes of triage as sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tickets.enums import SegmentReason
from tickets.likeness import Alike


def words_of_reason(reason: str) -> str:
    """A segment's reason in words. One that names a ticket ("carried:T-17") says so; free text stays."""
    code, _colon, ticket = reason.partition(":")
    if code in SegmentReason.values:
        return (
            str(SegmentReason(code).label) % {"ticket": ticket} if ticket else str(SegmentReason(code).label)
        )
    return reason


def words_of_likeness(reason: Alike) -> str:
    """What two tickets share, in words."""
    return {
        Alike.ASSET: _("same asset"),
        Alike.SITE: _("same site"),
        Alike.CONTACT: _("same contact"),
        Alike.CUSTOMER: _("same customer"),
        Alike.TOPIC: _("same topic"),
        Alike.WORDS: _("similar words"),
    }[reason]
