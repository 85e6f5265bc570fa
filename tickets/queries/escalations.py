"""Reads of escalations: what a policy does, and whom that means at a given time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership
from core.errors import NotFound
from notices import queries as notices
from tickets.enums import EscalationWhom
from tickets.models import Escalation, SlaClock, Ticket
from tickets.rules import ACTIVE


def escalations_of(policy_id: int) -> QuerySet[Escalation]:
    """What the policy does when its promises are at risk or broken, in the order in which it was said."""
    return Escalation.objects.filter(policy_id=policy_id).select_related("role", "member").order_by("id")


def escalations_for(clock: SlaClock, moment: str) -> list[Escalation]:
    """What is to be done for this clock at this moment."""
    named = Q(item_code="") | Q(item_code=clock.code)
    return list(escalations_of(clock.policy_id).filter(named, moment=moment))


def escalation_for_update(escalation_id: int, policy_id: int) -> Escalation:
    """One act of this policy, locked. Raises `NotFound`."""
    found = Escalation.objects.select_for_update(of=("self",)).select_related("policy")
    escalation = found.filter(pk=escalation_id, policy_id=policy_id).first()
    if escalation is None:
        raise NotFound(_("This policy has no such escalation. Look at its list."))
    return escalation


def people_meant(escalation: Escalation, ticket: Ticket, at: datetime) -> list[Membership]:
    """The active people an escalation means at this instant, the least busy first; may be nobody."""
    if escalation.whom == EscalationWhom.ON_CALL:
        ids = [member.pk for member in notices.on_call_at(at)]
    elif escalation.whom == EscalationWhom.OWNER:
        ids = [ticket.owner_id] if ticket.owner_id else []
    elif escalation.whom == EscalationWhom.MEMBER:
        ids = [escalation.member_id] if escalation.member_id else []
    else:
        held = Membership.objects.filter(role=escalation.role)
        ids = list(held.values_list("pk", flat=True))
    load = Count("tickets", filter=Q(tickets__status__in=ACTIVE))
    active = Membership.objects.filter(pk__in=ids, is_active=True, user__is_active=True)
    return list(active.annotate(load=load).order_by("load", "id"))
