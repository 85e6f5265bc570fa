"""A day that moves, in real time: requests arrive, engineers travel and finish, clerks invoice, customers rate.

Visits take as long as they were planned to, more or less. Engineers who can sign in are left to the person who tries
the demo, and so is what that person asked for, planned or changed.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Model, Q
from django.utils.translation import override

from billing import queries as settlement
from billing import services as billing
from core.clock import now
from core.errors import Refusal
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from dispatch.rules import OCCUPYING, UNDER_WAY
from fieldservice.demo import story
from fieldservice.demo.seed import COMPANIES, read_company
from journal import queries as journal
from tenants.active import tenant_active
from tenants.queries import find_tenant
from tickets import services as tickets
from tickets.models import Ticket, TicketMessage
from tickets.rules import ACTIVE

log = logging.getLogger(__name__)

MOST_OPEN_TICKETS = 40
RATED = 0.4
"""How many customers tell what they think."""
RATES_AFTER, INVOICED_AFTER, SOLVED_AFTER = timedelta(minutes=6), timedelta(minutes=20), timedelta(minutes=4)
ANSWERED_AFTER = timedelta(minutes=5)
MOST_WAITING = 14
"""How much work waits for a plan before nobody asks for more of its kind."""
ASKED_EVERY = timedelta(minutes=4)
"""How long it is from one request of a company to the next, on average."""
MOST_TAPS = 5
"""How many taps of engineers one round makes: after a pause of the demo there are many to make up for."""
SENT_BEFORE, ACCEPTED_BEFORE = timedelta(hours=2), timedelta(minutes=75)
LATE = 0.1
V = VisitStatus


@dataclass(frozen=True, slots=True)
class Course:
    """How a visit will go: always the same for the same visit."""

    late: timedelta
    pace: float

    @classmethod
    def of(cls, visit: Visit) -> Course:
        """Most come within a few minutes of the plan, one in ten much later; work takes three to five quarters."""
        dice = random.Random(f"{visit.tenant_id}-{visit.pk}")  # noqa: S311  a demo's luck guards nothing
        minutes = dice.randint(20, 50) if dice.random() < LATE else dice.randint(-6, 10)
        return cls(timedelta(minutes=minutes), dice.uniform(0.75, 1.25))


def next_tap_at(visit: Visit, free_at: datetime | None) -> datetime | None:
    """When the engineer of this visit taps next; None while that is somebody else's turn.

    `free_at` is when the engineer was done with the visit before: nobody sets out earlier.
    """
    course, planned = Course.of(visit), visit.end_at - visit.start_at
    arrives = visit.start_at + course.late
    sets_out = arrives - timedelta(minutes=visit.travel_minutes or 15)
    moments = {
        V.SCHEDULED: visit.start_at - SENT_BEFORE,
        V.DISPATCHED: visit.start_at - ACCEPTED_BEFORE,
        V.ACCEPTED: max(sets_out, free_at) if free_at else sets_out,
        V.TRAVELLING: max(arrives, visit.travel_started_at or arrives),
        V.ON_SITE: (visit.arrived_at or visit.start_at) + planned * course.pace,
    }
    return moments.get(V(visit.status))


def run(*, pause_seconds: float, acts: int | None = None, dice: random.Random | None = None) -> int:
    """Do for each company what is due, wait, and go on; forever, or for this many rounds. Returns the acts done."""
    dice = dice or random.Random()  # noqa: S311  a demo's luck guards nothing
    done = rounds = 0
    while acts is None or rounds < acts:
        for slug in COMPANIES:
            done += one_round(slug, dice, pause_seconds=pause_seconds)
        rounds += 1
        time.sleep(pause_seconds)
    return done


def one_round(slug: str, dice: random.Random, *, pause_seconds: float) -> int:
    """What people of this company do now. Returns how many acts that were; a refused one counts for nothing."""
    tenant = find_tenant(slug)
    if tenant is None:
        return 0
    facts, done = read_company(slug), 0
    with tenant_active(tenant.pk):
        due = list(_due(now()))[:MOST_TAPS]
    acts: list[Callable[[], bool]] = [
        *(_tapping(visit.pk, dice, moment) for visit, moment in due),
        lambda: (
            _request(facts, dice) if dice.random() < pause_seconds / ASKED_EVERY.total_seconds() else False
        ),
        lambda: _answer(facts),
        lambda: _invoice(facts),
        lambda: _rate(facts, dice),
        lambda: _resolve(facts),
    ]
    for act in acts:
        try:
            with tenant_active(tenant.pk), override(facts["language"]):
                done += act()
        except Refusal as refusal:
            log.info("the simulated day was refused an act", extra={"reason": refusal.message})
    return done


def _due(at: datetime) -> Iterator[tuple[Visit, datetime]]:
    """The visits with a tap that is due, and since when: of each engineer the one under way, else the next."""
    begun: set[int] = set()
    for visit in sorted(_simulated(at), key=lambda one: (one.status not in UNDER_WAY, one.start_at, one.pk)):
        if visit.status in (*UNDER_WAY, V.ACCEPTED):
            if visit.engineer_id in begun:
                continue
            begun.add(visit.engineer_id)
        moment = next_tap_at(visit, getattr(visit, "free_at", None))
        if moment is not None and moment <= at:
            yield visit, moment


def _simulated(at: datetime) -> list[Visit]:
    """The visits of the next hours whose engineers are nobody's to play, of work that is nobody's who tries it."""
    ended = (
        Visit.objects.order_by()
        .values("engineer")
        .annotate(last=Max("ended_at"))
        .values_list("engineer", "last")
    )
    last = dict(ended)
    found = list(
        Visit.objects.filter(
            status__in=OCCUPYING, start_at__lte=at + SENT_BEFORE, engineer__membership__isnull=True
        )
        .exclude(work_order__in=_work_of_people())
        .exclude(status=V.PAUSED)
        .select_related("engineer", "work_order__contact", "work_order__customer")
        .order_by("start_at")[:80]
    )
    for visit in found:
        visit.free_at = last.get(visit.engineer_id)  # type: ignore[attr-defined]
    return found


def _tapping(visit_id: int, dice: random.Random, moment: datetime) -> Callable[[], bool]:
    """A tap made at its own moment, also where the demo was stopped then; who sends or accepts does so now."""

    def tap() -> bool:
        related = ("engineer", "work_order__contact", "work_order__customer")
        visit = Visit.objects.select_related(*related).get(pk=visit_id)
        told = max(one for one in (moment, visit.accepted_at, visit.arrived_at) if one is not None)
        has_accepted = visit.status in (V.ACCEPTED, *UNDER_WAY)
        story.advance(visit, dice, at=min(told, now()) if has_accepted else now())
        return True

    return tap


def _touched(kind: type[Model]) -> set[int]:
    """What a person who is signed in made, planned or changed: the machine signs nobody in."""
    acts = journal.entries_matching(object_type=kind._meta.label_lower).filter(membership_id__isnull=False)
    return set(acts.values_list("object_id", flat=True))


def _of_people() -> set[int]:
    """The tickets of those who try the demo, by what came in by itself or what they did: nobody simulated touches
    them."""
    came_in = TicketMessage.objects.filter(inbound__isnull=False).values_list("ticket_id", flat=True)
    return {*came_in, *_touched(Ticket)}


def _work_of_people() -> set[int]:
    """The work orders of those who try the demo: of their tickets, and what they did at the work or its visits."""
    theirs = WorkOrder.objects.filter(
        Q(ticket__in=_of_people()) | Q(pk__in=_touched(WorkOrder)) | Q(visits__in=_touched(Visit))
    )
    return set(theirs.values_list("pk", flat=True))


def _request(facts: story.Facts, dice: random.Random) -> bool:
    if Ticket.objects.filter(status__in=ACTIVE).count() >= MOST_OPEN_TICKETS:
        return False
    waiting = WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED).count()
    story.ask(facts, dice, at=now(), codes=facts["at_once"] if waiting >= MOST_WAITING else ())
    return True


def _answer(facts: story.Facts) -> bool:
    """The desk answers who has waited for some minutes, mostly before the shortest promise ends."""
    waiting = Ticket.objects.filter(
        status__in=ACTIVE, first_response_at=None, opened_at__lt=now() - ANSWERED_AFTER
    ).exclude(pk__in=_of_people())
    ticket = waiting.order_by("priority", "opened_at").first()
    if ticket is None:
        return False
    story.answer(ticket, facts, at=now())
    return True


def _invoice(facts: story.Facts) -> bool:
    of_people = _work_of_people()
    waiting = (one for one in settlement.standings() if one.work_order_id not in of_people)
    until = now() - INVOICED_AFTER
    ready = next(
        (one for one in waiting if one.state == "ready" and one.done_at and one.done_at < until), None
    )
    if ready is None:
        return False
    billing.issue_invoice(
        work_order_id=ready.work_order_id, actor=story.by(facts, "settlement_clerk"), at=now()
    )
    return True


def _rate(facts: story.Facts, dice: random.Random) -> bool:
    """The customer of a visit that ended a while ago rates it; those before the last hours have had their time."""
    at = now()
    ended = Visit.objects.filter(
        status=VisitStatus.DONE,
        responses__isnull=True,
        links__isnull=False,
        engineer__membership__isnull=True,
        ended_at__range=(at - timedelta(hours=3), at - RATES_AFTER),
    ).exclude(work_order__in=_work_of_people())
    willing = (
        visit
        for visit in ended.distinct().order_by("ended_at")
        if random.Random(visit.pk).random() < RATED  # noqa: S311
    )
    visit = next(willing, None)
    if visit is None:
        return False
    story.rate(visit, facts, dice, at=at)
    return True


def _resolve(facts: story.Facts) -> bool:
    ticket = (
        Ticket.objects.filter(
            status__in=ACTIVE,
            work_orders__status__in=["done", "settled"],
            work_orders__visits__ended_at__lt=now() - SOLVED_AFTER,
        )
        .exclude(pk__in=_of_people())
        .exclude(work_orders__in=_work_of_people())
        .order_by("id")
        .first()
    )
    if ticket is None:
        return False
    resolution = facts["words"]["done"]
    tickets.resolve_ticket(
        ticket_id=ticket.pk, resolution=resolution, actor=story.by(facts, "service_desk"), at=now()
    )
    return True
