"""A ticket's way: taken, triaged, waiting, resolved, closed, reopened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queries import find_member
from core.errors import BadInput, NotFound
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries, rules
from tickets.enums import SegmentReason, SlaEvent, TicketStatus, WaitingFor
from tickets.events import TicketReopened, TicketResolved, TicketTriaged, TicketVisitsEnded
from tickets.models import Ticket, Topic
from tickets.services import clocks
from tickets.services.common import ensure_owner, ensure_owners, finish, finish_many
from tickets.services.opening import find_whom, searchable
from tickets.services.telling import owned_by

TRIAGE_FIELDS = frozenset(
    {"subject", "kind", "priority", "topic_id", "customer_id", "contact_id", "site_id", "asset_id"}
    | {"owner_id"}
)


@transaction.atomic
def take_ticket(*, ticket_id: int, actor: Actor, at: datetime) -> Ticket:
    """Make the actor the owner; a new or reopened ticket becomes open. Programs hand it to the desk."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    before = ticket.owner_id
    if actor.membership_id is not None:
        ticket.owner_id = actor.membership_id
    ensure_owner(ticket, actor)
    if before is None:
        clocks.happened(ticket, SlaEvent.TAKEN, actor=actor, at=at, reason=SegmentReason.ENDED)
    ticket.status = rules.status_when_taken(ticket.status)
    changes = {"owner": [before, ticket.owner_id], "status": ticket.status}
    return finish(ticket, verb="taken", actor=actor, at=at, changes=changes)


@transaction.atomic
def assign_owner(
    *, ticket_id: int, owner_id: int, actor: Actor, at: datetime, urgent: bool = False
) -> Ticket:
    """Make a member of the tenant the owner, and tell them; when `urgent`, at once if they are on call."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    member = find_member(owner_id)
    if member is None or not member.is_active:
        raise NotFound(_("Member %(id)s is not here, or no longer active.") % {"id": owner_id})
    before, ticket.owner_id = ticket.owner_id, member.pk
    ticket.status = rules.status_when_taken(ticket.status)
    if before is None:
        clocks.happened(ticket, SlaEvent.TAKEN, actor=actor, at=at, reason=SegmentReason.ENDED)
    changes = {"owner": [before, member.pk], "owner_name": str(member)}
    if before != member.pk:
        owned_by(ticket, actor, urgent=urgent)
    return finish(ticket, verb="assigned", actor=actor, at=at, changes=changes)


@transaction.atomic
def triage_ticket(*, ticket_id: int, actor: Actor, at: datetime, **changes: Any) -> Ticket:
    """Correct some of TRIAGE_FIELDS. A new priority or customer may put the clocks under another promise."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    if unknown := sorted(set(changes) - TRIAGE_FIELDS):
        raise TypeError(f"Triage does not change {', '.join(unknown)}.")
    before = {name: getattr(ticket, name) for name in changes}
    known = ticket.topic_id, ticket.site_id
    for name, value in changes.items():
        setattr(ticket, name, value)
    check_fields(ticket)
    _check_topic(ticket)
    _check_owner(ticket, before)
    whom = find_whom(ticket.customer_id, ticket.contact_id, ticket.site_id, ticket.asset_id)
    ticket.customer, ticket.contact, ticket.site = whom.customer, whom.contact, whom.site
    ticket.search_text = searchable(ticket, str(whom.customer or ""), str(whom.contact or ""))
    changed = {name: [old, getattr(ticket, name)] for name, old in before.items()}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    if "owner_id" in changed:
        owned_by(ticket, actor)
    if {"priority", "kind", "topic_id", "customer_id", "contact_id", "site_id", "asset_id"} & changed.keys():
        clocks.retarget(ticket, actor=actor, at=at)
    if (ticket.topic_id, ticket.site_id) != known and _is_field_work_known(ticket):
        journal.publish(TicketTriaged(ticket_id=ticket.pk))
    return finish(ticket, verb="triaged", actor=actor, at=at, changes=changed)


def _is_field_work_known(ticket: Ticket) -> bool:
    """Whether it says of an active ticket what is to be done, and where."""
    return ticket.status in rules.ACTIVE and ticket.topic_id is not None and ticket.site_id is not None


