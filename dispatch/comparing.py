"""What sets a candidate apart from the one who comes first, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dispatch.enums import Objective
from dispatch.reasons import duration

Told = Mapping[str, Any]
"""A candidate as `ranking.Candidate.as_json` tells it."""


def beside(first: Told, other: Told) -> str:
    """How another candidate differs from the first: when they begin, travel and overtime, and what the policy counts
    most against them; "" when nothing does, or nobody came first."""
    if "start" not in first:
        return ""
    later = round((other["start"] - first["start"]) / 60)
    travel = round(other["travel_minutes"] - first["travel_minutes"])
    overtime = other["overtime_minutes"] - first["overtime_minutes"]
    texts = [
        _differs(later, _("begins %(time)s later"), _("begins %(time)s earlier")),
        _differs(travel, _("%(time)s more travel"), _("%(time)s less travel")),
        _differs(overtime, _("%(time)s more overtime"), _("%(time)s less overtime")),
        _weighs_most(first, other),
    ]
    return " · ".join(text for text in texts if text)


def _differs(minutes: int, more: str, less: str) -> str:
    return (more if minutes > 0 else less) % {"time": duration(abs(minutes))} if minutes else ""


def _weighs_most(first: Told, other: Told) -> str:
    """The objective of the policy in which the other is furthest behind, where the policy ranks them behind."""
    mine, theirs = first.get("score_parts") or {}, other.get("score_parts") or {}
    behind = {code: mine[code] - theirs.get(code, 0.0) for code in mine if code in Objective.values}
    if first.get("score", 0.0) <= other.get("score", 0.0) or max(behind.values(), default=0.0) <= 0:
        return ""
    return _("most behind in “%(objective)s”") % {
        "objective": Objective(max(behind, key=lambda code: behind[code])).label
    }
