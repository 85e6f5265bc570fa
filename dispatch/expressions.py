"""Conditions of rules as typed expressions in CEL: declared facts, checked when saved, bounded when run. Pure.

The one place that knows the expression library (Google's own CEL). An expression has no loops but those over
lists, no way to call out, and no state; the library stops it after a fixed number of steps and levels, and
its regular expressions take linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cel_expr_python import cel

MAX_LENGTH: Final = 2000

TEXT, NUMBER, YES_NO, INSTANT, LEVELS = "text", "number", "yes_no", "instant", "levels"
"""Kinds of facts; `LEVELS` maps a code to a number."""

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "event.kind": TEXT,
        "event.at": INSTANT,
        "event.hour": NUMBER,
        "event.weekday": NUMBER,
        "event.percent": NUMBER,
        "event.minutes": NUMBER,
        "event.part": TEXT,
        "event.reason": TEXT,
        "work.type": TEXT,
        "work.priority": NUMBER,
        "work.minutes": NUMBER,
        "work.crew": NUMBER,
        "work.subject": TEXT,
        "work.status": TEXT,
        "work.follow_up": TEXT,
        "work.skills": LEVELS,
        "work.age_minutes": NUMBER,
        "work.has_promise": YES_NO,
        "work.minutes_to_promise": NUMBER,
        "ticket.kind": TEXT,
        "ticket.channel": TEXT,
        "ticket.status": TEXT,
        "ticket.topic": TEXT,
        "ticket.priority": NUMBER,
        "ticket.reopened": NUMBER,
        "customer.name": TEXT,
        "customer.tier": TEXT,
        "site.name": TEXT,
        "site.city": TEXT,
        "site.area": TEXT,
        "site.area_key": TEXT,
        "asset.name": TEXT,
        "asset.model": TEXT,
        "visit.status": TEXT,
        "visit.engineer": TEXT,
        "visit.late_minutes": NUMBER,
        "visit.reason": TEXT,
    }
)
"""What an expression may speak of, and of which kind it is. What there is none of is "", 0, false, {} or 1970."""

EMPTY: Mapping[str, Any] = MappingProxyType(
    {TEXT: "", NUMBER: 0, YES_NO: False, INSTANT: datetime(1970, 1, 1, tzinfo=UTC), LEVELS: {}}
)
_TYPES = {
    TEXT: cel.Type.STRING,
    NUMBER: cel.Type.INT,
    YES_NO: cel.Type.BOOL,
    INSTANT: cel.Type.TIMESTAMP,
    LEVELS: cel.Type.Map(cel.Type.STRING, cel.Type.INT),
}
_KINDS = {"STRING": TEXT, "INT": NUMBER, "BOOL": YES_NO, "TIMESTAMP": INSTANT, "MAP<STRING, INT>": LEVELS}
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?:\n|$)")
_UNKNOWN = re.compile(r"undeclared reference to '([^']+)'")
_OVERLOAD = re.compile(r"no matching overload for '([^']+)' applied to '\(?([^']*?)\)?'")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")


@dataclass(frozen=True)
class WrongExpression(ValueError):
    """What is wrong with an expression, and where: a code and primitive facts (`dispatch.reasons` words them).

    Codes: too_long, syntax, unknown_name (name, near), wrong_type (operator, types), not_yes_no (kind),
    too_deep. `line` and `column` count from 1; 0 where the whole is meant.
    """

    code: str
    line: int = 0
    column: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.code} {dict(self.facts)}"


class CannotEvaluate(ValueError):
    """An expression that was right when saved could not be worked out: divided by zero, or took too many steps."""


def check(text: str) -> None:
    """Raise `WrongExpression` unless the text is an expression over the declared facts that is true or false."""
    if len(text) > MAX_LENGTH:
        raise WrongExpression("too_long", facts={"length": len(text), "most": MAX_LENGTH})
    if not text.strip():
        return
    try:
        kind = str(_compiled(text).return_type().name())
    except RuntimeError as problem:
        raise _named(text, str(problem)) from problem
    if kind not in ("BOOL", "DYN"):
        raise WrongExpression("not_yes_no", facts={"kind": _KINDS.get(kind, kind.lower())})
    try:
        holds(text, {})
    except CannotEvaluate as problem:
        if "recursion" in str(problem):
            raise WrongExpression("too_deep") from problem
        if "regular expression" in str(problem):
            raise WrongExpression("syntax", facts={"detail": str(problem)}) from problem


def holds(text: str, facts: Mapping[str, Any]) -> bool:
    """Whether the expression is true of these facts; an empty one always is. Missing facts are empty.

    Raises `CannotEvaluate` with the library's words.
    """
    if not text.strip():
        return True
    given = {name: facts.get(name, EMPTY[FACTS[name]]) for name in names_in(text)}
    try:
        answer = _compiled(text).eval(data=given)
    except RuntimeError as problem:
        raise CannotEvaluate(_told(str(problem))) from problem
    value = answer.value()
    if not isinstance(value, bool):
        raise CannotEvaluate(_told(str(answer)))
    return value


@lru_cache(maxsize=2048)
def names_in(text: str) -> frozenset[str]:
    """The declared facts that an expression speaks of; what stands in quotes is no name."""
    bare = _QUOTED.sub('""', text)
    return frozenset(name for name in FACTS if re.search(rf"\b{re.escape(name)}\b", bare))


def clauses(conditions: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The builder's conditions as expressions, each with its code: [("priority", "work.priority <= 2")]."""
    found = [
        ("work_type", _among("work.type", conditions.get("work_types"))),
        (
            "area",
            _among("site.area_key", [str(area).casefold() for area in conditions.get("areas") or ()]),
        ),
        ("tier", _among("customer.tier", conditions.get("tiers"))),
        ("topic", _among("ticket.topic", conditions.get("topics"))),
    ]
    if most := conditions.get("max_priority"):
        found.append(("priority", f"work.priority <= {int(most)}"))
    return [(code, text) for code, text in found if text]


