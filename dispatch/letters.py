"""What dispatch tells our own people, in words: the kinds of notices about offers and customers' answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formats import local_datetime
from dispatch.enums import ConsentStatus
from notices.registry import Kind, Said

OFFERED, OFFER_WITHDRAWN = "work_offered", "offer_withdrawn"
CONSENT_ANSWERED, CONSENT_IMPOSSIBLE = "consent_answered", "consent_impossible"


def _offered(facts: Mapping[str, Any]) -> Said:
    title = _("You are offered %(what)s") % {"what": _what(facts)}
    until = facts.get("until")
    if not until:
        return Said(title)
    return Said(title, _("answer by %(time)s") % {"time": local_datetime(datetime.fromisoformat(until))})


def _withdrawn(facts: Mapping[str, Any]) -> Said:
    return Said(_("The offer of %(what)s was taken back") % {"what": _what(facts)}, facts.get("reason", ""))


def _what(facts: Mapping[str, Any]) -> str:
    return " · ".join(filter(None, (facts.get("work_type", ""), facts.get("area", ""))))


def _answered(facts: Mapping[str, Any]) -> Said:
    words = {
        ConsentStatus.AGREED: _("%(customer)s agreed to move %(work_order)s"),
        ConsentStatus.CHOSE_OTHER: _("%(customer)s chose another time for %(work_order)s"),
        ConsentStatus.KEPT: _("%(customer)s keeps the appointment of %(work_order)s"),
        ConsentStatus.EXPIRED: _("%(customer)s did not answer about %(work_order)s: nothing was moved"),
    }
    found = words.get(facts.get("status", ""), _("The question to %(customer)s about %(work_order)s ended"))
    start, comment = facts.get("start"), facts.get("comment", "")
    when = local_datetime(datetime.fromisoformat(start)) if start else ""
    return Said(_filled(found, facts), " · ".join(filter(None, (when, comment))))


def _impossible(facts: Mapping[str, Any]) -> Said:
    told = _("%(customer)s could not be asked whether %(work_order)s may move: call them")
    return Said(_filled(told, facts), facts.get("reason", ""))


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    return text % {"customer": facts.get("customer", ""), "work_order": facts.get("work_order", "")}


KINDS = {
    CONSENT_ANSWERED: Kind(
        gettext_lazy("a customer answers whether a visit may move"), "calendar-check", "plan", _answered
    ),
    CONSENT_IMPOSSIBLE: Kind(
        gettext_lazy("a customer whose engineer is absent cannot be asked"),
        "phone-call",
        "wait",
        _impossible,
        is_warning=True,
    ),
    OFFERED: Kind(gettext_lazy("work is offered to me"), "send", "plan", _offered),
    OFFER_WITHDRAWN: Kind(gettext_lazy("an offer is taken back"), "ban", "rest", _withdrawn),
}
