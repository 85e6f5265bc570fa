"""What rules and offers wait for: rows with a time, set here and carried out once when they are due."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, time

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.enums import Permission
from core.clock import now
from dispatch import queries
from dispatch.enums import RuleEvent, TimerKind, WorkOrderStatus
from dispatch.models import DispatchRule, DispatchRun, DispatchTimer, WorkOrder
from dispatch.occurrences import next_occurrence
from dispatch.services.arming import forget_timers, hold_work
from dispatch.services.auto import auto_dispatch_open, fire
from dispatch.services.consents import expire_consent
from dispatch.services.lateness import await_all_arrivals, look_whether_late
from dispatch.services.offers import expire_offer
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets.enums import SlaKpi
from tickets.queries.clocks import share_reached_at

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
CLOCKWORK = Actor.system("auto-dispatch")


def fire_due_timers(*, limit: int = 200) -> int:
    """Claim timers of every tenant whose time has come, and carry each out exactly once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease, and a timer is marked as
    done in the transaction of its effect. Returns how many were claimed.
    """
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_dispatch_timers(%s, %s::interval, %s)",
            [limit, f"{LEASE_SECONDS} s", at],
        )
        claimed: list[tuple[int, int]] = sorted(cursor.fetchall())
    for tenant_id, timer_id in claimed:
        try:
            with tenant_active(tenant_id):
                _carry_out(timer_id, at)
        except Exception:  # One broken timer must not keep the others from firing; its lease runs out.
            log.exception("timer failed", extra={"tenant_id": tenant_id, "timer_id": timer_id})
    return len(claimed)


def _carry_out(timer_id: int, at: datetime) -> None:
    # The work order is locked before its timers, as everything that plans does; a rule before its own.
    about = DispatchTimer.objects.filter(pk=timer_id).annotate(
        about_id=Coalesce(
            "work_order_id",
            "visit__work_order_id",
            "offer__work_order_id",
            "consent__visit__work_order_id",
        )
    )
    work_order_id, rule_id = about.values_list("about_id", "rule_id").first() or (None, None)
    if work_order_id:
        queries.work_order_for_update(work_order_id)
    elif rule_id:
        queries.rule_for_update(rule_id)
    waiting = DispatchTimer.objects.select_for_update(of=("self",)).select_related(
        "rule", "visit", "work_order"
    )
    timer = waiting.filter(pk=timer_id, done_at=None, due_at__lte=at).first()
    if timer is None:
        return
    _ACTS[TimerKind(timer.kind)](timer, at)
    DispatchTimer.objects.filter(pk=timer_id, done_at=None, due_at__lte=at).update(done_at=at)


def _offer_expires(timer: DispatchTimer, at: datetime) -> None:
    if timer.offer_id is not None:
        expire_offer(offer_id=timer.offer_id, actor=CLOCKWORK, at=at)


def _consent_expires(timer: DispatchTimer, at: datetime) -> None:
    if timer.consent_id is not None:
        expire_consent(consent_id=timer.consent_id, actor=CLOCKWORK, at=at)


def _rule_runs(timer: DispatchTimer, at: datetime) -> None:
    rule = timer.rule
    if rule is None or not rule.is_enabled:
        return
    if rule.event == RuleEvent.SCHEDULE:
        timer.done_at = at
        timer.save(update_fields=["done_at"])
        auto_dispatch_open(actor=CLOCKWORK, at=at, event=RuleEvent.SCHEDULE, rule_id=rule.pk)
        _arm_next(rule, at)
    elif rule.event == RuleEvent.SLA_SHARE and timer.work_order is not None:
        _share_reached(timer, rule, timer.work_order, at)
    elif rule.event == RuleEvent.SLA_SHARE:
        _arm_shares(WorkOrder.objects.all(), [rule])
    elif rule.event == RuleEvent.ENGINEER_LATE:
        await_all_arrivals(rule, at)


def _share_reached(timer: DispatchTimer, rule: DispatchRule, work_order: WorkOrder, at: datetime) -> None:
    """The clock may have been paused or given more time since the timer was set."""
    due = _share_at(work_order, rule)
    if due is not None and due > at:
        DispatchTimer.objects.filter(pk=timer.pk).update(due_at=due, leased_until=None)
    elif due is not None:
        facts = {"percent": int(rule.event_facts.get("percent", 0))}
        fire(
            event=RuleEvent.SLA_SHARE,
            work_order_id=work_order.pk,
            event_facts=facts,
            rule_id=rule.pk,
            actor=CLOCKWORK,
            at=at,
        )


def _engineer_late(timer: DispatchTimer, at: datetime) -> None:
    look_whether_late(timer, actor=CLOCKWORK, at=at)


_ACTS = {
    TimerKind.OFFER_EXPIRES: _offer_expires,
    TimerKind.CONSENT_EXPIRES: _consent_expires,
    TimerKind.RULE_RUNS: _rule_runs,
    TimerKind.ENGINEER_LATE: _engineer_late,
}


def arm_rule(rule: DispatchRule, at: datetime) -> None:
    """Let the clock wait for what this rule waits for, and for nothing it no longer does."""
    forget_timers(DispatchTimer.objects.filter(rule=rule))
    if not rule.is_enabled:
        return
    if rule.event == RuleEvent.SCHEDULE:
        _arm_next(rule, at)
    elif rule.event in (RuleEvent.SLA_SHARE, RuleEvent.ENGINEER_LATE):
        # All the work there is may be much: a worker sets its timers.
        DispatchTimer.objects.create(kind=TimerKind.RULE_RUNS, rule=rule, due_at=at)


def _arm_next(rule: DispatchRule, at: datetime) -> None:
    facts = rule.event_facts
    at_time = time.fromisoformat(str(facts.get("time", "06:00")))
    due = next_occurrence(at_time, facts.get("weekdays") or (), current_tenant().zone, at)
    DispatchTimer.objects.create(kind=TimerKind.RULE_RUNS, rule=rule, due_at=due)


@transaction.atomic
def await_shares(
    *, actor: Actor, at: datetime, work_order_ids: Collection[int] = (), ticket_ids: Collection[int] = ()
) -> None:
    """Set the timers of rules that act when an SLA clock of this work, or of these tickets, has used a share."""
    actor.require(Permission.VISIT_PLAN)
    rules = _enabled(RuleEvent.SLA_SHARE)
    if not rules:
        return
    chosen = Q(pk__in=work_order_ids) | Q(ticket_id__in=ticket_ids)
    _arm_shares(WorkOrder.objects.filter(chosen), rules)


def _enabled(event: str) -> list[DispatchRule]:
    return list(queries.dispatch_rules().filter(event=event, is_enabled=True))


def _arm_shares(work_orders: QuerySet[WorkOrder], rules: list[DispatchRule]) -> None:
    ids = [rule.pk for rule in rules]
    acted = DispatchRun.objects.filter(rule_id__in=ids, event=RuleEvent.SLA_SHARE)
    waiting = work_orders.filter(status=WorkOrderStatus.UNSCHEDULED).order_by("id")
    hold_work(waiting.values_list("pk", flat=True))
    found = list(waiting)
    forget_timers(DispatchTimer.objects.filter(work_order__in=found, rule_id__in=ids))
    for work_order in found:
        fired = set(acted.filter(work_order=work_order).values_list("rule_id", flat=True))
        dues = {rule: _share_at(work_order, rule) for rule in rules if rule.pk not in fired}
        DispatchTimer.objects.bulk_create(
            DispatchTimer(kind=TimerKind.RULE_RUNS, rule=rule, work_order=work_order, due_at=due)
            for rule, due in dues.items()
            if due is not None
        )


def _share_at(work_order: WorkOrder, rule: DispatchRule) -> datetime | None:
    """When the share is used: by the ticket's clock, else of the time from the making to the promise."""
    percent = int(rule.event_facts.get("percent", 0))
    if work_order.ticket_id is not None:
        kpi = str(rule.event_facts.get("kpi") or SlaKpi.ARRIVAL)
        return share_reached_at(work_order.ticket_id, kpi, percent)
    if work_order.promised_end_at is None:
        return None
    return work_order.created_at + (work_order.promised_end_at - work_order.created_at) * percent / 100