@transaction.atomic
def wait_ticket(
    *,
    ticket_id: int,
    waiting_for: str,
    actor: Actor,
    at: datetime,
    next_action_at: datetime | None = None,
    visit_at: datetime | None = None,
    reason: str = "",
) -> Ticket:
    """Let the ticket wait. What that pauses is said by the items of its policy.

    It wakes at `next_action_at`; `visit_at` says when the visit it waits for begins.
    """
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    if waiting_for not in WaitingFor.values:
        raise BadInput(
            _("A ticket cannot wait for “%(what)s”. Use one of: %(all)s.")
            % {"what": waiting_for, "all": ", ".join(WaitingFor.values)},
            errors={"waiting_for": [_("Not one of the choices.")]},
        )
    if ticket.status != TicketStatus.WAITING:
        rules.check_move(str(ticket), ticket.status, TicketStatus.WAITING)
    ensure_owner(ticket, actor)
    before = ticket.status
    ticket.status, ticket.waiting_for = TicketStatus.WAITING, waiting_for
    ticket.next_action_at, ticket.visit_at = next_action_at, visit_at
    clocks.follow_status(ticket, actor=actor, at=at, reason=SegmentReason.CONTINUED)
    changes = {"status": [before, ticket.status], "waiting_for": waiting_for}
    return finish(ticket, verb="waits", actor=actor, at=at, changes=changes, reason=reason)


@dataclass(frozen=True, slots=True)
class Wait:
    """When a ticket that waits for its visit wakes, and when that visit begins."""

    ticket_id: int
    next_action_at: datetime
    visit_at: datetime


@transaction.atomic
def wait_for_visits(*, waits: Sequence[Wait], actor: Actor, at: datetime) -> list[Ticket]:
    """`wait_ticket` of many tickets that wait for visits, in a fixed number of statements.

    Those that cannot wait from their state raise `IllegalTransition` for all.
    """
    given = {wait.ticket_id: wait for wait in waits}
    tickets = queries.tickets_for_update(*sorted(given))
    actor.require(permissions.WORK)
    changes = []
    for ticket in tickets:
        if ticket.status != TicketStatus.WAITING:
            rules.check_move(str(ticket), ticket.status, TicketStatus.WAITING)
        changes.append({"status": [ticket.status, TicketStatus.WAITING], "waiting_for": WaitingFor.VISIT})
    ensure_owners(tickets, actor)
    for ticket in tickets:
        ticket.status, ticket.waiting_for = TicketStatus.WAITING, WaitingFor.VISIT
        ticket.next_action_at, ticket.visit_at = given[ticket.pk].next_action_at, given[ticket.pk].visit_at
    clocks.follow_status_of(tickets, actor=actor, at=at, reason=SegmentReason.CONTINUED)
    fields = ("status", "waiting_for", "owner", "due_at")
    finish_many(tickets, verb="waits", actor=actor, at=at, changes=changes, fields=fields)
    return tickets


@transaction.atomic
def continue_ticket(*, ticket_id: int, actor: Actor, at: datetime, reason: str = "") -> Ticket:
    """End the waiting."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    rules.check_move(str(ticket), ticket.status, TicketStatus.OPEN)
    ensure_owner(ticket, actor)
    ticket.status, ticket.waiting_for, ticket.next_action_at = TicketStatus.OPEN, "", None
    clocks.follow_status(ticket, actor=actor, at=at, reason=SegmentReason.CONTINUED)
    return finish(ticket, verb="continued", actor=actor, at=at, reason=reason)


@transaction.atomic
def end_visits(
    *,
    ticket_id: int,
    is_done: bool,
    reason: str,
    actor: Actor,
    at: datetime,
    done_at: datetime | None = None,
) -> Ticket:
    """No visit of the ticket is to come any more: it is resolved where its work solved it, else it is back on the desk.
    Its owner is told either way. `reason` says what became of the work, `is_done` whether all of it is, and `done_at`
    since when."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    if _is_solved(ticket, done_at if is_done else None):
        solved_at = min(done_at or at, at)
        ticket = resolve(ticket, resolution=reason, actor=actor, at=at, solved_at=solved_at)
    elif ticket.status == TicketStatus.WAITING:
        ticket = continue_ticket(ticket_id=ticket_id, reason=reason, actor=actor, at=at)
    journal.publish(TicketVisitsEnded(ticket_id=ticket.pk, is_done=is_done, reason=reason))
    return ticket


def _is_solved(ticket: Ticket, done_at: datetime | None) -> bool:
    reopened = ticket.event_times.get(SlaEvent.REOPENED)
    return rules.is_solved_by_work(
        ticket.status,
        ticket.waiting_for,
        kind=ticket.kind,
        opened_at=datetime.fromisoformat(reopened) if reopened else ticket.opened_at,
        done_at=done_at,
        is_answered=not queries.is_unanswered(ticket),
    )


