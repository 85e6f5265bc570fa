"""Facts of planning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class PlanFact(Event):
    """Base of what happens to one planning run."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "plan"

    run_id: int


@dataclass(frozen=True, kw_only=True)
class PlanAsked(PlanFact):
    """A run waits for a planner."""


@dataclass(frozen=True, kw_only=True)
class PlanProposed(PlanFact):
    """A run has ended with a proposal."""


@dataclass(frozen=True, kw_only=True)
class PlanEnded(PlanFact):
    """A run was cancelled, or failed."""


@dataclass(frozen=True, kw_only=True)
class PlanDecided(PlanFact):
    """Rows of a proposal were accepted or refused."""
