"""Auto-dispatch: the first rule that applies picks who goes, and every run says why and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef

from accounts.enums import Permission
from core.errors import Conflict
from dispatch import events, queries
from dispatch.enums import OfferStatus, RuleEvent, RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRule, DispatchRun, Offer, Visit, WorkOrder
from dispatch.policy import ALLOW, OVERTIME
from dispatch.queries.facts import Occasion
from dispatch.queries.turns import take_turn_at_overtime, take_turn_at_parts
from dispatch.services.choosing import choose, walk
from dispatch.services.following import despite_deadlocks, follow_many, follow_visits
from dispatch.services.judging import is_taken, save_planned
from dispatch.services.offering import make_offers, open_offers_for_update, withdraw_offers
from dispatch.services.planners import tell_of_runs
from dispatch.services.planning import cancel_visit, fact
from dispatch.services.rulebook import Choice, Ground, Rulebook
from journal import services as journal
from tenants.active import active_tenant_id
from tenants.actors import Actor

Progress = Callable[[int], object]

CHUNK = 200
TRIES = 3
SOURCE = "auto-dispatch"
PLANNING_LOCK = 7_301
"""The class of the advisory locks, one for each company, that workers planning new work take in turn."""


@transaction.atomic
def auto_dispatch(
    *,
    work_order_id: int,
    actor: Actor,
    at: datetime,
    event: str = RuleEvent.WORK_CREATED,
    event_facts: Mapping[str, Any] | None = None,
    visit_id: int | None = None,
    rule_id: int | None = None,
) -> DispatchRun:
    """Let the rules that wait for `event` plan one work order. The run tells what came of it; `nobody` and
    `no_rule` are no errors.

    `visit_id` is the visit that the event is about; `rule_id` lets only that rule decide. Offers that wait
    for an answer are taken back when a rule acts on another event than the one they were made for.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    visit = queries.visits().filter(pk=visit_id).first() if visit_id else None
    occasion = Occasion(event, event_facts or {}, visit)
    if waiting := open_offers_for_update(work_order_id):
        if _is_waited_for(waiting, occasion):
            return _log(Choice(work_order, RunOutcome.SKIPPED, {"why": "offered"}, occasion=occasion), at)
        withdraw_offers(waiting, reason=str(RuleEvent(event).label), actor=actor, at=at)
    book = Rulebook.of(event, at, rule_id=rule_id, guards=actor.kind != "member")
    book.look_back([work_order_id])
    ground = _ground_in_turn([work_order], book.days, at)
    return _settle(lambda: choose(work_order, book, ground, occasion, at), ground, actor, at)


def _is_waited_for(waiting: list[Offer], occasion: Occasion) -> bool:
    """Whether the offers were made for the same thing, or somebody only asks for it to be planned."""
    same = any(offer.run is not None and offer.run.event == occasion.event for offer in waiting)
    return same or occasion.event in (RuleEvent.WORK_CREATED, RuleEvent.SCHEDULE)


def go_on(*, run: DispatchRun, after: str, actor: Actor, at: datetime) -> DispatchRun | None:
    """Try the steps that follow the one whose offers came to nothing. None when the work waits no more.

    The caller holds the lock of the work order. `after` says how the offers ended.
    """
    rule = run.rule
    work_order = queries.work_order_for_update(run.work_order_id)
    step = int(run.explanation.get("step", 0)) + 1
    visit_id = run.inputs.get("visit_id")
    visit = queries.visits().filter(pk=visit_id).first() if visit_id else None
    occasion = Occasion(run.event, {}, visit)
    is_waiting = work_order.status == WorkOrderStatus.UNSCHEDULED or visit is not None
    if rule is None or not is_waiting:
        return None
    ground = _ground_in_turn([work_order], rule.horizon_days, at)

    def following() -> Choice:
        choice = walk(work_order, rule, ground, first=step, occasion=occasion, at=at)
        choice.inputs |= {"after": after, "root": run.inputs.get("root", run.pk)}
        return choice

    return _settle(following, ground, actor, at)


def _settle(decide: Callable[[], Choice], ground: Ground, actor: Actor, at: datetime) -> DispatchRun:
    """Decide and write; when somebody takes the time between our look and our write, look again."""
    choice = decide()
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                choice.policy_version = ground.policy.version
                return _write_one(choice, actor, at)
        except Conflict as problem:
            if problem.problem_code != "overlap":
                raise
            # What was changed in memory was taken back in the database.
            choice.work_order.refresh_from_db(fields=["status", "follow_up_reason", "version", "updated_at"])
            ground.forget()
            choice = decide()
    contended = Choice(
        choice.work_order, RunOutcome.NOBODY, {"why": "contended"}, choice.rule, occasion=choice.occasion
    )
    run = _log(contended, at)
    tell_of_runs([run], actor=actor, at=at)
    return run