def as_text(conditions: Mapping[str, Any], expression: str = "") -> str:
    """Everything a rule asks for as one expression; "" for always."""
    texts = [text for _code, text in clauses(conditions)]
    if expression.strip():
        texts.append(f"({expression.strip()})" if texts else expression.strip())
    return " && ".join(texts)


def why_not(conditions: Mapping[str, Any], expression: str, facts: Mapping[str, Any]) -> str:
    """The code of the first condition that does not hold, "expression" or "failed", or "" when all hold."""
    try:
        for code, text in clauses(conditions):
            if not holds(text, facts):
                return code
        return "" if holds(expression, facts) else "expression"
    except CannotEvaluate:
        return "failed"


def _among(name: str, values: Iterable[Any] | None) -> str:
    return f"{name} in {json.dumps(list(values), ensure_ascii=False)}" if values else ""


@lru_cache(maxsize=1)
def _environment() -> cel.Env:
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in FACTS.items()})


@lru_cache(maxsize=2048)
def _compiled(text: str) -> cel.Expression:
    return _environment().compile(text)


def _told(text: str) -> str:
    return text.split(": ", 1)[-1].split(" [", 1)[0]


def _named(text: str, problem: str) -> WrongExpression:
    """The library's words as a code with facts."""
    place = _PLACE.search(problem)
    if place is None:
        code = "too_deep" if "recursion" in problem or "limit" in problem else "syntax"
        return WrongExpression(code, facts={"detail": _told(problem)})
    line, column, detail = int(place[1]), int(place[2]), place[3]
    if unknown := _UNKNOWN.search(detail):
        name = _whole_name(text, line, unknown[1])
        near = get_close_matches(name, FACTS, n=1, cutoff=0.6)
        return WrongExpression("unknown_name", line, column, {"name": name, "near": near[0] if near else ""})
    if overload := _OVERLOAD.search(detail):
        facts = {"operator": overload[1].strip("_"), "types": overload[2]}
        return WrongExpression("wrong_type", line, column, facts)
    return WrongExpression("syntax", line, column, {"detail": detail})


def _whole_name(text: str, line: int, found: str) -> str:
    """`work.typo` where the library only names `work`."""
    row = text.splitlines()[line - 1] if line <= len(text.splitlines()) else text
    match = re.search(rf"(?<![\w.]){re.escape(found)}(?:\.\w+)*", row)
    return match[0] if match else found
