"""Clocks of tickets that become one: what the first already used counts for the one that goes on."""

from __future__ import annotations

from datetime import datetime

from tenants.actors import Actor
from tickets.enums import ClockState, SegmentReason
from tickets.models import SlaClock, SlaSegment, Ticket
from tickets.services import ledger


def reason_of(reason: SegmentReason, ticket: Ticket) -> str:
    """A segment's reason that names a ticket: "carried:T-17". `tickets.reasons` makes a sentence of it."""
    return f"{reason}:{ticket}"


def carry_clocks(source: Ticket, target: Ticket, *, actor: Actor, at: datetime) -> None:
    """Let the target's clocks count from when the source's began, and end the source's.

    What happened to a promise of the source before the target's began is copied into the target's ledger, so
    that time is counted once however long both ran. A promise the source met already is met for both.
    """
    theirs = {clock.code: clock for clock in ledger.clocks_for_update(source.pk, only_living=False)}
    reason = reason_of(SegmentReason.CARRIED, source)
    earlier: dict[str, datetime] = {}
    for clock in ledger.clocks_for_update(target.pk):
        other = theirs.get(clock.code)
        if other is not None and _copy_segments(other, clock, actor=actor, reason=reason):
            earlier[clock.code] = other.started_at
    for clock in ledger.clocks_for_update(target.pk):
        if clock.code in earlier:
            SlaClock.objects.filter(pk=clock.pk).update(started_at=earlier[clock.code])
            ledger.apply([ledger.Change(clock, _going_on(clock))], actor=actor, at=at, reason=reason)
        met = theirs.get(clock.code)
        if met is not None and met.stopped_at is not None and met.state != ClockState.CANCELLED:
            change = ledger.Change(clock, ClockState.MET)
            ledger.apply([change], actor=actor, at=met.stopped_at, reason=reason)
    end_clocks(source, reason_of(SegmentReason.MERGED, target), actor=actor, at=at)
    target.due_at = ledger.next_due_at(target.pk)


def end_clocks(ticket: Ticket, reason: str, *, actor: Actor, at: datetime) -> None:
    """Cancel what still runs, and set `due_at` in memory."""
    living = ledger.clocks_for_update(ticket.pk)
    changes = [ledger.Change(clock, ClockState.CANCELLED) for clock in living]
    ledger.apply(changes, actor=actor, at=at, reason=reason)
    ticket.due_at = None


def resume_clocks(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Let the clocks that a merge ended go on from what they had used."""
    ended = f"{SegmentReason.MERGED}:"
    changes = []
    for clock in ledger.clocks_for_update(ticket.pk, only_living=False):
        last = list(clock.segments.all())[-1]
        if clock.state == ClockState.CANCELLED and last.reason.startswith(ended):
            changes.append(ledger.Change(clock, ClockState.RUNNING))
    ledger.apply(changes, actor=actor, at=at, reason=SegmentReason.CONTINUED)
    ticket.due_at = ledger.next_due_at(ticket.pk)


def _going_on(clock: SlaClock) -> str:
    return ClockState.PAUSED if clock.state == ClockState.PAUSED else ClockState.RUNNING


def _copy_segments(source: SlaClock, clock: SlaClock, *, actor: Actor, reason: str) -> bool:
    """Copy what happened to `source` before `clock` began. Says whether anything did."""
    before = [one for one in source.segments.all() if one.from_at < clock.started_at]
    SlaSegment.objects.bulk_create(
        [
            SlaSegment(
                clock=clock,
                state=segment.state,
                target_minutes=clock.target_minutes,
                item_id=clock.item_id,
                calendar_version_id=clock.calendar_version_id,
                from_at=segment.from_at,
                reason=reason[:200],
                actor_label=actor.label[:200],
            )
            for segment in before
        ]
    )
    return bool(before)
