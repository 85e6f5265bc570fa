"""A day that moves: requests arrive, engineers travel and finish, clerks invoice, customers rate.

Engineers who can sign in are left to the person who tries the demo.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
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
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.queries import find_tenant
from tickets import services as tickets
from tickets.models import Ticket, TicketMessage
from tickets.rules import ACTIVE

log = logging.getLogger(__name__)

MOST_OPEN_TICKETS = 40
PAST = timedelta(days=27)
PAST_VISITS_A_DAY = 2
REACH = timedelta(minutes=90)
WORK_BEGINS = time_of_day(8)
RATED = 0.35
"""How many customers tell what they think."""
MOST_WAITING = 14
"""How much work waits for a plan before nobody asks for more of its kind."""


def run(*, pause_seconds: float, acts: int | None = None, dice: random.Random | None = None) -> int:
    """Do one act per company, wait, and go on; forever, or for this many rounds. Returns the acts done.

    Each round also tells one visit of an earlier day, the oldest first, until four weeks are told: the figures need
    a past.
    """
    dice = dice or random.Random()  # noqa: S311  a demo's luck guards nothing
    done = rounds = 0
    while acts is None or rounds < acts:
        for slug in COMPANIES:
            done += one_act(slug, dice) + one_past_visit(slug, dice)
        rounds += 1
        time.sleep(pause_seconds)
    return done


def one_act(slug: str, dice: random.Random) -> bool:
    """One thing that somebody does in this company; False when there was nothing to do or it was refused."""
    tenant = find_tenant(slug)
    if tenant is None:
        return False
    facts = read_company(slug)
    choices: list[Callable[[], bool]] = [
        lambda: _request(facts, dice),
        _advance_somebody(dice),
        lambda: _invoice(facts),
        lambda: _rate(facts, dice),
        lambda: _resolve(facts),
    ]
    act = dice.choices(choices, weights=[18, 55, 10, 10, 7])[0]
    try:
        with tenant_active(tenant.pk), override(facts["language"]):
            return act()
    except Refusal as refusal:
        log.info("the simulated day was refused an act", extra={"reason": refusal.message})
        return False


def one_past_visit(slug: str, dice: random.Random) -> bool:
    """Tell one more visit of an earlier day, mostly with a rating; False when all are told."""
    tenant = find_tenant(slug)
    if tenant is None:
        return False
    facts = read_company(slug)
    with tenant_active(tenant.pk), override(facts["language"]):
        told = Visit.objects.filter(status=VisitStatus.DONE, start_at__lt=now() - timedelta(days=1, hours=12))
        day = PAST - timedelta(days=told.count() // PAST_VISITS_A_DAY)
        if day < timedelta(days=2):
            return False
        morning = datetime.combine((now() - day).astimezone(tenant.zone), WORK_BEGINS, tenant.zone)
        arrived_at = morning + timedelta(minutes=dice.randint(0, 480))
        try:
            # As a whole or not at all: half a story would be work that waits for weeks.
            with transaction.atomic():
                visit = story.past_visit(facts, dice, arrived_at=arrived_at)
        except Refusal as refusal:
            log.info("a past visit was refused", extra={"reason": refusal.message})
            return False
    deliver_all()
    with tenant_active(tenant.pk):
        if dice.random() < RATED:
            story.rate(visit, facts, dice, at=(visit.ended_at or arrived_at) + timedelta(minutes=20))
    return True


def _of_people() -> QuerySet[TicketMessage, Any]:
    """The tickets of those who try the demo, by what came in by itself: nobody simulated touches them."""
    return TicketMessage.objects.filter(inbound__isnull=False).values("ticket_id")


def _request(facts: story.Facts, dice: random.Random) -> bool:
    if Ticket.objects.filter(status__in=ACTIVE).count() >= MOST_OPEN_TICKETS:
        return False
    waiting = WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED).count()
    story.ask(facts, dice, at=now(), codes=facts["at_once"] if waiting >= MOST_WAITING else ())
    return True


def _advance_somebody(dice: random.Random) -> Callable[[], bool]:
    def act() -> bool:
        visits = list(
            Visit.objects.filter(
                status__in=OCCUPYING, start_at__lte=now() + REACH, engineer__membership__isnull=True
            )
            .exclude(work_order__ticket__in=_of_people())
            .exclude(status=VisitStatus.PAUSED)
            .select_related("work_order__contact", "work_order__customer")
            .order_by("start_at")[:60]
        )
        busy = {visit.engineer_id: visit.pk for visit in visits if visit.status in UNDER_WAY}
        free = [visit for visit in visits if busy.get(visit.engineer_id, visit.pk) == visit.pk]
        if not free:
            return False
        story.advance(dice.choice(free[:12]), dice, at=now())
        return True

    return act


def _invoice(facts: story.Facts) -> bool:
    of_people = set(WorkOrder.objects.filter(ticket__in=_of_people()).values_list("pk", flat=True))
    waiting = (one for one in settlement.standings() if one.work_order_id not in of_people)
    ready = next((one for one in waiting if one.state == "ready"), None)
    if ready is None:
        return False
    billing.issue_invoice(
        work_order_id=ready.work_order_id, actor=story.by(facts, "settlement_clerk"), at=now()
    )
    return True


def _rate(facts: story.Facts, dice: random.Random) -> bool:
    unrated = (
        Visit.objects.filter(
            status=VisitStatus.DONE, responses__isnull=True, engineer__membership__isnull=True
        )
        .exclude(work_order__ticket__in=_of_people())
        .annotate(turn=F("pk") % 100)
        .filter(turn__lt=100 * RATED)
    )
    visit = unrated.order_by("-ended_at").first()
    if visit is None:
        return False
    story.rate(visit, facts, dice, at=now())
    return True


def _resolve(facts: story.Facts) -> bool:
    ticket = (
        Ticket.objects.filter(status__in=ACTIVE, work_orders__status__in=["done", "settled"])
        .exclude(pk__in=_of_people())
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
