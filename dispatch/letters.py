"""What dispatch tells our own people, in words: offers, urgent work that nobody can do, customers' answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.formats import local_datetime
from dispatch.enums import ConsentStatus, OfferStatus
from notices.registry import Kind, Said

OFFERED, OFFER_WITHDRAWN = "work_offered", "offer_withdrawn"
UNPLANNED, PLANNED_LATE = "work_unplanned", "work_planned_late"
CONSENT_ANSWERED, CONSENT_IMPOSSIBLE = "consent_answered", "consent_impossible"


def _offered(facts: Mapping[str, Any]) -> Said:
    title = _("You are offered %(what)s") % {"what": _what(facts)}
    until = facts.get("until")
    if not until:
        return Said(title)
    return Said(title, _("answer by %(time)s") % {"time": _when(until)})


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
    when = _when(start) if start else ""
    return Said(_filled(found, facts), " · ".join(filter(None, (when, comment))))


def _impossible(facts: Mapping[str, Any]) -> Said:
    told = _("%(customer)s could not be asked whether %(work_order)s may move: call them")
    return Said(_filled(told, facts), facts.get("reason", ""))


def _unplanned(facts: Mapping[str, Any]) -> Said:
    if count := facts.get("count"):
        told = ngettext(
            "%(n)s urgent work order could not be planned",
            "%(n)s urgent work orders could not be planned",
            count,
        )
        return Said(told % {"n": count})
    title = _filled(_("Nobody can go to %(work_order)s, %(customer)s"), facts)
    promised = facts.get("promised")
    until = _("promised by %(time)s") % {"time": _when(promised)} if promised else ""
    said = {
        OfferStatus.DECLINED: _("%(who)s declined"),
        OfferStatus.EXPIRED: _("%(who)s did not answer"),
    }.get(facts.get("refused", ""), "")
    no = said % {"who": facts.get("by", "")} if said else ""
    parts = (facts.get("priority", ""), until, no, facts.get("reason", ""))
    return Said(title, " · ".join(filter(None, parts)))


def _planned_late(facts: Mapping[str, Any]) -> Said:
    if count := facts.get("count"):
        told = ngettext(
            "%(n)s work order is planned after its promise",
            "%(n)s work orders are planned after their promise",
            count,
        )
        return Said(told % {"n": count})
    title = _filled(_("%(work_order)s, %(customer)s, is planned after its promise"), facts)
    times = {"start": _when(facts["start"]), "promised": _when(facts["promised"])}
    return Said(title, _("planned %(start)s, promised by %(promised)s") % times)


def _when(text: str) -> str:
    return local_datetime(datetime.fromisoformat(text))


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    return text % {"customer": facts.get("customer", ""), "work_order": facts.get("work_order", "")}


KINDS = {
    UNPLANNED: Kind(
        gettext_lazy("nobody can do work that is urgent"),
        "alert-octagon",
        "stop",
        _unplanned,
        is_warning=True,
    ),
    PLANNED_LATE: Kind(
        gettext_lazy("work is planned after its promise"), "clock", "stop", _planned_late, is_warning=True
    ),
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
