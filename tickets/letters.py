"""What tickets tell our own people, in words: the kinds of notices about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.formats import local_datetime
from notices.registry import Kind, Said
from tickets.enums import SlaKpi

ASSIGNED, MENTIONED, CUSTOMER_REPLIED = "ticket_assigned", "ticket_mentioned", "customer_replied"
VISITS_ENDED = "visits_ended"
SLA_WARNED, SLA_BREACHED = "sla_warned", "sla_breached"


def _assigned(facts: Mapping[str, Any]) -> Said:
    by = facts.get("by")
    if by:
        return Said(_("%(by)s gave you %(ticket)s") % {"by": by, **_named(facts)}, _subject(facts))
    return Said(_("%(ticket)s was given to you") % _named(facts), _subject(facts))


def _mentioned(facts: Mapping[str, Any]) -> Said:
    title = _("%(by)s mentioned you in %(ticket)s") % {"by": facts.get("by", ""), **_named(facts)}
    return Said(title, facts.get("excerpt") or _subject(facts))


def _replied(facts: Mapping[str, Any]) -> Said:
    by = facts.get("by") or _("The customer")
    return Said(_("%(by)s replied to %(ticket)s") % {"by": by, **_named(facts)}, _subject(facts))


def _visits_ended(facts: Mapping[str, Any]) -> Said:
    title = _("%(ticket)s: no visit is planned any more")
    if facts.get("is_solved"):
        title = _("%(ticket)s is resolved: the work is done")
    elif facts.get("is_done"):
        title = _("%(ticket)s: the work is done. Say whether it is solved")
    title %= _named(facts)
    return Said(title, " · ".join(filter(None, (_subject(facts), facts.get("reason", "")))))


def _warned(facts: Mapping[str, Any]) -> Said:
    title = _("%(ticket)s: “%(promise)s” is at risk") % {"promise": _promise(facts), **_named(facts)}
    return Said(title, _due(facts))


def _breached(facts: Mapping[str, Any]) -> Said:
    known = {"promise": _promise(facts), **_named(facts)}
    minutes = int(facts.get("minutes") or 0)
    if minutes:
        title = ngettext(
            "%(ticket)s: “%(promise)s” is late for %(minutes)s minute",
            "%(ticket)s: “%(promise)s” is late for %(minutes)s minutes",
            minutes,
        )
        return Said(title % {"minutes": minutes, **known}, _due(facts))
    return Said(_("%(ticket)s: “%(promise)s” is late") % known, _due(facts))


def _named(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"ticket": facts.get("ticket", "")}


def _subject(facts: Mapping[str, Any]) -> str:
    return " · ".join(filter(None, (facts.get("subject", ""), facts.get("customer", ""))))


def _promise(facts: Mapping[str, Any]) -> str:
    """The tenant's own name of the promise, else what it measures."""
    kpi = facts.get("kpi", "")
    return facts.get("item") or str(SlaKpi(kpi).label if kpi in SlaKpi.values else kpi)


def _due(facts: Mapping[str, Any]) -> str:
    parts = [_subject(facts)]
    if facts.get("due_at"):
        due = local_datetime(datetime.fromisoformat(facts["due_at"]))
        parts.append(_("due %(at)s") % {"at": due})
    return " · ".join(filter(None, parts))


KINDS = {
    SLA_BREACHED: Kind(
        gettext_lazy("a promise is broken"), "alert-octagon", "stop", _breached, is_warning=True, folds=False
    ),
    SLA_WARNED: Kind(
        gettext_lazy("a promise is at risk"), "clock", "wait", _warned, is_warning=True, folds=False
    ),
    ASSIGNED: Kind(gettext_lazy("a ticket is given to me"), "user-check", "plan", _assigned),
    MENTIONED: Kind(gettext_lazy("somebody mentions me"), "message", "plan", _mentioned),
    VISITS_ENDED: Kind(
        gettext_lazy("the visits of a ticket of mine are over"), "calendar-check", "plan", _visits_ended
    ),
    CUSTOMER_REPLIED: Kind(
        gettext_lazy("a customer replies to a ticket of mine"), "mail", "rest", _replied, is_wanted=False
    ),
}