def _write_one(choice: Choice, actor: Actor, at: datetime) -> DispatchRun:
    if choice.replaces is not None:
        _call_off(choice.replaces, actor, at)
    if choice.outcome == RunOutcome.SENT:
        _send(choice, actor, at)
    else:
        for visit in sorted(choice.visits, key=lambda visit: visit.engineer_id):
            save_planned(visit)
    run = _log(choice, at)
    if choice.outcome == RunOutcome.ASSIGNED:
        _tell(choice, actor, at)
    if choice.offers:
        make_offers(run, choice.offers, actor=actor, at=at)
    tell_of_runs([run], actor=actor, at=at)
    return run


def _call_off(visit: Visit, actor: Actor, at: datetime) -> None:
    reason = str(RuleEvent.ENGINEER_LATE.label)
    cancel_visit(visit_id=visit.pk, reason=reason, actor=actor, at=at)


def _send(choice: Choice, actor: Actor, at: datetime) -> None:
    visit = choice.visit
    if visit is not None:
        visit.status, visit.sent_at = VisitStatus.DISPATCHED, at
        visit.version += 1
        visit.save(update_fields=["status", "sent_at", "version", "updated_at"])
        journal.record(actor=actor, verb="sent", thing=visit, at=at, source=SOURCE)
        journal.publish(fact(events.VisitSent, visit))


def _log(choice: Choice, at: datetime) -> DispatchRun:
    run = _run(choice, at)
    run.save()
    return run


def fire(
    *,
    event: str,
    work_order_id: int,
    actor: Actor,
    at: datetime,
    event_facts: Mapping[str, Any] | None = None,
    visit_id: int | None = None,
    rule_id: int | None = None,
) -> DispatchRun | None:
    """Tell the rules that something happened to a work order. None, and no line in the log, when no enabled
    rule waits for it or the work is planned, done or called off."""
    if not DispatchRule.objects.filter(event=event, is_enabled=True).exists():
        return None
    waits = WorkOrder.objects.filter(pk=work_order_id)
    if event not in (RuleEvent.ENGINEER_LATE, RuleEvent.VISIT_ENDED):
        waits = waits.filter(status=WorkOrderStatus.UNSCHEDULED)
    if not waits.exists():
        return None
    return auto_dispatch(
        work_order_id=work_order_id,
        actor=actor,
        at=at,
        event=event,
        event_facts=event_facts,
        visit_id=visit_id,
        rule_id=rule_id,
    )


@transaction.atomic
def dispatch_new_work(*, work_order_ids: Collection[int], actor: Actor, at: datetime) -> list[DispatchRun]:
    """Auto-dispatch work that just appeared, once: what is planned already, or what a rule has looked at, is
    left out. Written together, one such batch of the company after the other."""
    actor.require(Permission.VISIT_PLAN)
    _take_turns()
    runs_of = DispatchRun.objects.filter(work_order=OuterRef("pk"))
    given = queries.tray().filter(pk__in=work_order_ids).annotate(has_run=Exists(runs_of))
    # Locked in the order of ids, as by all who lock several; planned in the order of urgency.
    held = list(given.order_by("id").select_for_update(of=("self",)))
    waiting = sorted((order for order in held if not order.has_run), key=queries.urgency)
    offered = Offer.objects.filter(work_order__in=waiting, status=OfferStatus.OFFERED)
    ids = set(offered.values_list("work_order_id", flat=True))
    alone = [work_order for work_order in waiting if work_order.pk not in ids]
    _parts_in_turn(waiting)
    runs = _dispatch_each(alone, Occasion(), actor, at, is_new=True)
    return [*runs, *(auto_dispatch(work_order_id=pk, actor=actor, at=at) for pk in sorted(ids))]


def _ground_in_turn(work_orders: Sequence[WorkOrder], days: int, at: datetime) -> Ground:
    """The world for them, once it is our turn at the parts that they may take, and at overtime that is limited by the
    week: before anything is planned that others wait for."""
    ground = Ground(at, days, {order.site_id for order in work_orders}, _parts_in_turn(work_orders))
    # Asked here too, though taking the turn asks it: only where overtime is allowed is the world worth reading for it.
    if ground.policy.verdict(OVERTIME) == ALLOW and take_turn_at_overtime(
        ground.policy, ground.world.crowd.people
    ):
        ground.forget()
    return ground


def _parts_in_turn(work_orders: Sequence[WorkOrder]) -> set[int]:
    part_ids = queries.part_ids_of(work_orders)
    take_turn_at_parts(part_ids)
    return part_ids


