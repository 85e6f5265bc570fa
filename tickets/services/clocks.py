"""What happens to a ticket, told to its clocks: begin, stop, pause, go on, or count for another promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from core.clock import now
from journal import services as journal
from tenants.actors import Actor
from tickets import queries, rules
from tickets.enums import ClockState, OnReopen, SegmentReason, SlaEvent, SlaKpi, TicketStatus, WaitingFor
from tickets.events import TicketChanged
from tickets.models import SlaClock, SlaItem, SlaPolicy, Ticket
from tickets.queries import Promised
from tickets.services import ledger

ENDS_OF_A_TICKET = frozenset({SlaEvent.RESOLVED, SlaEvent.CLOSED})
_EVENT_OF_KPI = {SlaKpi.ARRIVAL: SlaEvent.ARRIVED}


@transaction.atomic
def stop_clock(
    *, ticket_id: int, kpi: str, actor: Actor, at: datetime, reason: str = SegmentReason.ARRIVED
) -> Ticket:
    """Stop the clocks of one KPI of a ticket, because what they measure happened.

    Nothing is stopped when none runs. An arrival also starts and stops what else a policy measures by it.
    """
    ticket = queries.living_for_update(ticket_id)
    event = _EVENT_OF_KPI.get(SlaKpi(kpi))
    if event is not None:
        stopped = happened(ticket, event, actor=actor, at=at, reason=reason)
    else:
        stopped = stop(ticket, {kpi}, actor=actor, at=at, reason=reason)
    ticket.save(update_fields=["due_at", "event_times", "updated_at"])
    if stopped:
        journal.record(actor=actor, verb="clock_stopped", thing=ticket, at=at, changes={"clock": kpi})
        journal.publish(TicketChanged(ticket_id=ticket.pk))
    return ticket


@transaction.atomic
def note_work_order(*, ticket_id: int, work_type_code: str, actor: Actor, at: datetime) -> Ticket:
    """Remember what kind of work a ticket needs, for promises that name it, and that work was ordered."""
    ticket = queries.living_for_update(ticket_id)
    changed, ticket.work_type_code = ticket.work_type_code != work_type_code, work_type_code
    happened(ticket, SlaEvent.WORK_ORDERED, actor=actor, at=at, reason=SegmentReason.ENDED)
    if changed:
        retarget(ticket, actor=actor, at=at)
    ticket.save(update_fields=["work_type_code", "due_at", "event_times", "updated_at"])
    return ticket


@transaction.atomic
def note_work_orders(
    *, tickets: Sequence[Ticket], work_types: Mapping[int, str], actor: Actor, at: datetime
) -> None:
    """`note_work_order` for many tickets, in a fixed number of statements. The caller has locked them, and read
    them with topic, customer and site; `work_types` is by their ids."""
    living = [ticket for ticket in tickets if ticket.status != TicketStatus.MERGED]
    changed = [ticket for ticket in living if ticket.work_type_code != work_types[ticket.pk]]
    for ticket in changed:
        ticket.work_type_code = work_types[ticket.pk]
    policies = queries.policies()
    clocks = ledger.clocks_for_update(*(ticket.pk for ticket in living), only_living=False)
    ordered = SegmentReason.ENDED
    touched = _tell(living, clocks, SlaEvent.WORK_ORDERED, policies, actor=actor, at=at, reason=ordered)
    if changed:
        known = None if any(touched) else clocks
        reason = SegmentReason.RETARGETED
        retarget_many(changed, actor=actor, at=at, reason=reason, policies=policies, clocks=known)
    for ticket in living:
        ticket.updated_at = now()
    Ticket.objects.bulk_update(living, ["work_type_code", "due_at", "event_times", "updated_at"])
    for ticket in tickets:
        if ticket.status == TicketStatus.MERGED:
            note_work_order(ticket_id=ticket.pk, work_type_code=work_types[ticket.pk], actor=actor, at=at)


def happened(ticket: Ticket, event: SlaEvent, *, actor: Actor, at: datetime, reason: str) -> bool:
    """Tell the ticket's clocks of an event: some are met, some begin. Sets `due_at` and `event_times` in
    memory. Says whether any clock was stopped."""
    return bool(happened_to([ticket], event, actor=actor, at=at, reason=reason))


def happened_to(
    tickets: Sequence[Ticket], event: SlaEvent, *, actor: Actor, at: datetime, reason: str
) -> set[int]:
    """`happened` of many locked tickets. Gives the ids of those whose clocks were stopped."""
    living = ledger.clocks_for_update(*(ticket.pk for ticket in tickets))
    return _tell(tickets, living, event, None, actor=actor, at=at, reason=reason)[0]


def _tell(
    tickets: Sequence[Ticket],
    clocks: Iterable[SlaClock],
    event: SlaEvent,
    policies: Sequence[SlaPolicy] | None,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
) -> tuple[set[int], set[int]]:
    """Tell an event to the tickets' locked clocks. Gives the tickets whose clocks were stopped, and those of which
    some began. `policies` are those in force, where they are read already."""
    for ticket in tickets:
        ticket.event_times = {**ticket.event_times, event.value: at.isoformat()}
    living = [clock for clock in clocks if clock.stopped_at is None]
    changes = [ledger.Change(clock, state) for clock in living if (state := _ended(clock, event))]
    ledger.apply(changes, actor=actor, at=at, reason=reason)
    stopped = {change.clock.ticket_id for change in changes}
    begun = _begin(tickets, event, living, policies, actor=actor, at=at)
    if moved := stopped | begun:
        dues = ledger.next_dues(moved)
        for ticket in tickets:
            if ticket.pk in moved:
                ticket.due_at = dues.get(ticket.pk)
    return stopped, begun


def _ended(clock: SlaClock, event: SlaEvent) -> ClockState | None:
    """What an event makes of a living clock, or None when it goes on."""
    if clock.item.met_when == event:
        return ClockState.MET
    if event not in ENDS_OF_A_TICKET:
        return None
    if clock.kpi in rules.RESPONSES:
        return ClockState.MET
    return None if clock.item.met_when in ENDS_OF_A_TICKET else ClockState.CANCELLED


def _may_begin(event: SlaEvent, policies: Sequence[SlaPolicy] | None) -> bool:
    """Whether any policy in force measures something from this event."""
    if policies is not None:
        return any(item.starts_on == event for policy in policies for item in policy.promises)
    begins = SlaItem.objects.filter(starts_on=event, version=F("policy__version"), policy__is_active=True)
    return begins.exists()


def _begin(
    tickets: Sequence[Ticket],
    event: SlaEvent,
    clocks: Sequence[SlaClock],
    policies: Sequence[SlaPolicy] | None,
    *,
    actor: Actor,
    at: datetime,
) -> set[int]:
    """Start what is measured from this event, unless its clock runs: the oldest unanswered one counts. Gives
    the tickets for which something began."""
    if not _may_begin(event, policies):
        return set()
    promised, begun = promised_now(tickets, at, policies), set()
    for ticket in tickets:
        living = [clock for clock in clocks if clock.ticket_id == ticket.pk and clock.stopped_at is None]
        busy = {clock.code for clock in living}
        awaits_first = any(clock.kpi == SlaKpi.FIRST_RESPONSE for clock in living)
        wanted = [
            one
            for one in promised[ticket.pk].values()
            if one.item.starts_on == event
            and one.item.code not in busy
            and not (awaits_first and one.item.kpi == SlaKpi.NEXT_RESPONSE)
        ]
        _start(ticket, wanted, actor=actor, at=at, reason=SegmentReason.HAPPENED)
        begun |= {ticket.pk} if wanted else set()
    return begun


def _start(ticket: Ticket, wanted: Sequence[Promised], *, actor: Actor, at: datetime, reason: str) -> None:
    """Start a new round of each promise."""
    if not wanted:
        return
    known = SlaClock.objects.filter(ticket=ticket).order_by("round").values_list("code", "round")
    rounds = dict(known)
    clocks = [ledger.plan_of(one, at).clock(ticket, at, rounds.get(one.item.code, 0) + 1) for one in wanted]
    ledger.start(clocks, actor=actor, reason=reason)
    follow_status(ticket, actor=actor, at=at, reason=reason)


def stop(
    ticket: Ticket,
    kpis: Iterable[str],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    state: str = ClockState.MET,
) -> bool:
    """Stop the ticket's clocks of these KPIs and set its `due_at` in memory. Says whether any was stopped."""
    wanted = set(kpis)
    clocks = [clock for clock in ledger.clocks_for_update(ticket.pk) if clock.kpi in wanted]
    ledger.apply([ledger.Change(clock, state) for clock in clocks], actor=actor, at=at, reason=reason)
    if clocks:
        ticket.due_at = ledger.next_due_at(ticket.pk)
    return bool(clocks)


