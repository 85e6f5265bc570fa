"""Reasons in words, in the reader's language: the edge of the evaluator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import formats
from dispatch.enums import TravelSource
from dispatch.evaluator import Reason
from dispatch.expressions import WrongExpression

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
        "tier": _("another kind of customer"),
        "topic": _("another topic"),
        "expression": _("its condition does not hold"),
        "failed": _("its condition could not be worked out"),
        "disabled": _("switched off"),
    }
    return texts.get(why, why)


def no_step(why: str) -> str:
    """Why a step of a rule came to nothing."""
    texts = {
        "nobody": _("nobody can"),
        "provider_inactive": _("not active"),
        "provider_scope": _("not the work or the area this provider takes"),
        "provider_full": _("has as many visits that day as it takes"),
        "no_next_visit": _("no next visit waits to be sent"),
        "crew": _("work of a crew is planned, not offered"),
        "several_days": _("takes several days, and nobody can do all its stints alone"),
    }
    return texts.get(why, why)


def after(how: str) -> str:
    """What went before a step: how the offers of the one before it ended."""
    texts = {
        "expired": _("nobody answered in time"),
        "declined": _("declined"),
        "accepted": _("the offer was accepted"),
    }
    return texts.get(how, how)


def wrong_expression(problem: WrongExpression) -> str:
    """What is wrong with a condition, where, and the way out."""
    facts = dict(problem.facts)
    facts["kind"] = _kind(str(facts.get("kind", "")))
    facts["types"] = _(" and ").join(_kind(name) for name in str(facts.get("types", "")).split(", "))
    texts = {
        "too_long": _("The condition has %(length)s characters; %(most)s are the most."),
        "too_deep": _("The condition is nested too deeply. Take some brackets out."),
        "unknown_name": _("There is no “%(name)s”."),
        "wrong_type": _("“%(operator)s” does not go with %(types)s."),
        "not_yes_no": _("A condition must be true or false; this is of the kind “%(kind)s”."),
        "syntax": _("This cannot be read: %(detail)s"),
    }
    text = texts[problem.code] % facts
    if facts.get("near"):
        text += " " + _("Did you mean “%(near)s”?") % facts
    if not problem.line:
        return text
    return _("Line %(line)s, character %(column)s: %(text)s") % {
        "line": problem.line,
        "column": problem.column,
        "text": text,
    }


def _kind(name: str) -> str:
    """A kind of value as people call it; the expression library's own name where there is none."""
    texts = {
        "text": _("text"),
        "string": _("text"),
        "number": _("number"),
        "int": _("number"),
        "double": _("number"),
        "bool": _("yes or no"),
        "timestamp": _("time"),
        "levels": _("levels"),
    }
    return texts.get(name, name)


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


def _shift(facts: Facts) -> str:
    if minutes := facts.get("over_minutes"):
        return _("%(minutes)s min overtime") % {"minutes": minutes}
    if longest := facts.get("longest"):
        told = {"needed": duration(facts["needed"]), "longest": duration(longest)}
        return _("takes %(needed)s, longer than the longest shift of %(longest)s") % told
    if left := facts.get("left_minutes"):
        return _("%(time)s of the work find no time on the days asked about") % {"time": duration(left)}
    return _("outside working time")


def _absence(facts: Facts) -> str:
    if "from" in facts:
        return _("absent %(from)s–%(to)s") % {"from": _clock(facts["from"]), "to": _clock(facts["to"])}
    return _("absent")


def _overlap(facts: Facts) -> str:
    if "work_order" in facts:
        times = {"from": _clock(facts["from"]), "to": _clock(facts["to"])}
        return _("%(work_order)s is planned %(from)s–%(to)s") % {**facts, **times}
    if "visits" not in facts:
        return _("no gap beside the visits planned")
    visits = int(facts["visits"])
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
    return texts[bound] % {"time": duration(minutes)}


def _travel(facts: Facts) -> str:
    if facts.get("side") == "after":
        return _("%(work_order)s could not be reached in time, by %(minutes)s min") % facts
    if facts.get("side") == "far":
        if "minutes" not in facts:
            return _("too far away")
        return _("too far away, %(time)s of travel") % {"time": duration(facts["minutes"])}
    return _("arrives %(minutes)s min late from %(work_order)s") % facts


def _break(facts: Facts) -> str:
    if "from" not in facts:
        return _("no room for the break")
    times = {"from": _clock(facts["from"]), "to": _clock(facts["to"]), "minutes": facts["minutes"]}
    return _("no room for the break of %(minutes)s min between %(from)s and %(to)s") % times


def _visiting_hours(facts: Facts) -> str:
    if "opens" not in facts:
        return _("outside business hours") if facts.get("business") else _("outside visiting hours")
    text = (
        _("outside business hours, which go on at %(time)s")
        if facts.get("business")
        else _("outside visiting hours, open next at %(time)s")
    )
    return text % {"time": _clock(facts["opens"])}


def _parts(facts: Facts) -> str:
    counts = {name: f"{float(facts.get(name, 0)):g}" for name in ("has", "needed")}
    if names := facts.get("promised"):
        told = {**counts, "part": facts.get("part") or _("a part"), "work_orders": ", ".join(names)}
        return (
            ngettext(
                "%(part)s: %(needed)s needed, %(has)s in the van, %(work_orders)s counts on it",
                "%(part)s: %(needed)s needed, %(has)s in the van, %(work_orders)s count on it",
                len(names),
            )
            % told
        )
    if part := facts.get("part"):
        return _("%(part)s: %(has)s of %(needed)s in the van") % {**counts, "part": part}
    return _("not enough of a part in the van: %(has)s of %(needed)s") % counts


