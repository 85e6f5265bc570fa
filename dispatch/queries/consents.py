"""Reads of consent: what a customer confirmed, which windows can be offered instead, how they are reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from channels import queries as channels
from core.errors import NotFound
from customers import queries as customers
from dispatch import evaluator, instant, ranking
from dispatch.enums import ConsentStatus
from dispatch.evaluator import Verdict, Work
from dispatch.instant import Question, Slot
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.live import live_world
from dispatch.queries.offers import expires_at
from dispatch.queries.planning import World, load_world, part_ids_of, policy_in_force, seconds, work_of
from dispatch.queries.planning import instant as moment
from dispatch.queries.roads import knowing
from dispatch.queries.slots import Asked, slots_for, windows, without_visit
from dispatch.rules import Appointment, appointment
from tenants.actors import Actor
from tickets.enums import ClockState, SlaKpi
from tickets.models import SlaClock

MOST_OPTIONS = 5
A_DAY_AT_MOST = 2
"""Windows offered of one day, so that a customer whose day does not suit finds another."""
LOOKS_AHEAD_DAYS = 10
WINDOW_MINUTES = 120
NOTICE = timedelta(hours=2)
"""How long before a window begins it is still offered."""


@dataclass(frozen=True, slots=True)
class Option:
    """A window offered to a customer, with who would come at `at`."""

    start: datetime
    end: datetime
    grade: str
    engineer_id: int
    at: datetime
    is_wished: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the row."""
        instants = {"start": self.start, "end": self.end, "at": self.at}
        told = {name: value.isoformat() for name, value in instants.items()}
        return {**told, "grade": self.grade, "engineer_id": self.engineer_id, "is_wished": self.is_wished}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Option:
        """From how it is kept."""
        start, end, at = (datetime.fromisoformat(kept[name]) for name in ("start", "end", "at"))
        return cls(start, end, kept["grade"], kept["engineer_id"], at, kept["is_wished"])


def options_of(consent: ConsentRequest) -> list[Option]:
    """The windows offered, what we wished first."""
    return [Option.of(kept) for kept in consent.options]


def consents() -> QuerySet[ConsentRequest]:
    """Questions to customers with what a list shows, newest first."""
    return ConsentRequest.objects.select_related(
        "from_engineer",
        "visit__engineer",
        "visit__work_order__site",
        "visit__work_order__customer",
        "visit__work_order__contact",
        "visit__work_order__work_type",
    )


def consents_for(actor: Actor) -> QuerySet[ConsentRequest]:
    """Those this actor may see: a provider's people those of their engineers' visits."""
    found = consents()
    if actor.provider_code:
        return found.filter(visit__engineer__provider__code=actor.provider_code)
    return found


def get_consent(consent_id: int) -> ConsentRequest:
    """One question. Raises `NotFound`."""
    found = consents().filter(pk=consent_id).first()
    if found is None:
        raise NotFound(_("Question %(id)s to a customer: not found.") % {"id": consent_id})
    return found


def open_consent_of(visit_id: int) -> ConsentRequest | None:
    """The question about a visit that waits for an answer, or None."""
    return consents().filter(visit_id=visit_id, status=ConsentStatus.ASKED).first()


def waiting_consents_for(actor: Actor) -> int:
    """How many customers have not answered yet."""
    return consents_for(actor).filter(status=ConsentStatus.ASKED).order_by().count()


def appointment_of(visit: Visit) -> Appointment:
    """What the customer was told of a visit. `visit.work_order` should be loaded."""
    order = visit.work_order
    return appointment(
        lock_level=visit.lock_level,
        engineer_id=visit.engineer_id,
        start_at=visit.start_at,
        promised=(order.promised_start_at, order.promised_end_at),
    )


def zone_of(work_order: WorkOrder) -> ZoneInfo:
    """The zone in which the customer reads a time."""
    return work_order.site.zone or work_order.site.tenant.zone


def way_to(work_order: WorkOrder) -> tuple[str, str] | None:
    """By which channel and at which address the customer is reached, as their contact prefers; None when there is
    no way."""
    contact = work_order.contact
    addresses = customers.addresses_of(contact) if contact else {}
    if not addresses and work_order.customer.email:
        addresses = {"email": work_order.customer.email}
    found = channels.find_way_to(prefers=contact.prefers if contact else "", came_by="", addresses=addresses)
    return (found.channel, found.address) if found else None


def answer_by(visit: Visit, policy: Policy, at: datetime) -> datetime:
    """Until when an answer counts: so many business minutes on, and never after the visit begins."""
    minutes = policy.limit("consent_minutes")
    return min(expires_at({"accept_minutes": minutes}, None, at), visit.start_at)


def work_to_move(visit: Visit, from_at: datetime, until: datetime) -> Work:
    """What a visit does, free of the window that was confirmed: only its ticket's arrival clock holds it."""
    order = visit.work_order
    due = None
    if order.ticket_id is not None:
        clock = SlaClock.objects.filter(
            ticket_id=order.ticket_id, kpi=SlaKpi.ARRIVAL, state__in=[ClockState.RUNNING, ClockState.BREACHED]
        ).first()
        due = clock.due_at if clock else None
    margin = timedelta(days=1)
    return replace(
        work_of(order, from_at - margin, until + margin),
        seconds=seconds(visit.end_at) - seconds(visit.start_at),
        promised=(0, seconds(due) if due else evaluator.FOREVER),
        may_split=False,
    )


