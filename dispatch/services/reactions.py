"""What rules make of things that happen: visits called off, ended or planned, parts that arrive."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.enums import Permission
from dispatch import queries
from dispatch.enums import OfferStatus, RuleEvent, RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRule, DispatchRun, Offer, Visit, WorkOrder, WorkOrderPart
from dispatch.rules import OCCUPYING
from dispatch.services.auto import dispatch_new_work, fire
from dispatch.services.offers import withdraw_needless_offers
from dispatch.services.timers import await_shares
from dispatch.services.waiting import follow_tickets
from inventory.models import Part
from tenants.actors import Actor
from tickets.enums import WaitingFor

LOOKS_AHEAD = timedelta(hours=36)
"""How far the next visit may lie that is sent when one ends: the rest of the day, and the next morning."""


@transaction.atomic
def meet_new_work(*, work_order_ids: Collection[int], actor: Actor, at: datetime) -> list[DispatchRun]:
    """Plan work that just appeared; what is still unplanned then, let the rules watch its clock."""
    runs = dispatch_new_work(work_order_ids=work_order_ids, actor=actor, at=at)
    planned = {run.work_order_id for run in runs if run.outcome == RunOutcome.ASSIGNED}
    if waiting := set(work_order_ids) - planned:
        await_shares(work_order_ids=waiting, actor=actor, at=at)
    return runs


@transaction.atomic
def meet_planned_visits(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> None:
    """What was still offered of their work is taken back; the tickets wait for the visits."""
    actor.require(Permission.VISIT_PLAN)
    offered = Offer.objects.filter(work_order__visits__in=visit_ids, status=OfferStatus.OFFERED)
    for work_order_id in offered.order_by("work_order_id").values_list("work_order_id", flat=True).distinct():
        withdraw_needless_offers(work_order_id=work_order_id, actor=actor, at=at)
    tickets = WorkOrder.objects.filter(visits__in=visit_ids, ticket__isnull=False).order_by()
    follow_tickets(set(tickets.values_list("ticket_id", flat=True)), at=at)


@transaction.atomic
def meet_cancelled_visit(*, visit_id: int, actor: Actor, at: datetime) -> DispatchRun | None:
    """Tell the rules that a visit was called off, when its work waits again."""
    actor.require(Permission.VISIT_PLAN)
    visit = queries.visits().filter(pk=visit_id).first()
    if visit is None:
        return None
    run = fire(
        event=RuleEvent.VISIT_CANCELLED,
        work_order_id=visit.work_order_id,
        event_facts={"reason": visit.end_reason},
        visit_id=visit.pk,
        actor=actor,
        at=at,
    )
    if run is None or run.outcome != RunOutcome.ASSIGNED:
        await_shares(work_order_ids=[visit.work_order_id], actor=actor, at=at)
    withdraw_needless_offers(work_order_id=visit.work_order_id, actor=actor, at=at)
    return run


@transaction.atomic
def meet_ended_visit(*, visit_id: int, actor: Actor, at: datetime) -> DispatchRun | None:
    """Tell the rules that a visit ended: drip feed sends the engineer's next one, when nothing is under way."""
    actor.require(Permission.VISIT_PLAN)
    visit = queries.visits().filter(pk=visit_id).first()
    following = _next_draft(visit, at) if visit is not None else None
    if visit is None or following is None:
        return None
    return fire(
        event=RuleEvent.VISIT_ENDED,
        work_order_id=following.work_order_id,
        event_facts={"reason": visit.end_reason, "next_visit_id": following.pk},
        visit_id=visit.pk,
        actor=actor,
        at=at,
    )


def _next_draft(visit: Visit, at: datetime) -> Visit | None:
    """The engineer's next planned, unsent visit; None while another one is sent or under way."""
    coming = Visit.objects.filter(
        engineer_id=visit.engineer_id,
        status__in=OCCUPYING,
        end_at__gt=at - LOOKS_AHEAD,
        start_at__lt=at + LOOKS_AHEAD,
    )
    if coming.exclude(status=VisitStatus.SCHEDULED).exists():
        return None
    return coming.order_by("start_at", "id").first()


@transaction.atomic
def meet_arrived_part(*, part_id: int, actor: Actor, at: datetime) -> list[DispatchRun]:
    """Tell the rules that a part came in, for each unplanned work order that waits for it."""
    actor.require(Permission.VISIT_PLAN)
    if not DispatchRule.objects.filter(event=RuleEvent.PART_ARRIVED, is_enabled=True).exists():
        return []
    part = Part.objects.filter(pk=part_id).first()
    if part is None:
        return []
    waiting = _waiting_for(part)
    # All of it before the first takes its turn at parts: who plans another one by hand holds that, and waits for us.
    list(WorkOrder.objects.select_for_update().filter(pk__in=waiting).order_by("id").values_list("id"))
    runs = [
        fire(
            event=RuleEvent.PART_ARRIVED,
            work_order_id=work_order_id,
            event_facts={"part": part.code},
            actor=actor,
            at=at,
        )
        for work_order_id in waiting
    ]
    return [run for run in runs if run is not None]


_NOT_IN_WORD = r"(%s[^A-Za-z0-9_-])%s([^A-Za-z0-9_-]%s)"
"""A code that is no piece of a longer word. Chinese and Japanese write no space before or after it."""


def _waiting_for(part: Part) -> list[int]:
    """Unplanned work that is expected to take the part, whose ticket waits for parts or whose last visit lacked
    this one, told by its code."""
    waits = Q(ticket__waiting_for=WaitingFor.PARTS, work_order_parts=None)
    waits |= Q(pk__in=WorkOrderPart.objects.filter(part=part).values("work_order_id"))
    waits |= Q(follow_up_reason__iregex=_NOT_IN_WORD % (r"^|", re.escape(part.code), r"|$"))
    found = WorkOrder.objects.filter(waits, status=WorkOrderStatus.UNSCHEDULED)
    return list(found.order_by("priority", "id").values_list("pk", flat=True))
