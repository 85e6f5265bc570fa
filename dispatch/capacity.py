"""How much of the engineers' time is planned, kept free and left to plan. Pure.

A cell is one territory (None: every engineer, each counted once), one skill (None: any) and one local day. An
engineer who covers two territories stands in both of their cells, with all their time and all their visits:
cells answer "who could still take work here?", so they do not add up to the company's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil

from core.intervals import Interval, minutes_of, without


@dataclass(frozen=True, slots=True)
class Rule:
    """What is held back. None stands for every territory, skill or weekday; `max_minutes` None for no bound."""

    id: int = 0
    territory_id: int | None = None
    skill_id: int | None = None
    weekday: int | None = None
    reserve_percent: int = 0
    up_to_priority: int = 1
    released_hours: int = 0
    max_minutes: int | None = None

    @property
    def rank(self) -> tuple[int, bool, bool, bool]:
        """The greater, the more specific: how many of the three it names, a territory before a skill."""
        place, skill, day = (part is not None for part in (self.territory_id, self.skill_id, self.weekday))
        return place + skill + day, place, skill, day


@dataclass(slots=True)
class Worker:
    """An engineer's days. `territories` empty: everywhere; `skills` {id: last day it holds, None for good}.

    `minutes` of working time by day, breaks and absences taken out; `planned` minutes, travel included, by
    day and priority (1 is the most urgent).
    """

    id: int
    territories: frozenset[int] = frozenset()
    skills: Mapping[int, date | None] = field(default_factory=dict)
    minutes: dict[date, int] = field(default_factory=dict)
    planned: dict[date, dict[int, int]] = field(default_factory=dict)

    def counts(self, territory_id: int | None, skill_id: int | None, day: date) -> bool:
        """Whether the engineer's time stands in the cell."""
        if territory_id is not None and self.territories and territory_id not in self.territories:
            return False
        if skill_id is None:
            return True
        until = self.skills.get(skill_id, date.min)
        return until is None or until >= day

    def add(self, day: date, priority: int, minutes: int) -> None:
        """Plan so many minutes of that priority."""
        row = self.planned.setdefault(day, {})
        row[priority] = row.get(priority, 0) + minutes


@dataclass(frozen=True, slots=True)
class Cell:
    """Minutes of one territory, skill and day.

    `planned` may exceed `working` (overtime). `reserved`: still kept free for urgent work; `free`: what else
    may be planned. `limit`: how much may be planned at most. `rule_id` is the rule that counts, 0 for none.
    """

    engineers: int
    working: int
    planned: int
    reserved: int
    free: int
    limit: int | None = None
    rule_id: int = 0
    is_released: bool = False

    @property
    def base(self) -> int:
        """What a bar of the cell is drawn against: all the time there is, or that is planned."""
        return max(1, self.working, self.planned)

    @property
    def planned_percent(self) -> int:
        """Share of the working time that is planned, in per cent; 100 when there is plan without time."""
        return min(999, self.planned * 100 // self.working) if self.working else 100 * bool(self.planned)


def rule_for(
    rules: Iterable[Rule], territory_id: int | None, skill_id: int | None, weekday: int
) -> Rule | None:
    """The most specific rule that speaks of the cell, or None."""
    fitting = [
        rule
        for rule in rules
        if rule.territory_id in (None, territory_id)
        and rule.skill_id in (None, skill_id)
        and rule.weekday in (None, weekday)
    ]
    return max(fitting, key=lambda rule: rule.rank, default=None)


def cell_of(
    workers: Iterable[Worker],
    rules: Iterable[Rule],
    *,
    territory_id: int | None,
    skill_id: int | None,
    day: date,
    begins: datetime,
    at: datetime,
) -> Cell:
    """Reckon one cell. `begins` is the instant at which the day begins: a reserve is released before it.

    Urgent work that is planned already has used its part of the reserve.
    """
    mine = [w for w in workers if w.counts(territory_id, skill_id, day)]
    working = sum(w.minutes.get(day, 0) for w in mine)
    planned = sum(sum(w.planned.get(day, {}).values()) for w in mine)
    at_work = sum(w.minutes.get(day, 0) > 0 for w in mine)
    rule = rule_for(rules, territory_id, skill_id, day.weekday())
    if rule is None:
        return Cell(at_work, working, planned, 0, max(0, working - planned))
    is_released = at >= begins - timedelta(hours=rule.released_hours)
    urgent = sum(
        minutes
        for w in mine
        for priority, minutes in w.planned.get(day, {}).items()
        if priority <= rule.up_to_priority
    )
    kept = 0 if is_released else max(0, ceil(working * rule.reserve_percent / 100) - urgent)
    most = working if rule.max_minutes is None else min(working, rule.max_minutes)
    reserved = min(kept, max(0, working - planned))
    free = max(0, min(most - planned, working - planned - reserved))
    return Cell(at_work, working, planned, reserved, free, rule.max_minutes, rule.id, is_released)


def minutes_between(
    shifts: Iterable[Interval],
    absences: Iterable[Interval],
    breaks: Iterable[tuple[datetime, datetime, int]],
    begin: datetime,
    end: datetime,
) -> int:
    """Minutes that can be worked between two instants: shifts less absences, less the breaks that begin in
    what is left of them."""
    hours = [(max(a, begin), min(b, end)) for a, b in shifts if a < end and b > begin]
    left = without(hours, absences)
    away = sum(
        seconds // 60
        for earliest, _latest, seconds in breaks
        if begin <= earliest < end and any(a <= earliest < b for a, b in left)
    )
    return max(0, minutes_of(left) - away)
