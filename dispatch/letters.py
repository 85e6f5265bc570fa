"""What dispatch tells people who may be sent, in words: the kinds of notices about offers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formats import local_datetime
from notices.registry import Kind, Said

OFFERED, OFFER_WITHDRAWN = "work_offered", "offer_withdrawn"


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


KINDS = {
    OFFERED: Kind(gettext_lazy("work is offered to me"), "send", "plan", _offered),
    OFFER_WITHDRAWN: Kind(gettext_lazy("an offer is taken back"), "ban", "rest", _withdrawn),
}