@transaction.atomic
def resolve_ticket(*, ticket_id: int, resolution: str, actor: Actor, at: datetime) -> Ticket:
    """Close the customer's problem, and stop its clocks. Reopening is a new decision: see `reopen_ticket`."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.RESOLVE, ticket)
    return resolve(ticket, resolution=resolution, actor=actor, at=at, solved_at=at)


def resolve(ticket: Ticket, *, resolution: str, actor: Actor, at: datetime, solved_at: datetime) -> Ticket:
    """`resolve_ticket` for a ticket that is locked already, whoever caused it; its clocks stop at `solved_at`."""
    rules.check_move(str(ticket), ticket.status, TicketStatus.RESOLVED)
    ensure_owner(ticket, actor)
    before = ticket.status
    ticket.status, ticket.waiting_for = TicketStatus.RESOLVED, ""
    ticket.resolution = resolution.strip()
    ticket.resolved_at, ticket.resolved_by = solved_at, actor.label[:200] or actor.kind
    ticket.next_action_at = None
    clocks.happened(ticket, SlaEvent.RESOLVED, actor=actor, at=solved_at, reason=SegmentReason.RESOLVED)
    return finish(
        ticket,
        verb="resolved",
        actor=actor,
        at=at,
        changes={"status": [before, ticket.status]},
        reason=ticket.resolution,
        event=TicketResolved(ticket_id=ticket.pk),
    )


@transaction.atomic
def close_ticket(*, ticket_id: int, actor: Actor, at: datetime) -> Ticket:
    """File a resolved ticket."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.RESOLVE, ticket)
    rules.check_move(str(ticket), ticket.status, TicketStatus.CLOSED)
    ticket.status = TicketStatus.CLOSED
    clocks.happened(ticket, SlaEvent.CLOSED, actor=actor, at=at, reason=SegmentReason.ENDED)
    return finish(ticket, verb="closed", actor=actor, at=at)


@transaction.atomic
def reopen_ticket(*, ticket_id: int, reason: str, actor: Actor, at: datetime) -> Ticket:
    """Take a solved problem up again. The resolution clock goes on from what it had used."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    return reopen(ticket, reason=reason, actor=actor, at=at)


def reopen(ticket: Ticket, *, reason: str, actor: Actor, at: datetime) -> Ticket:
    """`reopen_ticket` for a ticket that is locked already, whoever caused it."""
    rules.check_move(str(ticket), ticket.status, TicketStatus.REOPENED)
    ensure_owner(ticket, actor)
    before = ticket.status
    ticket.status, ticket.resolved_at, ticket.resolved_by = TicketStatus.REOPENED, None, ""
    ticket.reopened_count += 1
    clocks.restart(ticket, actor=actor, at=at)
    clocks.happened(ticket, SlaEvent.REOPENED, actor=actor, at=at, reason=SegmentReason.ENDED)
    return finish(
        ticket,
        verb="reopened",
        actor=actor,
        at=at,
        changes={"status": [before, ticket.status]},
        reason=reason,
        event=TicketReopened(ticket_id=ticket.pk),
    )


@transaction.atomic
def mark_spam(*, ticket_id: int, actor: Actor, at: datetime) -> Ticket:
    """Nobody's need: the clocks are dropped and the ticket leaves the queue."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    rules.check_move(str(ticket), ticket.status, TicketStatus.SPAM)
    ticket.status, ticket.waiting_for, ticket.next_action_at = TicketStatus.SPAM, "", None
    clocks.drop(ticket, actor=actor, at=at)
    return finish(ticket, verb="marked_spam", actor=actor, at=at)


def _check_owner(ticket: Ticket, before: dict[str, Any]) -> None:
    """A new owner is one of ours and makes a new ticket an open one; an owner is never taken away."""
    if "owner_id" not in before or ticket.owner_id == before["owner_id"]:
        return
    if ticket.owner_id is None:
        ticket.owner_id = before["owner_id"]
        return
    member = find_member(ticket.owner_id)
    if member is None or not member.is_active:
        raise NotFound(_("Member %(id)s is not here, or no longer active.") % {"id": ticket.owner_id})
    ticket.status = rules.status_when_taken(ticket.status)


def _check_topic(ticket: Ticket) -> None:
    if ticket.topic_id is not None and not Topic.objects.filter(pk=ticket.topic_id).exists():
        raise NotFound(_("Topic %(id)s is not here.") % {"id": ticket.topic_id})
