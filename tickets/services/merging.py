"""Two tickets of one problem become one, and may become two again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries, rules
from tickets.enums import Direction, MessageKind, SegmentReason, TicketStatus
from tickets.events import TicketMerged, TicketUnmerged
from tickets.models import Ticket, TicketMessage
from tickets.services import clocks
from tickets.services.carrying import carry_clocks, resume_clocks
from tickets.services.common import ensure_owner, finish
from tickets.services.conversation import send_to_customer

_WHOM = ("customer_id", "contact_id", "site_id", "asset_id")


@transaction.atomic
def merge_tickets(
    *,
    source_id: int,
    target_id: int,
    actor: Actor,
    at: datetime,
    reason: str = "",
    tell_customer: bool = False,
    across_customers: bool = False,
) -> Ticket:
    """Let the conversation of the source go on in the target; returns the target.

    Messages stay where they were written and show in one timeline. What the source's clocks used counts for
    the
    target; the more urgent priority holds; what only the source knows (whom, where, topic) the target learns.
    Mail to the source reaches the target from now on. Customers that differ need `across_customers`.
    """
    if source_id == target_id:
        raise BadInput(_("A ticket cannot be merged into itself. Choose another one."))
    source, target = queries.tickets_for_update(source_id, target_id)
    actor.require(permissions.WORK, source)
    _check_merge(source, target, across_customers)
    if tell_customer:
        _tell_customer(source, target, actor=actor, at=at)
    _close_source(source, target, actor=actor, at=at, reason=reason)
    _learn_from(source, target, actor=actor, at=at)
    ensure_owner(target, actor)
    _go_on(source, target, actor=actor, at=at)
    changes = {"merged": str(source), "ticket": source.pk}
    event = TicketMerged(ticket_id=target.pk, source_id=source.pk)
    return finish(target, verb="absorbed", actor=actor, at=at, changes=changes, reason=reason, event=event)


@transaction.atomic
def unmerge_ticket(*, ticket_id: int, actor: Actor, at: datetime, reason: str = "") -> Ticket:
    """Let a merged ticket stand for itself again, with its own messages and clocks.

    What its target counted and learned stays there; messages that came since then stay in the target too.
    """
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    if ticket.status != TicketStatus.MERGED or ticket.merged_into is None:
        raise Conflict(_("%(ticket)s is not merged; nothing was changed.") % {"ticket": ticket})
    target, ticket.merged_into = ticket.merged_into, None
    ticket.status = TicketStatus.OPEN
    ensure_owner(ticket, actor)
    resume_clocks(ticket, actor=actor, at=at)
    event = TicketUnmerged(ticket_id=ticket.pk, target_id=target.pk)
    changes = {"unmerged": str(target)}
    return finish(ticket, verb="unmerged", actor=actor, at=at, changes=changes, reason=reason, event=event)


def _check_merge(source: Ticket, target: Ticket, across_customers: bool) -> None:
    rules.check_move(str(source), source.status, TicketStatus.MERGED)
    if target.status == TicketStatus.MERGED:
        raise Conflict(
            _("%(ticket)s was itself merged into %(target)s. Choose %(target)s instead.")
            % {"ticket": target, "target": target.merged_into}
        )
    if target.status not in rules.ACTIVE:
        raise Conflict(
            _("%(ticket)s is “%(state)s”: nobody works on it. Reopen it first, or choose an open ticket.")
            % {"ticket": target, "state": target.get_status_display()}
        )
    both = {source.customer_id, target.customer_id} - {None}
    if len(both) > 1 and not across_customers:
        raise Conflict(
            _(
                "%(source)s and %(target)s are of different customers. Say that it is meant, or"
                " correct one first."
            )
            % {"source": source, "target": target},
            code="different_customers",
        )


def _close_source(source: Ticket, target: Ticket, *, actor: Actor, at: datetime, reason: str) -> None:
    before = source.status
    carry_clocks(source, target, actor=actor, at=at)
    source.status, source.merged_into = TicketStatus.MERGED, target
    source.waiting_for, source.next_action_at = "", None
    changes = {"status": [before, source.status], "into": str(target)}
    finish(source, verb="merged", actor=actor, at=at, changes=changes, reason=reason)


def _learn_from(source: Ticket, target: Ticket, *, actor: Actor, at: datetime) -> None:
    """Take what the target does not know, and the more urgent priority with its promise."""
    if target.customer_id in (None, source.customer_id):
        for name in _WHOM:
            if getattr(target, name) is None:
                setattr(target, name, getattr(source, name))
    target.topic_id = target.topic_id or source.topic_id
    answers = [when for when in (source.first_response_at, target.first_response_at) if when is not None]
    target.first_response_at = min(answers, default=None)
    if source.priority < target.priority:
        target.priority = source.priority
        clocks.retarget(target, actor=actor, at=at)


def _go_on(source: Ticket, target: Ticket, *, actor: Actor, at: datetime) -> None:
    """A target that waited for the customer has heard of them, when the source's words are newer"
    " than its own."""
    theirs = source.messages.filter(direction=Direction.INBOUND).order_by("at").last()
    ours = target.messages.filter(direction=Direction.OUTBOUND, kind=MessageKind.PUBLIC).order_by("at").last()
    if theirs is None or (ours is not None and ours.at > theirs.at):
        return
    wanted = rules.status_after_reply(target.status, target.waiting_for)
    if wanted != target.status:
        target.status, target.waiting_for, target.next_action_at = wanted, "", None
        clocks.follow_status(target, actor=actor, at=at, reason=SegmentReason.CUSTOMER_REPLIED)


def _tell_customer(source: Ticket, target: Ticket, *, actor: Actor, at: datetime) -> None:
    """Say once, in the customer's language and in the source's thread, where it goes on."""
    with translation.override(source.language or translation.get_language() or "en"):
        body = _(
            "Your requests %(source)s and %(target)s are about the same problem, so we go on with both as"
            " %(target)s. You need not do anything; answers to either reach us."
        ) % {"source": source, "target": target}
    message = TicketMessage.objects.create(
        ticket=source,
        direction=Direction.OUTBOUND,
        channel=source.channel,
        author_label=actor.label[:200],
        author_id=actor.membership_id,
        body=body,
        language=source.language,
        at=at,
    )
    send_to_customer(source, message, actor, at)
    journal.record(actor=actor, verb="told", thing=message, at=at, changes={"ticket": source.pk})