def drop(ticket: Ticket, *, actor: Actor, at: datetime) -> bool:
    """Cancel every living clock: nobody's need any more. Sets `due_at` in memory."""
    every, reason = SlaKpi.values, SegmentReason.DROPPED
    return stop(ticket, every, actor=actor, at=at, reason=reason, state=ClockState.CANCELLED)


def follow_status(ticket: Ticket, *, actor: Actor, at: datetime, reason: str) -> None:
    """Pause or resume each clock as its item says for the ticket's state. Sets `due_at` in memory.

    `reason` is why clocks go on; why they pause follows from what the ticket waits for.
    """
    follow_status_of([ticket], actor=actor, at=at, reason=reason)


def follow_status_of(tickets: Sequence[Ticket], *, actor: Actor, at: datetime, reason: str) -> None:
    """`follow_status` of many locked tickets in a fixed number of statements."""
    by_id = {ticket.pk: ticket for ticket in tickets}
    changes = []
    for clock in ledger.clocks_for_update(*by_id):
        ticket = by_id[clock.ticket_id]
        wanted = _state_now(ticket, clock.item)
        if (clock.state == ClockState.PAUSED) != (wanted == ClockState.PAUSED):
            why = _pause_reason(ticket) if wanted == ClockState.PAUSED else reason
            changes.append(ledger.Change(clock, wanted, reason=why))
    ledger.apply(changes, actor=actor, at=at, reason=reason)
    if moved := {change.clock.ticket_id for change in changes}:
        dues = ledger.next_dues(moved)
        for pk in moved:
            by_id[pk].due_at = dues.get(pk)


