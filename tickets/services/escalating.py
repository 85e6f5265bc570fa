"""Escalations: what is done when a promise is at risk or broken, once, and with its reason on record."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Membership
from core.clock import now
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tickets import letters, queries
from tickets.enums import EscalationAct, EscalationMoment, Priority
from tickets.events import EscalationCalled
from tickets.models import Escalation, EscalationTimer, SlaClock, Ticket
from tickets.rules import ACTIVE
from tickets.services.progress import assign_owner, triage_ticket
from tickets.services.telling import facts_of, tell

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
ESCALATION = Actor.system("escalation")


@transaction.atomic
def escalate(*, clock_id: int, moment: str, actor: Actor, at: datetime) -> int:
    """Do what the clock's policy says for this moment. Returns how many acts there were.

    Nothing is done for a clock that was met, or a ticket that was solved, in the meantime. What is to happen
    later is left to timers.
    """
    clock = _clock_for_update(clock_id)
    if not _matters(clock):
        return 0
    acts = queries.escalations_for(clock, moment)
    for escalation in acts:
        _do(escalation, clock, actor, at)
    if moment == EscalationMoment.BREACH:
        _wait(clock, at)
    return len(acts)


def fire_due_escalations(*, limit: int = 200) -> int:
    """Claim escalations of every tenant that waited long enough after a breach, and do each exactly once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease, and a timer is marked as
    done in the transaction of its effect. Returns how many were claimed.
    """
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_escalations(%s, %s::interval, %s)",
            [limit, f"{LEASE_SECONDS} s", at],
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    for tenant_id, timer_id in claimed:
        try:
            with tenant_active(tenant_id):
                _fire(timer_id, at)
        except Exception:  # One broken escalation must not keep the others from firing; its lease runs out.
            log.exception("escalation failed", extra={"tenant_id": tenant_id, "timer_id": timer_id})
    return len(claimed)


def _fire(timer_id: int, at: datetime) -> None:
    clock_id = EscalationTimer.objects.filter(pk=timer_id).values_list("clock_id", flat=True).first()
    if clock_id is None:
        return
    clock = _clock_for_update(clock_id)
    waiting = EscalationTimer.objects.select_for_update(of=("self",)).filter(pk=timer_id, done_at=None)
    timer = waiting.select_related("escalation__role", "escalation__member").first()
    if timer is None or timer.due_at > at:
        return
    timer.done_at = at
    timer.save(update_fields=["done_at"])
    if _matters(clock):
        _do(timer.escalation, clock, ESCALATION, at)


def _clock_for_update(clock_id: int) -> SlaClock:
    # The ticket is locked before its clock, as the services of tickets do.
    ticket_id = SlaClock.objects.values_list("ticket_id", flat=True).get(pk=clock_id)
    queries.ticket_for_update(ticket_id)
    clocks = SlaClock.objects.select_for_update(of=("self",))
    return clocks.select_related("ticket__customer", "item", "policy").get(pk=clock_id)


def _matters(clock: SlaClock) -> bool:
    return clock.stopped_at is None and clock.ticket.status in ACTIVE


def _wait(clock: SlaClock, at: datetime) -> None:
    """Rows for what happens some time after the breach."""
    since = clock.breached_at or at
    EscalationTimer.objects.bulk_create(
        [
            EscalationTimer(
                clock=clock, escalation=later, due_at=since + timedelta(minutes=later.after_minutes)
            )
            for later in queries.escalations_for(clock, EscalationMoment.AFTER)
        ],
        ignore_conflicts=True,
    )


def _do(escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime) -> None:
    """One act on the ticket, and its line in the record."""
    did = _ACTS[EscalationAct(escalation.act)](escalation, clock, actor, at)
    changes = {"clock": clock.kpi, "moment": escalation.moment, "act": escalation.act, **did}
    if escalation.after_minutes:
        changes["after_minutes"] = escalation.after_minutes
    reason = f"{clock.policy}: {clock.item}"
    journal.record(actor=actor, verb="escalated", thing=clock.ticket, at=at, changes=changes, reason=reason)


def _notify(escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime) -> dict[str, Any]:
    people = queries.people_meant(escalation, clock.ticket, at)
    _tell(people, escalation, clock, actor, at)
    return {"people": ", ".join(map(str, people))}


def _tell(
    people: list[Membership], escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime
) -> None:
    is_warning = escalation.moment == EscalationMoment.WARN
    due = clock.due_at.isoformat() if clock.due_at else ""
    facts = {
        **facts_of(clock.ticket),
        "kpi": clock.kpi,
        "item": clock.item.name,
        "due_at": due,
        "minutes": escalation.after_minutes,
    }
    # Somebody who is meant twice, as owner and as being on call, is told once. A breach overtakes a warning
    # that still waits for the morning.
    key, warning = f"sla:{clock.pk}:{escalation.moment}:{escalation.after_minutes}", f"sla:{clock.pk}:warn:0"
    tell(
        [member.pk for member in people],
        letters.SLA_WARNED if is_warning else letters.SLA_BREACHED,
        clock.ticket,
        facts,
        key=key,
        actor=actor,
        at=at,
        urgent=True,
        instead_of="" if is_warning else warning,
    )


def _reassign(escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime) -> dict[str, Any]:
    """Give the ticket to the least busy of those meant; whoever has it already keeps it."""
    ticket: Ticket = clock.ticket
    people = queries.people_meant(escalation, ticket, at)
    if not people or ticket.owner_id in {member.pk for member in people}:
        return {"people": ""}
    changed = assign_owner(ticket_id=ticket.pk, owner_id=people[0].pk, actor=actor, at=at, urgent=True)
    ticket.owner_id = changed.owner_id
    return {"people": str(people[0])}


def _raise(escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime) -> dict[str, Any]:
    """One step more urgent, and never beyond the first."""
    before = queries.get_ticket(clock.ticket_id).priority
    wanted = max(before - 1, Priority.P1)
    if wanted != before:
        triage_ticket(ticket_id=clock.ticket_id, priority=wanted, actor=actor, at=at)
    return {"priority": [before, wanted]}


def _call(escalation: Escalation, clock: SlaClock, actor: Actor, at: datetime) -> dict[str, Any]:
    journal.publish(
        EscalationCalled(
            ticket_id=clock.ticket_id,
            clock_id=clock.pk,
            escalation_id=escalation.pk,
            word=escalation.word,
        )
    )
    return {"word": escalation.word}


_ACTS = {
    EscalationAct.NOTIFY: _notify,
    EscalationAct.REASSIGN: _reassign,
    EscalationAct.RAISE: _raise,
    EscalationAct.RULE: _call,
}
