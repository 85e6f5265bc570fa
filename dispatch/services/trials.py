"""Trying a rule on what happened lately: what it would do now, and why not, without writing anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from accounts.enums import Permission
from dispatch import expressions, queries
from dispatch.enums import RuleEvent, RunOutcome, VisitStatus
from dispatch.models import DispatchRule, Visit, WorkOrder
from dispatch.queries.facts import Occasion, facts_for
from dispatch.rules import OCCUPYING
from dispatch.services.choosing import walk
from dispatch.services.rulebook import Choice, Ground
from dispatch.services.rules import FIELDS, check_rule
from tenants.actors import Actor

TRIED = 20


@dataclass(slots=True)
class Trial:
    """What a rule would make of one work order. `why` is a code of `reasons.no_rule` when it does not apply."""

    work_order: WorkOrder
    outcome: str
    why: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)
    engineers: list[str] = field(default_factory=list)
    start_at: datetime | None = None


def try_rule(*, actor: Actor, at: datetime, **facts: Any) -> list[Trial]:
    """What a rule of these facts (see `create_rule`) would do now with the last 20 work orders or visits that
    its event happened to, newest first; each as if it were still to be planned.

    Nothing is written: the database refuses it. Raises `BadInput` as `create_rule` does.
    """
    actor.require(Permission.RULE_EDIT)
    rule = DispatchRule(**{name: value for name, value in facts.items() if name in FIELDS})
    check_rule(rule)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
        found = [_try_one(rule, order, occasion, at) for order, occasion in _lately(rule, at)]
        transaction.set_rollback(True)
    return found


def _try_one(rule: DispatchRule, work_order: WorkOrder, occasion: Occasion, at: datetime) -> Trial:
    used = expressions.names_in(expressions.as_text(rule.conditions, rule.expression))
    facts = facts_for(used, work_order, occasion, at)
    if why := expressions.why_not(rule.conditions, rule.expression, facts):
        return Trial(work_order, RunOutcome.NO_RULE, why)
    ground = Ground(at, rule.horizon_days, {work_order.site_id}, queries.part_ids_of([work_order]))
    ground.without({visit.pk for visit in work_order.visits.all()})
    return _told(walk(work_order, rule, ground, first=0, occasion=occasion, at=at))


def _told(choice: Choice) -> Trial:
    chosen = choice.explanation.get("chosen") or {}
    names = [str(chosen["name"])] if chosen and choice.outcome == RunOutcome.ASSIGNED else []
    if choice.offers:
        names = [str(offer.provider or offer.engineer) for offer in choice.offers]
    if choice.outcome == RunOutcome.SENT and choice.visit is not None:
        names = [choice.visit.engineer.name]
    starts = choice.visit.start_at if choice.visit else None
    return Trial(choice.work_order, choice.outcome, "", choice.explanation, names, starts)


def _lately(rule: DispatchRule, at: datetime) -> list[tuple[WorkOrder, Occasion]]:
    """The last work orders that the rule's event happened to, with what happened."""
    orders = queries.work_orders().order_by("-id")
    facts = {key: value for key, value in rule.event_facts.items() if key in ("percent", "minutes")}
    match rule.event:
        case RuleEvent.ENGINEER_LATE:
            bound = timedelta(minutes=int(rule.event_facts.get("minutes", 0)))
            late = Visit.objects.filter(arrived_at__gt=F("start_at") + bound)
            return _visits(rule, late.order_by("-arrived_at"), facts)
        case RuleEvent.VISIT_CANCELLED:
            return _visits(rule, Visit.objects.filter(status=VisitStatus.CANCELLED).order_by("-ended_at"), {})
        case RuleEvent.VISIT_ENDED:
            return _ended(rule)
        case RuleEvent.SCHEDULE:
            orders = queries.tray()
        case RuleEvent.SLA_SHARE:
            orders = orders.exclude(ticket=None, promised_end_at=None)
        case RuleEvent.PART_ARRIVED:
            orders = orders.exclude(follow_up_reason="", ticket__waiting_for="")
    return [(order, Occasion(rule.event, facts)) for order in orders[:TRIED]]


def _visits(
    rule: DispatchRule, found: QuerySet[Visit], facts: dict[str, Any]
) -> list[tuple[WorkOrder, Occasion]]:
    visits = list(found.select_related("engineer")[:TRIED])
    orders = queries.work_orders().in_bulk([visit.work_order_id for visit in visits])
    return [(orders[visit.work_order_id], Occasion(rule.event, facts, visit)) for visit in visits]


def _ended(rule: DispatchRule) -> list[tuple[WorkOrder, Occasion]]:
    """Ended visits, each with the engineer's visit that came after it."""
    ended = Visit.objects.filter(status=VisitStatus.DONE).select_related("engineer").order_by("-ended_at")
    found = []
    for visit in ended[:TRIED]:
        later = Visit.objects.filter(
            engineer_id=visit.engineer_id, status__in=OCCUPYING, start_at__gte=visit.end_at
        )
        following = later.order_by("start_at").first()
        if following is not None:
            facts = {"next_visit_id": following.pk, "reason": visit.end_reason}
            order = queries.get_work_order(following.work_order_id)
            found.append((order, Occasion(rule.event, facts, visit)))
    return found