def window_around(work_order: WorkOrder, start_at: datetime) -> tuple[datetime, datetime]:
    """The window of the customer's day in which an arrival lies; at night one that begins with it."""
    wanted = seconds(start_at)
    asked = Asked(start_at, 1, WINDOW_MINUTES)
    for begin, end in windows(asked, start_at + timedelta(days=1), zone_of(work_order)):
        if begin <= wanted < end:
            return moment(begin), moment(end)
    return start_at, start_at + timedelta(minutes=WINDOW_MINUTES)


def alternatives(visit: Visit, at: datetime, wish: Option | None) -> list[Option]:
    """Up to five windows: the wish first, then the best of the next days in order of time."""
    work = work_to_move(visit, at, at + timedelta(days=LOOKS_AHEAD_DAYS))
    asked = Asked(at + NOTICE, LOOKS_AHEAD_DAYS, WINDOW_MINUTES)
    found = slots_for(work, visit.work_order.site, asked, ignoring=visit.pk).slots
    held = appointment_of(visit)
    others = []
    for slot in found:
        option = _option(slot)
        if wish is not None and option.start == wish.start:
            wish = replace(wish, grade=option.grade)
        elif option.start >= asked.at and not option.start <= held.opens < option.end:
            others.append((slot, option))
    room = MOST_OPTIONS - (wish is not None)
    return [*([wish] if wish else []), *_spread(others, room, zone_of(visit.work_order))]


def _option(slot: Slot) -> Option:
    return Option(moment(slot.start), moment(slot.end), slot.grade, slot.person.id, moment(slot.at))


def _spread(found: Sequence[tuple[Slot, Option]], room: int, zone: ZoneInfo) -> list[Option]:
    """The best, not too many of one day."""
    days: Counter[date] = Counter()
    chosen: list[Option] = []
    for _slot, option in sorted(found, key=lambda one: (one[1].grade, -one[0].score, one[0].start)):
        day = option.start.astimezone(zone).date()
        if len(chosen) < room and days[day] < A_DAY_AT_MOST:
            days[day] += 1
            chosen.append(option)
    return sorted(chosen, key=lambda option: option.start)


def options_left(consent: ConsentRequest, at: datetime) -> set[int]:
    """Which of the windows offered could still be booked, by place. Empty once the question is closed."""
    options = options_of(consent)
    if consent.status != ConsentStatus.ASKED or not options:
        return set()
    visit = consent.visit
    from_at, until = min(o.start for o in options), max(o.end for o in options)
    work = replace(work_to_move(visit, from_at, until), promised=(0, evaluator.FOREVER))
    policy = knowing(policy_in_force(), [work.place])
    sites, parts = [visit.work_order.site_id], list(work.parts)
    world = live_world(from_at, until, policy=policy, site_ids=sites, part_ids=parts)
    ask = Question(work, seconds(max(at, from_at)), seconds(until), policy)
    spans = sorted({(seconds(o.start), seconds(o.end)) for o in options if o.end > at})
    found = instant.slots(without_visit(world, visit.pk), ask, spans) if spans else []
    free = {slot.start for slot in found}
    left = {n for n, option in enumerate(options) if seconds(option.start) in free}
    wish = options[0]
    if wish.is_wished and 0 not in left and wish.at > at and consent.reason:
        verdict = as_wished(visit, wish, consent.reason)
        left |= {0} if verdict is not None else set()
    return left


def as_wished(visit: Visit, wish: Option, reason: str) -> Verdict | None:
    """The verdict on exactly what was offered, or None when it has become impossible. `reason` is what soft
    rules are broken for."""
    world = _world(visit, wish.start, wish.end, [wish.engineer_id])
    person = world.person(wish.engineer_id)
    if person is None:
        return None
    start = seconds(wish.at)
    work = _within(visit, wish.start, wish.end)
    end = start + work.seconds
    policy = knowing(world.policy, [work.place])
    verdict = evaluator.evaluate_as_told(person, work, start, end=end, ignoring=visit.pk, policy=policy)
    is_good = not verdict.broken or (verdict.can_be_forced and bool(reason))
    return verdict if is_good else None


def best_between(visit: Visit, start: datetime, end: datetime, at: datetime) -> Verdict | None:
    """Who should come for this visit between two instants, whoever has it now, or None when nobody can."""
    world = _world(visit, start, end, None)
    for person in world.people:
        person.stops = [stop for stop in person.stops if stop.visit_id != visit.pk]
    work = _within(visit, start, end)
    policy = knowing(world.policy, [work.place])
    answer = ranking.rank(world.people, work, seconds(at), seconds(end), ranking.BEST, policy=policy)
    return answer.best.verdict if answer.best else None


def _world(visit: Visit, start: datetime, end: datetime, engineer_ids: list[int] | None) -> World:
    order = visit.work_order
    parts = part_ids_of([order])
    return load_world(start, end, engineer_ids=engineer_ids, site_ids=[order.site_id], part_ids=parts)


def _within(visit: Visit, start: datetime, end: datetime) -> Work:
    """The visit's work with this window as its promise."""
    work = work_to_move(visit, start, end)
    last = seconds(end) - 1
    return replace(work, promised=(seconds(start), last), start_by=min(work.start_by, last))