def _state_now(ticket: Ticket, item: SlaItem) -> ClockState:
    waits = ticket.status == TicketStatus.WAITING and ticket.waiting_for in item.pauses_on
    return ClockState.PAUSED if waits else ClockState.RUNNING


def _pause_reason(ticket: Ticket) -> SegmentReason:
    waits_for_customer = ticket.waiting_for == WaitingFor.CUSTOMER
    return SegmentReason.WAITING if waits_for_customer else SegmentReason.ON_HOLD


def restart(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Let what ended with a reopened ticket count again, as its item says: from what was used, or anew."""
    promised = promised_now([ticket], at)[ticket.pk]
    ended = {clock.code: clock for clock in ledger.clocks_for_update(ticket.pk, only_living=False)}
    changes, anew = [], []
    for code, clock in ended.items():
        one = promised.get(code)
        counts = clock.state in (ClockState.MET, ClockState.BREACHED) and clock.stopped_at is not None
        if one is None or not counts or clock.item.met_when not in ENDS_OF_A_TICKET:
            continue
        if one.item.on_reopen == OnReopen.RESTART:
            anew.append(one)
        else:
            changes.append(ledger.Change(clock, _state_now(ticket, one.item), one))
    ledger.apply(changes, actor=actor, at=at, reason=SegmentReason.REOPENED)
    _start(ticket, anew, actor=actor, at=at, reason=SegmentReason.REOPENED)
    ticket.due_at = ledger.next_due_at(ticket.pk)


def retarget(ticket: Ticket, *, actor: Actor, at: datetime, reason: str = SegmentReason.RETARGETED) -> None:
    """Hold the ticket's clocks to what is promised now. A pause stays a pause. Sets `due_at` in memory."""
    retarget_many([ticket], actor=actor, at=at, reason=reason)


def retarget_many(
    tickets: Sequence[Ticket],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    policies: Sequence[SlaPolicy] | None = None,
    clocks: Iterable[SlaClock] | None = None,
) -> int:
    """`retarget` of many locked tickets in a fixed number of statements. Returns how many clocks changed.

    A promise that is gone cancels its clock; one that is new counts from when what it measures began. `policies`
    in force and `clocks` of these tickets, all and locked, are given where they are read already.
    """
    active = {ticket.pk: ticket for ticket in tickets if ticket.status in rules.ACTIVE}
    promised = promised_now(list(active.values()), at, policies)
    held: dict[int, dict[str, SlaClock]] = {pk: {} for pk in active}
    if clocks is None:
        clocks = ledger.clocks_for_update(*active, only_living=False)
    for clock in clocks:
        if clock.ticket_id in held:
            held[clock.ticket_id][clock.code] = clock
    changes, new = [], []
    for pk, ticket in active.items():
        changes += _moved(ticket, held[pk], promised[pk])
        new += _late(ticket, held[pk], promised[pk])
    ledger.apply(changes, actor=actor, at=at, reason=reason)
    ledger.start(new, actor=actor, reason=reason)
    paused = [clock for clock in new if _state_now(active[clock.ticket_id], clock.item) == ClockState.PAUSED]
    ledger.apply(
        [ledger.Change(clock, ClockState.PAUSED) for clock in paused], actor=actor, at=at, reason=reason
    )
    if changes or new:
        dues = ledger.next_dues(active)
        for pk, ticket in active.items():
            ticket.due_at = dues.get(pk)
    return len(changes) + len(new)


def _moved(
    ticket: Ticket, clocks: Mapping[str, SlaClock], promised: Mapping[str, Promised]
) -> list[ledger.Change]:
    changes = []
    for code, clock in clocks.items():
        one = promised.get(code)
        if clock.stopped_at is None:
            if one is None:
                changes.append(ledger.Change(clock, ClockState.CANCELLED))
            elif _differs(clock, one):
                changes.append(ledger.Change(clock, _state_now(ticket, one.item), one))
        elif one is not None and clock.state == ClockState.CANCELLED and not _is_over(ticket, one.item):
            changes.append(ledger.Change(clock, _state_now(ticket, one.item), one))
    return changes


def _differs(clock: SlaClock, one: Promised) -> bool:
    held = (clock.item_id, clock.calendar_version_id, clock.zone, clock.policy_reason)
    return held != (one.item.pk, one.calendar_version_id, one.zone, one.reason)


def _late(ticket: Ticket, clocks: Mapping[str, SlaClock], promised: Mapping[str, Promised]) -> list[SlaClock]:
    """Clocks of promises that came to hold after what they measure had begun."""
    found = []
    for code, one in promised.items():
        began = ticket.event_times.get(one.item.starts_on)
        if code not in clocks and began and not _is_over(ticket, one.item):
            start = datetime.fromisoformat(began)
            found.append(ledger.plan_of(one, start).clock(ticket, start))
    return found


def _is_over(ticket: Ticket, item: SlaItem) -> bool:
    """Whether what the item measures has happened since it last began."""
    began, met = ticket.event_times.get(item.starts_on, ""), ticket.event_times.get(item.met_when, "")
    return bool(met) and datetime.fromisoformat(met) >= datetime.fromisoformat(began or met)


def promised_now(
    tickets: Sequence[Ticket], at: datetime, policies: Sequence[SlaPolicy] | None = None
) -> dict[int, dict[str, Promised]]:
    """What is promised to each ticket at this instant, by the ticket's id and the items' codes."""
    if policies is None:
        policies = queries.policies()
    situations = queries.situations_of(tickets, at) if policies and tickets else []
    known = {situation: queries.promises_for(policies, situation) for situation in set(situations)}
    if not situations:
        return {ticket.pk: {} for ticket in tickets}
    return {ticket.pk: known[situation] for ticket, situation in zip(tickets, situations, strict=True)}
