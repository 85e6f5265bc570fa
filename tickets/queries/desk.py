"""What the desk works with: drafts, canned replies, sub-states, who is at a ticket and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import (
    Case,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.utils.translation import gettext as _

from accounts.models import Membership
from core.errors import NotFound
from tenants.actors import Actor
from tickets.models import CannedReply, Draft, Sitting, SubState, Ticket

STALE = timedelta(seconds=40)
"""Somebody not heard of for so long is no longer at the ticket."""

MOST_OFFERED = 30


def find_draft(ticket: Ticket, actor: Actor) -> Draft | None:
    """What this person began to write to the ticket, or None."""
    if actor.membership_id is None:
        return None
    return Draft.objects.filter(ticket=ticket, member_id=actor.membership_id).exclude(body="").first()


def canned_replies() -> QuerySet[CannedReply]:
    """Every canned reply, also those no longer offered, by title."""
    return CannedReply.objects.select_related("topic").order_by("title", "id")


def get_canned_reply(reply_id: int) -> CannedReply:
    """The canned reply; raises NotFound."""
    found = canned_replies().filter(pk=reply_id).first()
    if found is None:
        raise NotFound(_("Canned reply %(id)s is not here.") % {"id": reply_id})
    return found


def canned_replies_for(ticket: Ticket) -> list[CannedReply]:
    """What fits an answer to this ticket: the customer's language first, then its topic, then what is used most."""
    tongue = Case(
        When(language=ticket.language, then=Value(0)),
        When(language="", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    topic = Case(
        When(topic_id=ticket.topic_id or 0, then=Value(0)),
        When(topic=None, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = CannedReply.objects.filter(is_active=True).order_by(tongue, topic, "-used_count", "title", "id")
    return list(found[:MOST_OFFERED])


def sub_states() -> QuerySet[SubState]:
    """The tenant's own labels within states, in their order."""
    return SubState.objects.order_by("status", "position", "id")


def sub_states_for(status: str) -> list[SubState]:
    """The labels that a ticket in this state may carry."""
    return list(sub_states().filter(status=status, is_active=True))


def get_sub_state(sub_state_id: int) -> SubState:
    """The label; raises NotFound."""
    found = SubState.objects.filter(pk=sub_state_id).first()
    if found is None:
        raise NotFound(_("Sub-state %(id)s is not here.") % {"id": sub_state_id})
    return found


def others_at(ticket_id: int, actor: Actor, at: datetime) -> list[Sitting]:
    """Who else has the ticket open now, those who write first."""
    rows = Sitting.objects.select_related("member").filter(ticket_id=ticket_id, seen_at__gt=at - STALE)
    latest: dict[int, Sitting] = {}
    for sitting in rows.exclude(member_id=actor.membership_id or 0).order_by("seen_at"):
        latest[sitting.member_id] = sitting
    return sorted(latest.values(), key=lambda one: (not one.is_writing, one.member.name, one.pk))


def handling_time(ticket: Ticket) -> timedelta:
    """How long people had the ticket open, all together."""
    span = ExpressionWrapper(F("seen_at") - F("from_at"), output_field=DurationField())
    found = Sitting.objects.filter(ticket=ticket).aggregate(total=Sum(span))["total"]
    return found or timedelta()


def colleagues() -> list[tuple[int, str, str]]:
    """Active people as (membership id, name, e-mail address) by name: who may be mentioned."""
    rows = Membership.objects.filter(is_active=True).order_by("name", "id")
    return list(rows.values_list("pk", "name", "user__email"))
