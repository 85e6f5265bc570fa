"""Auto-dispatch: the first rule that applies picks who goes, and every run says why and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.enums import Permission
from core.errors import Conflict
from dispatch import events, queries, rules
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.evaluator import Stop, Verdict
from dispatch.models import DispatchRule, DispatchRun, Visit, WorkOrder
from dispatch.queries.planning import World, instant, load_world, seconds, work_of
from dispatch.ranking import Answer, rank
from dispatch.services.following import despite_deadlocks, follow_many, follow_visits, sqlstate_of
from dispatch.services.planning import EXCLUSION_VIOLATION, fact, plan_facts, save_planned
from journal import services as journal
from tenants.actors import Actor

Progress = Callable[[int], object]

TOLD_CANDIDATES = 5
CHUNK = 200
_LABELS = {
    RunOutcome.ASSIGNED: "assigned",
    RunOutcome.NOBODY: "nobody",
    RunOutcome.NO_RULE: "no_rule",
    RunOutcome.SKIPPED: "skipped",
}


@dataclass(slots=True)
class _Choice:
    """What a rule made of one work order, before anything is written."""

    work_order: WorkOrder
    outcome: RunOutcome
    explanation: dict[str, Any]
    rule: DispatchRule | None = None
    visit: Visit | None = None


@dataclass(slots=True)
class _Policy:
    """The enabled rules, read once; how many days ahead the farthest of them looks."""

    rules: list[DispatchRule] = field(default_factory=list)

    @property
    def days(self) -> int:
        return max((rule.horizon_days for rule in self.rules), default=1)


@transaction.atomic
def auto_dispatch(*, work_order_id: int, actor: Actor, at: datetime) -> DispatchRun:
    """Let the rules plan one work order. The run tells what came of it; `nobody` and `no_rule` are no
    errors."""
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    policy = _Policy(list(queries.dispatch_rules().filter(is_enabled=True)))
    for _attempt in range(3):
        world = load_world(at, at + timedelta(days=policy.days), site_ids=[work_order.site_id])
        choice = _choose(work_order, world, policy, at)
        if choice.visit is None:
            break
        try:
            save_planned(choice.visit)
            break
        except Conflict:
            # Somebody took the time between our look and our write: look again.
            continue
    else:
        choice = _Choice(work_order, RunOutcome.NOBODY, {"why": "contended"}, choice.rule)
    run = _run(choice, at)
    run.save()
    _tell(choice, actor, at)
    return run


def dispatch_new_work(*, work_order_id: int, actor: Actor, at: datetime) -> DispatchRun | None:
    """Auto-dispatch work that just appeared, once: None when it is planned already or a rule has looked at
    it."""
    waiting = WorkOrder.objects.filter(pk=work_order_id, status=WorkOrderStatus.UNSCHEDULED, runs=None)
    if not waiting.exists():
        return None
    return auto_dispatch(work_order_id=work_order_id, actor=actor, at=at)


@transaction.atomic
def auto_dispatch_open(
    *, actor: Actor, at: datetime, limit: int | None = None, progress: Progress | None = None
) -> dict[str, int]:
    """Let the rules plan everything that waits, most urgent first, and count outcomes {assigned, nobody, …}.

    The world is loaded once and kept up in memory; visits are written in chunks. `progress` is called with
    the
    number of work orders just decided. Work that somebody else plans at this moment is left to them.
    """
    actor.require(Permission.VISIT_PLAN)
    policy = _Policy(list(queries.dispatch_rules().filter(is_enabled=True)))
    waiting = list(queries.tray().select_for_update(of=("self",), skip_locked=True)[:limit])
    sites = {work_order.site_id for work_order in waiting}
    world = load_world(at, at + timedelta(days=policy.days), site_ids=sites)
    counts: Counter[str] = Counter({"assigned": 0, "nobody": 0, "no_rule": 0})
    for first in range(0, len(waiting), CHUNK):
        chunk = waiting[first : first + CHUNK]
        choices = []
        for work_order in chunk:
            choice = _choose(work_order, world, policy, at)
            _remember(choice, world)
            choices.append(choice)
            if progress:
                progress(1)
        if _write(choices, actor, at):
            counts.update(_LABELS[choice.outcome] for choice in choices)
        else:
            # A visit of somebody else came between: this chunk one by one, against a fresh world.
            runs = [auto_dispatch(work_order_id=w.pk, actor=actor, at=at) for w in chunk]
            counts.update(_LABELS[RunOutcome(run.outcome)] for run in runs)
            world = load_world(at, at + timedelta(days=policy.days), site_ids=sites)
    return dict(counts)


def _choose(work_order: WorkOrder, world: World, policy: _Policy, at: datetime) -> _Choice:
    if work_order.status != WorkOrderStatus.UNSCHEDULED:
        return _Choice(work_order, RunOutcome.SKIPPED, {"why": work_order.status})
    rule, skipped = _rule_for(work_order, policy.rules)
    if rule is None:
        return _Choice(work_order, RunOutcome.NO_RULE, {"rules": skipped})
    work = work_of(work_order)
    until = seconds(at + timedelta(days=rule.horizon_days))
    answer = rank(world.people, work, seconds(at), until, rule.strategy)
    told = explanation(answer) | {"strategy": rule.strategy, "rules": skipped}
    if answer.best is None:
        return _Choice(work_order, RunOutcome.NOBODY, told, rule)
    visit = _visit(work_order, answer.best.verdict, rule, at)
    return _Choice(work_order, RunOutcome.ASSIGNED, told, rule, visit)


def _rule_for(
    work_order: WorkOrder, enabled: list[DispatchRule]
) -> tuple[DispatchRule | None, list[dict[str, str]]]:
    """The first rule that applies, and why each one before it did not."""
    skipped: list[dict[str, str]] = []
    for rule in enabled:
        why = rules.why_not(
            rule.conditions,
            work_type=work_order.work_type.code,
            area=work_order.site.area,
            priority=work_order.priority,
        )
        if not why:
            return rule, skipped
        skipped.append({"rule": rule.name, "why": why})
    return None, skipped


def _visit(work_order: WorkOrder, verdict: Verdict, rule: DispatchRule, at: datetime) -> Visit:
    start, end = verdict.span
    sends = rule.sends_at_once
    return Visit(
        work_order=work_order,
        engineer_id=verdict.person.id,
        start_at=instant(start),
        end_at=instant(end),
        status=VisitStatus.DISPATCHED if sends else VisitStatus.SCHEDULED,
        sent_at=at if sends else None,
        **plan_facts(verdict, ""),
    )


def explanation(answer: Answer) -> dict[str, Any]:
    """The ranking as it is kept with a run: chosen, the next best, and who was excluded by which rule."""
    return {
        "chosen": answer.best.as_json() if answer.best else None,
        "candidates": [c.as_json() for c in answer.candidates[1:TOLD_CANDIDATES]],
        "needs_reason": [c.as_json() for c in answer.forceable[:TOLD_CANDIDATES]],
        "excluded": [
            {**reason.as_json(), "engineers": [{"id": p.id, "name": p.name} for p in people]}
            for reason, people in answer.excluded
        ],
    }


def _remember(choice: _Choice, world: World) -> None:
    visit = choice.visit
    if visit is None:
        return
    person = world.person(visit.engineer_id)
    if person is not None:
        place = work_of(choice.work_order).place
        stop = Stop(0, str(choice.work_order), seconds(visit.start_at), seconds(visit.end_at), place)
        person.add(stop)


def _write(choices: list[_Choice], actor: Actor, at: datetime) -> bool:
    """Write visits, runs, statuses and facts of a chunk. False when a time was taken meanwhile."""
    visits = [choice.visit for choice in choices if choice.visit is not None]
    try:
        despite_deadlocks(lambda: Visit.objects.bulk_create(visits, batch_size=500))
    except IntegrityError as problem:
        if sqlstate_of(problem) != EXCLUSION_VIOLATION:
            raise
        return False
    DispatchRun.objects.bulk_create([_run(choice, at) for choice in choices], batch_size=500)
    follow_many([choice.work_order for choice in choices if choice.visit is not None], at=at)
    journal.record_many(actor=actor, verb="scheduled", things=visits, at=at, source="auto-dispatch")
    journal.publish(*(fact for visit in visits for fact in _facts(visit)))
    return True


def _run(choice: _Choice, at: datetime) -> DispatchRun:
    return DispatchRun(
        work_order=choice.work_order,
        rule=choice.rule,
        rule_version=choice.rule.version if choice.rule else 0,
        outcome=choice.outcome,
        visit=choice.visit,
        explanation=choice.explanation,
        at=at,
    )


def _tell(choice: _Choice, actor: Actor, at: datetime) -> None:
    visit = choice.visit
    if visit is None or choice.outcome != RunOutcome.ASSIGNED:
        return
    follow_visits(choice.work_order, at=at)
    changes: Mapping[str, Any] = {
        "rule": choice.rule.name if choice.rule else "",
        "from": visit.start_at.isoformat(),
    }
    journal.record(
        actor=actor, verb="scheduled", thing=visit, at=at, changes=dict(changes), source="auto-dispatch"
    )
    journal.publish(*_facts(visit))


def _facts(visit: Visit) -> list[events.VisitFact]:
    facts: list[events.VisitFact] = [fact(events.VisitScheduled, visit)]
    if visit.sent_at is not None:
        facts.append(fact(events.VisitSent, visit))
    return facts