def _take_turns() -> None:
    """Wait until no other worker is planning new work of this company: both would choose the same times."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PLANNING_LOCK, active_tenant_id()])


@transaction.atomic
def auto_dispatch_open(
    *,
    actor: Actor,
    at: datetime,
    limit: int | None = None,
    progress: Progress | None = None,
    event: str = RuleEvent.WORK_CREATED,
    rule_id: int | None = None,
) -> dict[str, int]:
    """Let the rules plan everything that waits, most urgent first, and count outcomes {assigned, nobody, …}.

    The world is loaded once and kept up in memory; visits are written in chunks. `progress` is called with
    the number of work orders just decided. Work that somebody else plans at this moment, or that waits for
    the answer to an offer, is left alone.
    """
    actor.require(Permission.VISIT_PLAN)
    offered = Offer.objects.filter(status="offered").values("work_order_id")
    tray = queries.tray().exclude(pk__in=offered)
    waiting = list(tray.select_for_update(of=("self",), skip_locked=True)[:limit])
    runs = _dispatch_each(waiting, Occasion(event), actor, at, rule_id=rule_id, progress=progress)
    counts = Counter({"assigned": 0, "nobody": 0, "no_rule": 0})
    counts.update(str(run.outcome) for run in runs)
    return dict(counts)


def _dispatch_each(
    waiting: Sequence[WorkOrder],
    occasion: Occasion,
    actor: Actor,
    at: datetime,
    *,
    rule_id: int | None = None,
    progress: Progress | None = None,
    is_new: bool = False,
) -> list[DispatchRun]:
    """Choose for each of these locked work orders, in order, against one world kept up in memory. No rule has
    acted on any that `is_new`."""
    guards = actor.kind != "member" and not is_new
    book = Rulebook.of(occasion.event, at, rule_id=rule_id, guards=guards)
    ground = _ground_in_turn(waiting, book.days, at)
    runs: list[DispatchRun] = []
    for first in range(0, len(waiting), CHUNK):
        chunk = waiting[first : first + CHUNK]
        book.look_back([work_order.pk for work_order in chunk])
        choices = []
        for work_order in chunk:
            choice = choose(work_order, book, ground, occasion, at)
            choice.policy_version = ground.policy.version
            ground.remember(choice)
            choices.append(choice)
            if progress:
                progress(1)
        if (written := _write(choices, actor, at)) is None:
            # A visit of somebody else came between: this chunk one by one, against a fresh world.
            event = occasion.event
            written = [
                auto_dispatch(work_order_id=order.pk, actor=actor, at=at, event=event, rule_id=rule_id)
                for order in chunk
            ]
            ground.forget()
        runs += written
    return runs


def _write(choices: list[Choice], actor: Actor, at: datetime) -> list[DispatchRun] | None:
    """Write visits, runs, offers, statuses and facts of a chunk. None when a time was taken meanwhile."""
    visits = [visit for choice in choices for visit in choice.visits]
    try:
        despite_deadlocks(lambda: Visit.objects.bulk_create(visits, batch_size=500))
    except IntegrityError as problem:
        if not is_taken(problem):
            raise
        return None
    runs = DispatchRun.objects.bulk_create([_run(choice, at) for choice in choices], batch_size=500)
    for run, choice in zip(runs, choices, strict=True):
        if choice.offers:
            make_offers(run, choice.offers, actor=actor, at=at)
    follow_many([choice.work_order for choice in choices if choice.visit is not None], at=at)
    changes = [_told_of(choice, visit) for choice in choices for visit in choice.visits]
    journal.record_many(actor=actor, verb="scheduled", things=visits, at=at, source=SOURCE, changes=changes)
    journal.publish(*(fact for visit in visits for fact in _facts(visit)))
    tell_of_runs(runs, actor=actor, at=at)
    return runs


def _run(choice: Choice, at: datetime) -> DispatchRun:
    visit = choice.occasion.visit
    about = {"visit_id": visit.pk} if visit is not None else {}
    return DispatchRun(
        work_order=choice.work_order,
        rule=choice.rule,
        rule_version=choice.rule.version if choice.rule else 0,
        outcome=choice.outcome,
        visit=choice.visit,
        event=choice.occasion.event,
        policy_version=choice.policy_version,
        inputs={"step": 0, **choice.occasion.facts, **choice.inputs, **about},
        explanation=choice.explanation,
        at=at,
    )


def _tell(choice: Choice, actor: Actor, at: datetime) -> None:
    follow_visits(choice.work_order, at=at)
    for visit in choice.visits:
        changes = _told_of(choice, visit)
        journal.record(actor=actor, verb="scheduled", thing=visit, at=at, changes=changes, source=SOURCE)
        journal.publish(*_facts(visit))


def _told_of(choice: Choice, visit: Visit) -> dict[str, str]:
    return {"rule": choice.rule.name if choice.rule else "", "from": visit.start_at.isoformat()}


def _facts(visit: Visit) -> list[events.VisitFact]:
    facts: list[events.VisitFact] = [fact(events.VisitScheduled, visit)]
    if visit.sent_at is not None:
        facts.append(fact(events.VisitSent, visit))
    return facts
