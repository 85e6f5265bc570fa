"""Choices of the figures."""

from __future__ import annotations

from enum import StrEnum


class Kpi(StrEnum):
    """A figure of the day. The written definitions are in `analytics.wording`."""

    ON_TIME = "on_time"
    SLA = "sla"
    FIRST_FIX = "first_fix"
    UTILISATION = "utilisation"
    SATISFACTION = "satisfaction"
    BACKLOG = "backlog"


class Node(StrEnum):
    """Where a visit of the day stands, as a director counts."""

    ON_THE_WAY = "on_the_way"
    ON_SITE = "on_site"
    PAUSED = "paused"
    LATE = "late"
    DONE = "done"
    COULD_NOT = "could_not"
    NOT_STARTED = "not_started"


class Need(StrEnum):
    """Something that waits for a decision."""

    AREA = "area"
    RECOVERIES = "recoveries"
    CLOCKS = "clocks"
    LATE = "late_visits"
    NOBODY = "nobody"
    STOCK = "stock"
    BLOCKED = "blocked"
