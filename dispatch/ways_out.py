"""What would help where nobody can go, as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dispatch.reasons import Names, duration, moment


def way_out(change: Mapping[str, Any], skills: Names | None = None) -> str:
    """What must be given up so that somebody could go (`relaxing.Relaxation.as_json`), as a sentence."""
    facts = {**_given(change, skills), "time": moment(change["start"])}
    texts = {
        "overtime": _("%(name)s could go at %(time)s with %(minutes)s min overtime"),
        "overtime_week": _("%(name)s could go at %(time)s with %(far)s more overtime than the week allows"),
        "break": _("%(name)s could go at %(time)s without the break"),
        "day": _("%(name)s could go on another day, at %(time)s"),
        "split": _(
            "%(name)s could begin at %(time)s if the work may take several days, in %(stints)s stints"
        ),
        "visiting_hours": _("%(name)s could go at %(time)s if a visit outside these hours is agreed on"),
        "window": _("%(name)s could go at %(time)s, %(far)s outside the window"),
        "capacity": _("%(name)s could go at %(time)s in the time kept for urgent work"),
        "max_travel": _("%(name)s could go at %(time)s with a longer trip than allowed"),
        "territory": _("%(name)s could go at %(time)s from another territory"),
        "parts": _("%(name)s could go at %(time)s once the parts are in the van"),
        "overlap": _("%(name)s could go at %(time)s if %(work_order)s were moved"),
        "dependency": _("%(name)s could go at %(time)s if it did not wait for %(work_order)s"),
        "absence": _("%(name)s could go at %(time)s if not absent"),
        "provider_scope": _("%(name)s could go at %(time)s if the provider might be given this work"),
        "certificate": _("%(name)s could go at %(time)s with a renewed certificate"),
        "skill": _("%(name)s could go at %(time)s with %(skills)s"),
        "excluded": _("%(name)s could go at %(time)s if the customer agreed to this engineer"),
    }
    told = texts[str(change["code"])] % facts
    if "with" in change:
        names = ", ".join(change["with"])
        told = _("%(change)s, together with %(names)s") % {"change": told, "names": names}
    if change.get("stints", 1) > 1 and change["code"] != "split":
        stints = {"change": told, "stints": change["stints"], "end": moment(change["end"])}
        told = _("%(change)s, in %(stints)s stints until %(end)s") % stints
    if "also" not in change:
        return told
    return _("%(change)s; also needed: %(other)s") % {"change": told, "other": _also(change["also"], skills)}


def _also(change: Mapping[str, Any], skills: Names | None) -> str:
    """The second thing to give up, in a few words."""
    texts = {
        "overtime": _("%(minutes)s min overtime"),
        "overtime_week": _("%(far)s more overtime than the week allows"),
        "break": _("no break"),
        "day": _("another day"),
        "visiting_hours": _("a visit outside visiting or business hours"),
        "window": _("%(far)s outside the window"),
        "max_travel": _("a longer trip than allowed"),
        "territory": _("another territory"),
        "parts": _("the parts in the van"),
        "overlap": _("another time for %(work_order)s"),
        "dependency": _("not to wait for %(work_order)s"),
        "absence": _("no absence"),
        "provider_scope": _("the provider may be given this work"),
        "certificate": _("a renewed certificate"),
        "skill": "%(skills)s",
        "excluded": _("the customer agrees to this engineer"),
    }
    told = texts[str(change["code"])] % _given(change, skills)
    return _("%(what)s (%(name)s)") % {"what": told, "name": change["name"]} if "name" in change else told


def _given(change: Mapping[str, Any], skills: Names | None) -> dict[str, Any]:
    """The facts of a change, with skills and minutes as people read them."""
    facts = dict(change)
    if "minutes" in change:
        facts["far"] = duration(change["minutes"])
    if "skill_id" in change:
        level = _("%(skill)s at level %(level)s")
        needed = [change, *change.get("others", ())]
        named = [(skills or {}).get(int(one["skill_id"]), _("a skill")) for one in needed]
        told = (level % {"skill": n, "level": one["level"]} for n, one in zip(named, needed, strict=True))
        facts["skills"] = ", ".join(told)
    return facts
