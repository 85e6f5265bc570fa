"""What the condition of a rule may speak of, worked out for one work order: only the facts that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.enums import RuleEvent
from dispatch.models import Visit, WorkOrder
from tenants.queries import current_tenant


@dataclass(frozen=True, slots=True)
class Occasion:
    """What happened: the event with its facts (percent, minutes, late_minutes, part, reason), and the visit it is
    about."""

    event: str = RuleEvent.WORK_CREATED
    facts: Mapping[str, Any] = field(default_factory=dict)
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    work_order: WorkOrder
    occasion: Occasion
    at: datetime

    @property
    def local(self) -> datetime:
        """The moment on the clock of the site, else of the tenant."""
        return self.at.astimezone(self.work_order.site.zone or current_tenant().zone)

    @property
    def late_minutes(self) -> int:
        """As foreseen where the event tells, else as reported."""
        if "late_minutes" in self.occasion.facts:
            return int(self.occasion.facts["late_minutes"])
        visit = self.occasion.visit
        return _minutes(visit.start_at, visit.arrived_at or self.at) if visit else 0


def facts_for(
    names: Iterable[str], work_order: WorkOrder, occasion: Occasion, at: datetime
) -> dict[str, Any]:
    """The named facts (`dispatch.expressions.FACTS`) of the work order; what there is none of is left out.

    Reads `site` and `customer`, and `ticket`, `asset` and skills where a name asks for them.
    """
    case = _Case(work_order, occasion, at)
    found = {name: _READ[name](case) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _minutes(begin: datetime, end: datetime) -> int:
    return int((end - begin).total_seconds() // 60)


def _number(name: str) -> Callable[[_Case], Any]:
    return lambda case: int(case.occasion.facts.get(name) or 0)


def _word(name: str) -> Callable[[_Case], Any]:
    return lambda case: str(case.occasion.facts.get(name) or "")


def _ticket(name: str) -> Callable[[_Case], Any]:
    return lambda case: getattr(case.work_order.ticket, name) if case.work_order.ticket else None


def _asset(name: str) -> Callable[[_Case], Any]:
    return lambda case: getattr(case.work_order.asset, name) if case.work_order.asset else None


def _topic(case: _Case) -> str | None:
    ticket = case.work_order.ticket
    return ticket.topic.code if ticket is not None and ticket.topic is not None else None


def _skills(case: _Case) -> dict[str, int]:
    return {row.skill.code: row.level for row in case.work_order.work_order_skills.all()}


def _to_promise(case: _Case) -> int | None:
    until = case.work_order.promised_end_at
    return _minutes(case.at, until) if until else None


_READ: dict[str, Callable[[_Case], Any]] = {
    "event.kind": lambda c: str(c.occasion.event),
    "event.at": lambda c: c.at,
    "event.hour": lambda c: c.local.hour,
    "event.weekday": lambda c: c.local.weekday(),
    "event.percent": _number("percent"),
    "event.minutes": _number("minutes"),
    "event.part": _word("part"),
    "event.reason": _word("reason"),
    "work.type": lambda c: c.work_order.work_type.code,
    "work.priority": lambda c: c.work_order.priority,
    "work.minutes": lambda c: c.work_order.duration_minutes,
    "work.crew": lambda c: c.work_order.crew_size,
    "work.subject": lambda c: c.work_order.subject,
    "work.status": lambda c: str(c.work_order.status),
    "work.follow_up": lambda c: c.work_order.follow_up_reason,
    "work.skills": _skills,
    "work.age_minutes": lambda c: _minutes(c.work_order.created_at, c.at),
    "work.has_promise": lambda c: c.work_order.promised_end_at is not None,
    "work.minutes_to_promise": _to_promise,
    "ticket.kind": _ticket("kind"),
    "ticket.channel": _ticket("channel"),
    "ticket.status": _ticket("status"),
    "ticket.topic": _topic,
    "ticket.priority": _ticket("priority"),
    "ticket.reopened": _ticket("reopened_count"),
    "customer.name": lambda c: c.work_order.customer.name,
    "customer.tier": lambda c: str(c.work_order.customer.tier),
    "site.name": lambda c: c.work_order.site.name,
    "site.city": lambda c: c.work_order.site.city,
    "site.area": lambda c: c.work_order.site.area,
    "site.area_key": lambda c: c.work_order.site.area.casefold(),
    "asset.name": _asset("name"),
    "asset.model": _asset("model"),
    "visit.status": lambda c: str(c.occasion.visit.status) if c.occasion.visit else None,
    "visit.engineer": lambda c: c.occasion.visit.engineer.name if c.occasion.visit else None,
    "visit.late_minutes": lambda c: c.late_minutes,
    "visit.reason": lambda c: c.occasion.visit.end_reason if c.occasion.visit else None,
}
