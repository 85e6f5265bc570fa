"""The evaluator: whether an engineer can do work at a time, and how well. Pure; the only opinion in the
house.

The board, the candidates, auto-dispatch, planning runs and the API all ask `evaluate` (this engineer, this
time) or `earliest_start` (this engineer, as soon as possible). Instants are whole seconds since 1970 UTC;
facts are primitives, so that a verdict can be stored and told in any language later (`dispatch.reasons`).
"""

from dispatch.evaluator.checks import fixed_reasons, time_reasons
from dispatch.evaluator.model import FOREVER, Break, Claim, Person, Reason, Span, Stop, Verdict, Work
from dispatch.evaluator.search import FAR_MINUTES, earliest_start, evaluate, evaluate_as_told
from dispatch.policy import (
    ABSENCE,
    CERTIFICATE,
    INACTIVE,
    OVERLAP,
    SHIFT,
    SKILL,
    TERRITORY,
    TRAVEL,
    WINDOW,
)

__all__ = [
    "ABSENCE",
    "CERTIFICATE",
    "FAR_MINUTES",
    "FOREVER",
    "INACTIVE",
    "OVERLAP",
    "SHIFT",
    "SKILL",
    "TERRITORY",
    "TRAVEL",
    "WINDOW",
    "Break",
    "Claim",
    "Person",
    "Reason",
    "Span",
    "Stop",
    "Verdict",
    "Work",
    "earliest_start",
    "evaluate",
    "evaluate_as_told",
    "fixed_reasons",
    "time_reasons",
]
