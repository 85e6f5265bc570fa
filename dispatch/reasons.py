"""Reasons in words, in the reader's language: the edge of the evaluator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import formats
from dispatch.evaluator import Reason

Facts = Mapping[str, Any]
Names = Mapping[int, str]


def words(reason: Reason | Mapping[str, Any], skills: Names | None = None) -> str:
    """One reason as a short sentence without a full stop. `skills` maps skill ids to names."""
    if isinstance(reason, Reason):
        code, facts = reason.code, dict(reason.facts)
    else:
        code, facts = str(reason.get("code", "")), dict(reason)
    if "skill_id" in facts:
        facts["skill"] = (skills or {}).get(int(facts["skill_id"]), _("a skill"))
    tell = _TEXTS.get(code)
    return tell(facts) if tell else code


def sentence(reasons: Iterable[Reason], skills: Names | None = None) -> str:
    """Several reasons in one line."""
    return "; ".join(words(reason, skills) for reason in reasons)


def no_rule(why: str) -> str:
    """Why an auto-dispatch rule did not apply."""
    texts = {
        "work_type": _("another kind of work"),
        "area": _("another area"),
        "priority": _("not urgent enough"),
        "disabled": _("switched off"),
    }
    return texts.get(why, why)


def _clock(at: Any) -> str:
    return formats.local_time(datetime.fromtimestamp(int(at), UTC))


def _day(at: Any) -> str:
    return formats.local_date(datetime.fromtimestamp(int(at), UTC))


def _skill(facts: Facts) -> str:
    if facts.get("has"):
        return _("%(skill)s at level %(has)s, %(level)s is needed") % facts
    return _("lacks %(skill)s %(level)s") % facts


def _certificate(facts: Facts) -> str:
    return _("certificate for %(skill)s ended %(day)s") % {**facts, "day": _day(facts["held_until"])}


def _territory(facts: Facts) -> str:
    return _("%(area)s is outside the territory") % facts


def _shift(facts: Facts) -> str:
    if minutes := facts.get("over_minutes"):
        return _("%(minutes)s min overtime") % {"minutes": minutes}
    return _("outside working time")


def _absence(facts: Facts) -> str:
    if "from" in facts:
        return _("absent %(from)s–%(to)s") % {"from": _clock(facts["from"]), "to": _clock(facts["to"])}
    return _("absent")


def _overlap(facts: Facts) -> str:
    if "work_order" in facts:
        times = {"from": _clock(facts["from"]), "to": _clock(facts["to"])}
        return _("%(work_order)s is planned %(from)s–%(to)s") % {**facts, **times}
    visits = int(facts.get("visits", 0))
    return ngettext("no gap beside %(n)s visit", "no gap beside %(n)s visits", visits) % {"n": visits}


def _window(facts: Facts) -> str:
    bound, minutes = facts.get("bound"), facts.get("minutes", 0)
    texts = {
        "promised_end": _("%(time)s after the promise"),
        "promised_start": _("%(time)s before the promised time"),
        "window_end": _("ends %(time)s after the window"),
        "window_start": _("%(time)s before the window opens"),
    }
    if bound not in texts:
        return _("no working time inside the window")
    return texts[bound] % {"time": _duration(minutes)}


def _travel(facts: Facts) -> str:
    if facts.get("side") == "after":
        return _("%(work_order)s could not be reached in time, by %(minutes)s min") % facts
    if facts.get("side") == "far":
        return _("too far away, %(time)s of travel") % {"time": _duration(facts["minutes"])}
    return _("arrives %(minutes)s min late from %(work_order)s") % facts


def _duration(minutes: Any) -> str:
    total = int(minutes or 0)
    return _("%(minutes)s min") % {"minutes": total} if total < 60 else formats.minutes(total)


_TEXTS: dict[str, Callable[[Facts], str]] = {
    "inactive": lambda _facts: _("not active"),
    "skill": _skill,
    "certificate": _certificate,
    "territory": _territory,
    "shift": _shift,
    "absence": _absence,
    "overlap": _overlap,
    "window": _window,
    "travel": _travel,
    "before_promise": lambda f: _("arrives %(time)s before the promise") % {"time": _duration(f["minutes"])},
    "knows_site": lambda f: (
        ngettext("was on this site %(n)s time", "was on this site %(n)s times", int(f["times"]))
        % {"n": f["times"]}
    ),
    "least_travel": lambda f: _("least travel, %(minutes)s min") % {"minutes": f["minutes"]},
    "free_day": lambda _facts: _("nothing else planned that day"),
    "long_travel": lambda f: _("%(minutes)s min travel") % {"minutes": f["minutes"]},
    "busy": lambda f: _("day is %(percent)s%% full") % {"percent": f["percent"]},
    "overqualified": lambda f: _("%(levels)s levels above what is needed") % {"levels": f["levels"]},
}
