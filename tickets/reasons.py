"""Why clocks and tickets stand as they do: codes as words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tickets.enums import SegmentReason
from tickets.likeness import Alike


def words_of_reason(reason: str) -> str:
    """A segment's reason in words. One that names a thing ("carried:T-17", "on_site:WO-9") says so; free text stays."""
    code, _colon, thing = reason.partition(":")
    if code not in SegmentReason.values:
        return reason
    label = str(SegmentReason(code).label)
    return label % {"thing": thing} if thing else label


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
