"""Which promise holds for a ticket: policies and items in force, the ticket's facts, calendars and zones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import F

from core.calendars import Calendar
from customers import queries as customers
from customers.models import Contract
from tenants.queries import current_tenant
from tickets import business_days, rules
from tickets.models import BusinessCalendar, CalendarVersion, SlaItem, SlaPolicy, Ticket


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides a ticket's promise and the zone it counts in; equal ones get equal clocks.

    `contract_zones` pairs each contract in force with its zone or "", newest first.
    """

    facts: rules.Facts
    contract_zones: tuple[tuple[int, str], ...] = ()
    site_zone: str = ""


@dataclass(frozen=True, slots=True)
class Promised:
    """One item that holds for a ticket, with the calendar version in force and the zone it is laid on."""

    item: SlaItem
    reason: str
    calendar_version_id: int | None
    zone: str


def policies() -> list[SlaPolicy]:
    """The tenant's policies in force, each with its published items as `promises`, in two queries."""
    found = {policy.pk: policy for policy in SlaPolicy.objects.filter(is_active=True)}
    for policy in found.values():
        policy.promises = []
    items = SlaItem.objects.filter(policy__in=list(found), version=F("policy__version")).select_related(
        "calendar"
    )
    for item in items.order_by("position") if found else ():
        found[item.policy_id].promises.append(item)
    return list(found.values())


def promises_for(policies: Sequence[SlaPolicy], situation: Situation) -> dict[str, Promised]:
    """What the most specific policy promises in this situation, by the items' codes; {} when none fits."""
    chosen = rules.choose_policy(policies, situation.facts)
    if chosen is None:
        return {}
    policy, reason = chosen
    found: dict[str, Promised] = {}
    for item in policy.promises:
        if item.code not in found and rules.applies(item.applies_when, situation.facts):
            calendar = item.calendar
            zone = _zone(policy, calendar, situation)
            found[item.code] = Promised(item, reason, calendar.current_id if calendar else None, zone)
    return found


def _zone(policy: SlaPolicy, calendar: BusinessCalendar | None, situation: Situation) -> str:
    """The contract's zone wins, then the calendar's own, the site's, the tenant's."""
    zones = dict(situation.contract_zones)
    contracted = zones.get(policy.contract_id or 0) or next(filter(None, zones.values()), "")
    own = calendar.time_zone if calendar else ""
    return contracted or own or situation.site_zone or current_tenant().time_zone


def situations_of(tickets: Iterable[Ticket], at: datetime) -> list[Situation]:
    """The situation of each ticket, contracts of all of them in one query. Reads topic, customer and site.

    A contract is in force on the tenant's own date.
    """
    given = list(tickets)
    day = at.astimezone(current_tenant().zone).date()
    ids = {ticket.customer_id for ticket in given if ticket.customer_id is not None}
    in_force = customers.contracts_in_force(ids, day) if ids else {}
    return [_situation(ticket, in_force.get(ticket.customer_id or 0, [])) for ticket in given]


def _situation(ticket: Ticket, contracts: Sequence[Contract]) -> Situation:
    facts = rules.Facts(
        priority=ticket.priority,
        kind=ticket.kind,
        channel=ticket.channel,
        topic=ticket.topic.code if ticket.topic else "",
        tier=ticket.customer.tier if ticket.customer else "",
        work_type=ticket.work_type_code,
        contract_ids=tuple(contract.pk for contract in contracts),
    )
    zones = tuple((contract.pk, contract.time_zone) for contract in contracts)
    return Situation(facts, zones, ticket.site.time_zone if ticket.site else "")


def calendar_of(version_id: int | None, zone: str) -> tuple[Calendar, ZoneInfo]:
    """The business calendar of a version (None: around the clock), and the zone it is laid on."""
    return (_ALWAYS if version_id is None else _calendar(version_id)), ZoneInfo(zone)


_ALWAYS = Calendar()


@lru_cache(maxsize=512)
def _calendar(version_id: int) -> Calendar:
    """Versions never change, and an id belongs to one tenant for ever."""
    version = CalendarVersion.objects.only("weekly", "days").get(pk=version_id)
    return business_days.laid_out(version.weekly, version.days)