def _max_travel(facts: Facts) -> str:
    if "minutes" not in facts:
        return _("farther than the longest trip allowed")
    return _("%(time)s of travel, %(most)s at most") % {
        "time": duration(facts["minutes"]),
        "most": duration(facts["most"]),
    }


def _overtime_week(facts: Facts) -> str:
    if "most" not in facts:
        return _("no overtime left that week")
    most = duration(facts["most"])
    if minutes := facts.get("minutes"):
        told = {"over": duration(minutes), "most": most}
        return _("%(over)s more overtime than the week's %(most)s") % told
    return _("no overtime left that week, %(most)s at most") % {"most": most}


def _provider_scope(facts: Facts) -> str:
    if "skill" in facts:
        return _("the provider is not given work for %(skill)s") % facts
    return _("%(area)s is outside the provider's territory") % facts


def _crew(facts: Facts) -> str:
    if "at_once" in facts:
        return ngettext(
            "%(n)s engineer at once is needed, %(at_once)s can",
            "%(n)s engineers at once are needed, %(at_once)s can",
            int(facts["needed"]),
        ) % {"n": facts["needed"], "at_once": facts["at_once"]}
    if "given" in facts:
        return _("a crew of %(needed)s is needed, not of %(given)s") % facts
    if "needed" in facts:
        has = facts.get("able", facts.get("has", 0))
        return _("a crew of %(needed)s is needed, %(has)s can") % {"needed": facts["needed"], "has": has}
    return _("%(first)s and %(second)s do not go together") % facts


def _dependency(facts: Facts) -> str:
    work = facts.get("work_order") or _("other work")
    if "engineer_id" in facts:
        return _("the engineer of %(work_order)s does this too") % {"work_order": work}
    if "by" in facts:
        by = {"work_order": work, "time": moment(facts["by"])}
        return _("must start by %(time)s, right after %(work_order)s") % by
    if "after" in facts:
        return _("%(work_order)s ends at %(time)s") % {"work_order": work, "time": moment(facts["after"])}
    return _("waits for %(work_order)s, which is not planned") % {"work_order": work}


def _capacity(facts: Facts) -> str:
    return (
        _("the time left that day is kept for urgent work") if facts.get("reserved") else _("the day is full")
    )


def _knows_site(facts: Facts) -> str:
    times = int(facts["times"])
    return ngettext("was on this site %(n)s time", "was on this site %(n)s times", times) % {"n": times}


def _place_unknown(facts: Facts) -> str:
    """Of `site` by name, of the work's own, or of where the engineer comes `from`."""
    if facts.get("from"):
        text = _("travel is counted as %(minutes)s min: where they come from has no coordinates")
    elif facts.get("site"):
        text = _("travel to %(site)s is counted as %(minutes)s min: the site has no coordinates")
    else:
        text = _("travel is counted as %(minutes)s min: the site has no coordinates")
    return text % facts


def moment(at: Any) -> str:
    """An instant of the evaluator as day and time."""
    return formats.local_datetime(datetime.fromtimestamp(int(at), UTC))


def duration(minutes: Any) -> str:
    """Minutes in words: 45 min, 1 h 30 min."""
    return formats.minutes(int(minutes or 0))


_TEXTS: dict[str, Callable[[Facts], str]] = {
    "inactive": lambda _facts: _("not active"),
    "not_asked": lambda _facts: _("nobody was asked: a crew is planned at once, or not at all"),
    "past": lambda f: _("began %(time)s ago") % {"time": duration(f["minutes"])},
    "asked_before": lambda _facts: _("was asked before, or is the one who is late"),
    "skill": _skill,
    "certificate": _certificate,
    "territory": lambda f: _("%(area)s is outside the territory") % f,
    "shift": _shift,
    "absence": _absence,
    "overlap": _overlap,
    "window": _window,
    "travel": _travel,
    "break": _break,
    "overtime": lambda f: _("%(minutes)s min overtime") % {"minutes": f["minutes"]},
    "overtime_week": _overtime_week,
    "visiting_hours": _visiting_hours,
    "parts": _parts,
    "max_travel": _max_travel,
    "excluded": lambda _facts: _("the customer does not want this engineer"),
    "provider_scope": _provider_scope,
    "crew": _crew,
    "dependency": _dependency,
    "capacity": _capacity,
    "preferred": lambda _facts: _("the customer asked for this engineer"),
    "knows_customer": lambda _facts: _("was at this customer before"),
    "before_promise": lambda f: _("arrives %(time)s before the promise") % {"time": duration(f["minutes"])},
    "knows_site": _knows_site,
    "least_travel": lambda f: _("least travel, %(minutes)s min") % {"minutes": f["minutes"]},
    "near_visit": lambda f: (
        _("beside another visit, %(minutes)s min more travel") % {"minutes": f["minutes"]}
    ),
    "free_day": lambda _facts: _("nothing else planned that day"),
    "long_travel": lambda f: _("%(minutes)s min travel") % {"minutes": f["minutes"]},
    "place_unknown": _place_unknown,
    "place_far": lambda _facts: _("the site lies more than 1,000 km from all others: check its coordinates"),
    "place_swapped": lambda _facts: _("latitude and longitude of the site look swapped"),
    "roads_silent": lambda f: (
        _("%(source)s did not answer, travel is estimated") % {"source": TravelSource(f["source"]).label}
    ),
    "busy": lambda f: _("day is %(percent)s%% full") % {"percent": f["percent"]},
    "overqualified": lambda f: _("%(levels)s levels above what is needed") % {"levels": f["levels"]},
}
