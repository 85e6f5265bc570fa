"""Rules that act when an engineer will be late: a timer row for each rule and visit, looked at when it may be so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.enums import Permission
from dispatch import queries
from dispatch.enums import RuleEvent, TimerKind
from dispatch.models import DispatchRule, DispatchRun, DispatchTimer, Visit
from dispatch.outlook import Outlook
from dispatch.services.arming import forget_timers, hold_work
from dispatch.services.auto import fire
from dispatch.services.choosing import NOT_YET_THERE
from tenants.actors import Actor

AT_ONCE = 200
"""Visits whose timers are set together."""
A_DAY = timedelta(days=1)
Place = tuple[int, datetime]
"""An engineer's id, and when a visit of theirs begins."""


@transaction.atomic
def await_arrivals(
    *, visit_ids: Collection[int], actor: Actor, at: datetime, left: Collection[Place] = ()
) -> None:
    """Set the timers of rules that act when the engineers of these visits will be late, and anew those of the visits
    that the same engineers go to next, and those whom visits `left`. In a transaction of its own: see `arming`."""
    actor.require(Permission.VISIT_PLAN)
    rules = list(queries.dispatch_rules().filter(event=RuleEvent.ENGINEER_LATE, is_enabled=True))
    if rules:
        ids = {*visit_ids, *_next_ones(visit_ids, left)}
        _arm_all(Visit.objects.filter(pk__in=ids), rules)


def await_all_arrivals(rule: DispatchRule, at: datetime) -> None:
    """Set the timers of one rule for every visit that was sent and at which nobody is late by it already."""
    _arm_all(Visit.objects.filter(start_at__gt=at - _allowed(rule)), [rule])


def _next_ones(visit_ids: Collection[int], left: Collection[Place]) -> list[int]:
    """Visits with a timer that engineers go to within a day after these: they may set out from elsewhere now."""
    rows = [*left, *Visit.objects.filter(pk__in=visit_ids).values_list("engineer_id", "start_at")]
    if not rows:
        return []
    starts = [start for _engineer, start in rows]
    waiting = DispatchTimer.objects.filter(
        kind=TimerKind.ENGINEER_LATE,
        done_at=None,
        visit__engineer_id__in={engineer_id for engineer_id, _start in rows},
        visit__start_at__gt=min(starts),
        visit__start_at__lt=max(starts) + A_DAY,
    )
    return list(waiting.order_by().values_list("visit_id", flat=True).distinct())


def _arm_all(visits: QuerySet[Visit], rules: Collection[DispatchRule]) -> None:
    """Set the timers of these rules anew for visits at which somebody is still awaited, but not where a rule has been
    told already."""
    awaited = visits.filter(status__in=NOT_YET_THERE, arrived_at=None).order_by("id")
    hold_work(awaited.order_by().values_list("work_order_id", flat=True))
    found = list(awaited)
    forget_timers(DispatchTimer.objects.filter(visit__in=[visit.pk for visit in found], rule__in=rules))
    for first in range(0, len(found), AT_ONCE):
        _arm(found[first : first + AT_ONCE], rules)


def _arm(visits: Sequence[Visit], rules: Collection[DispatchRule]) -> None:
    known = queries.outlooks(visits)
    told = _told([visit.work_order_id for visit in visits])
    DispatchTimer.objects.bulk_create(
        (
            DispatchTimer(
                kind=TimerKind.ENGINEER_LATE,
                rule=rule,
                visit=visit,
                due_at=known[visit.pk].late_from(_allowed(rule)),
            )
            for visit in visits
            for rule in rules
            if visit.pk in known and _key(visit, rule) not in told
        ),
        ignore_conflicts=True,
    )


def _told(work_order_ids: Collection[int]) -> set[tuple[Any, ...]]:
    """Which rules were told of which visits at which planned starts: as `_key`."""
    runs = DispatchRun.objects.filter(work_order_id__in=work_order_ids, event=RuleEvent.ENGINEER_LATE)
    rows = runs.values_list("inputs__visit_id", "inputs__planned", "inputs__told_rule")
    return set(rows)


def _key(visit: Visit, rule: DispatchRule) -> tuple[int, str, int]:
    return visit.pk, visit.start_at.isoformat(), rule.pk


def look_whether_late(timer: DispatchTimer, *, actor: Actor, at: datetime) -> None:
    """Fire the timer's rule when the engineer will be late, else wait until that may be so. The timer and the work
    order are locked."""
    visit, rule = timer.visit, timer.rule
    if visit is None or rule is None or not rule.is_enabled:
        return
    if visit.status not in NOT_YET_THERE or visit.arrived_at is not None:
        return
    known = queries.outlooks([visit])[visit.pk]
    due = known.late_from(_allowed(rule))
    if due > at:
        DispatchTimer.objects.filter(pk=timer.pk).update(due_at=due, leased_until=None)
        return
    if _key(visit, rule) in _told([visit.work_order_id]):
        return
    fire(
        event=RuleEvent.ENGINEER_LATE,
        work_order_id=visit.work_order_id,
        event_facts=_facts(visit, rule, known, at),
        visit_id=visit.pk,
        rule_id=rule.pk,
        actor=actor,
        at=at,
    )


def _facts(visit: Visit, rule: DispatchRule, known: Outlook, at: datetime) -> dict[str, Any]:
    late = known.arrives(at) - visit.start_at
    return {
        "minutes": int(rule.event_facts.get("minutes", 0)),
        "late_minutes": int(late.total_seconds() // 60),
        "planned": visit.start_at.isoformat(),
        "told_rule": rule.pk,
        "outlook": known.as_json(at),
    }


def _allowed(rule: DispatchRule) -> timedelta:
    return timedelta(minutes=int(rule.event_facts.get("minutes", 0)))
