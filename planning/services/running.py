"""Carrying out runs: claimed as rows, searched outside of any transaction, ended with a proposal."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils.translation import gettext as _

from core.clock import now
from customers import queries as customers
from dispatch import services as dispatch
from dispatch.evaluator import Person, Reason, time_reasons
from dispatch.policy import OVERTIME
from dispatch.queries import appointment_of
from dispatch.queries.planning import instant, seconds
from dispatch.travel import UNKNOWN_MINUTES
from journal import services as journal
from planning import queries
from planning.days import Placed, Task
from planning.enums import ChangeKind, RunState
from planning.events import PlanEnded, PlanProposed
from planning.figures import Leg, days_that_differ, figures_of, late_legs, legs_of
from planning.judging import stop_id
from planning.models import PlanChange, PlanRun
from planning.plans import Effort, plan
from planning.progress import Stopped
from planning.queries import Ground
from planning.sheet import Plan
from tenants.active import tenant_active
from tenants.actors import Actor

log = logging.getLogger(__name__)

PLANNER = Actor.system("planner")
LEASE_SECONDS = 60
TELL_EVERY = 0.5
MOST_ATTEMPTS = 3
MOST_HELPED = 20
"""For so many work orders that stay undone, the most urgent ones, a run works out what would help."""


def carry_out_due(*, limit: int = 1) -> int:
    """Claim runs that wait and plan them one by one: those of tenants with the fewest under way first, then of
    those whose last turn is longest ago.

    Safe in any number of processes: a run is claimed under a lease that its progress renews; one whose
    planner died is taken up again, three times at most. Returns how many were carried out.
    """
    with connection.cursor() as cursor:
        lease = f"{LEASE_SECONDS} s"
        cursor.execute(
            "SELECT tenant_id, id FROM claim_plan_runs(%s, %s::interval, %s)", [limit, lease, now()]
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    for tenant_id, run_id in claimed:
        _carry_out(tenant_id, run_id)
    return len(claimed)


def _carry_out(tenant_id: int, run_id: int) -> None:
    try:
        with tenant_active(tenant_id):
            run = PlanRun.objects.select_related("territory", "tenant").get(pk=run_id)
            if run.attempts > MOST_ATTEMPTS:
                _fail(run_id, _("The planner stopped three times. Plan fewer days or a smaller territory."))
                return
            ground = queries.ground_of(run, now())
        ground.policy = dispatch.ask_among(tenant_id=tenant_id, policy=ground.policy, places=ground.places)
        before = _legs(ground, queries.as_planned(ground))
        found = _search(tenant_id, run, ground)
        with tenant_active(tenant_id):
            _propose(run_id, ground, found, before)
        with tenant_active(tenant_id):
            _tell_ways_out(run_id)
    except Stopped:
        log.info("planning run called off", extra={"tenant_id": tenant_id, "run_id": run_id})
    except Exception:  # Whatever it was, the run says so, and the planner goes on to the next.
        log.exception("planning run failed", extra={"tenant_id": tenant_id, "run_id": run_id})
        with tenant_active(tenant_id):
            _fail(run_id, _("Planning failed. It was logged; try again, or plan a smaller territory."))


def _search(tenant_id: int, run: PlanRun, ground: Ground) -> Plan:
    effort = Effort(
        seconds=None if run.steps else float(run.budget_seconds),
        steps=run.steps or None,
        seed=run.seed,
    )
    return plan(
        ground.people,
        ground.tasks,
        ground.stretches,
        prices=ground.prices,
        effort=effort,
        likings=ground.likings,
        policy=ground.policy,
        reserves=ground.reserves,
        progress=_teller(tenant_id, run.pk),
    )


def _teller(tenant_id: int, run_id: int) -> Callable[[int], bool]:
    """Writes progress and renews the lease, twice a second at most; says no when the run was called off."""
    last = 0.0

    def tell(percent: int) -> bool:
        nonlocal last
        if time.monotonic() - last < TELL_EVERY:
            return True
        last = time.monotonic()
        with tenant_active(tenant_id), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE planning_planrun SET progress = %s, leased_until = clock_timestamp() + %s::interval"
                " WHERE tenant_id = %s AND id = %s AND state = 'running'",
                [min(percent, 99), f"{LEASE_SECONDS} s", tenant_id, run_id],
            )
            return bool(cursor.rowcount)

    return tell


def _fail(run_id: int, problem: str) -> None:
    run = queries.run_for_update(run_id)
    if run.state != RunState.RUNNING:
        return
    run.state, run.problem, run.ended_at = RunState.FAILED, problem[:300], now()
    run.save(update_fields=["state", "problem", "ended_at"])
    journal.record(actor=PLANNER, verb="failed", thing=run, at=run.ended_at)
    journal.publish(PlanEnded(run_id=run.pk))


def _propose(run_id: int, ground: Ground, found: Plan, before: list[Leg]) -> None:
    """Write what was found: a proposal, or that there is nothing to decide. A run called off, or taken over by
    another planner, writes nothing."""
    run, at = queries.run_for_update(run_id), now()
    if run.state != RunState.RUNNING:
        return
    changes = _changes(run, ground, found)
    after = _legs(ground, ground.people)
    _tell_trips(changes, after)
    PlanChange.objects.bulk_create(changes, batch_size=500)
    run.figures = _figures(ground, found, changes, before, after)
    is_decided = all(change.kind == ChangeKind.UNSERVED for change in changes)
    run.state = RunState.NOTHING if is_decided else RunState.PROPOSED
    run.progress, run.ended_at = 100, at
    run.policy_version, run.leased_until = ground.policy.version, None
    run.save(update_fields=["figures", "state", "progress", "ended_at", "policy_version", "leased_until"])
    journal.record(actor=PLANNER, verb="proposed", thing=run, at=at, changes=_counts(changes))
    journal.publish(PlanProposed(run_id=run.pk))


def _tell_ways_out(run_id: int) -> None:
    """Work out what would help the most urgent work that stays undone; the rest is worked out when somebody asks.

    Where somebody decided on a row meanwhile nothing is written: it was worked out with rows that are open no more.
    """
    run = queries.get_run(run_id)
    decided = queries.decided_count(run)
    undone = list(
        queries.changes_of(run).filter(kind=ChangeKind.UNSERVED, ways_out__isnull=True)[:MOST_HELPED]
    )
    told = queries.ways_out_of(run, undone, now()) if undone else {}
    if queries.decided_count(queries.run_for_update(run_id)) != decided:
        return
    for change in undone:
        change.ways_out = told[change.pk]
    PlanChange.objects.bulk_update(undone, ["ways_out"])


def _changes(run: PlanRun, ground: Ground, found: Plan) -> list[PlanChange]:
    teams: dict[int, list[Placed]] = {}
    for one in found.placed:
        teams.setdefault(stop_id(one.task), []).append(one)
    people = {person.id: person for person in ground.people}
    changes: list[PlanChange] = []
    for team in teams.values():
        changes += _team_changes(run, ground, team, people)
    for task, reasons in found.unplaced:
        changes += _unplaced(run, ground, task, reasons)
    asked = {change.crew_key or id(change) for change in changes if _needs_consent(change)}
    for change in changes:
        if (change.crew_key or id(change)) in asked:
            change.kind = ChangeKind.ASK
    return changes


def _needs_consent(change: PlanChange) -> bool:
    """Whether a visit would leave what its customer confirmed: its engineer cannot come, and nobody else can at
    that time."""
    visit = change.visit
    if visit is None or visit.lock_level not in queries.LOCKED:
        return False
    if change.to_engineer_id is None or change.to_start_at is None:
        return True
    return appointment_of(visit).needs_consent(change.to_engineer_id, change.to_start_at)


def _team_changes(
    run: PlanRun, ground: Ground, team: list[Placed], people: Mapping[int, Person]
) -> list[PlanChange]:
    """One change for each member or stint; those who stay at the same time are left out."""
    task = team[0].task
    arrives = min(one.start for one in team)
    old = {visit.engineer_id: visit for visit in ground.crews.get(task.visit_id, [])}
    key = _crew_key(task, ground) if task.work.crew_size > 1 or len(team) > 1 else None
    stays = all(
        (visit := old.get(one.person_id)) is not None and seconds(visit.start_at) == one.start for one in team
    )
    if stays:
        return []
    spare = [visit for engineer_id, visit in old.items() if engineer_id not in {o.person_id for o in team}]
    changes = []
    for one in team:
        visit = old.get(one.person_id) or (spare.pop() if spare else None)
        change = PlanChange(
            run=run,
            work_order_id=task.work.id,
            visit=visit,
            kind=ChangeKind.MOVE if visit else ChangeKind.ADD,
            visit_version=visit.version if visit else 0,
            work_order_version=ground.works[task.work.id].version,
            from_engineer_id=visit.engineer_id if visit else None,
            from_start_at=visit.start_at if visit else None,
            to_engineer_id=one.person_id,
            to_start_at=instant(one.start),
            to_end_at=instant(one.end),
            travel_minutes=one.travel_minutes,
            reasons=[
                r.as_json()
                for r in (*_without_place(task, ground), *_overtime_of(one, people[one.person_id]))
            ],
            late_minutes=max(0, arrives - task.work.promised[1]) // 60 if one.start == arrives else 0,
            crew_key=key,
        )
        changes.append(change)
    return changes


def _without_place(task: Task, ground: Ground) -> list[Reason]:
    return [] if task.work.place else _place_of(task, ground)


def _overtime_of(one: Placed, person: Person) -> list[Reason]:
    """How long somebody works beyond the shift for a visit, if at all."""
    return [r for r in time_reasons(person, one.start, one.end, ()) if r.code == OVERTIME]


def _crew_key(task: Task, ground: Ground) -> UUID:
    old = ground.crews.get(task.visit_id, [])
    return old[0].crew_key or uuid4() if old else uuid4()


def _place_of(task: Task, ground: Ground) -> list[Reason]:
    """What is odd about where work is that found no place in the plan."""
    if task.work.place is None:
        site = ground.works[task.work.id].site.name
        return [Reason("place_unknown", {"minutes": UNKNOWN_MINUTES, "site": site})]
    odd = customers.oddness(ground.works[task.work.id].site)
    return [Reason(f"place_{odd}")] if odd else []


def _unplaced(run: PlanRun, ground: Ground, task: Task, reasons: tuple[Reason, ...]) -> list[PlanChange]:
    """What found no place: visits that would be taken off the plan, or work that stays undone; with why."""
    told = [reason.as_json() for reason in (*reasons, *_place_of(task, ground))]
    facts = {"run": run, "work_order_id": task.work.id, "reasons": told}
    version = ground.works[task.work.id].version
    visits = ground.crews.get(task.visit_id, [])
    if not visits:
        return [PlanChange(kind=ChangeKind.UNSERVED, work_order_version=version, **facts)]
    return [
        PlanChange(
            kind=ChangeKind.UNPLAN,
            visit=visit,
            visit_version=visit.version,
            work_order_version=version,
            from_engineer_id=visit.engineer_id,
            from_start_at=visit.start_at,
            crew_key=visit.crew_key,
            **facts,
        )
        for visit in visits
    ]


def _counts(changes: list[PlanChange]) -> dict[str, int]:
    counts = {
        kind.value: 0
        for kind in (
            ChangeKind.ADD,
            ChangeKind.MOVE,
            ChangeKind.ASK,
            ChangeKind.UNPLAN,
            ChangeKind.UNSERVED,
        )
    }
    for change in changes:
        counts[change.kind] += 1
    counts["told"] = sum(_disturbs(change) for change in changes)
    return counts


def _disturbs(change: PlanChange) -> bool:
    """Whether somebody who was told of a visit is to expect another engineer, another hour, or nobody."""
    visit = change.visit
    told = queries.told_span(visit) if visit is not None else None
    if visit is None or told is None:
        return False
    if change.kind != ChangeKind.MOVE or change.to_start_at is None:
        return True
    is_in_time = told[0] <= seconds(change.to_start_at) <= told[1]
    return change.to_engineer_id != visit.engineer_id or not is_in_time


def _figures(
    ground: Ground, found: Plan, changes: list[PlanChange], before: list[Leg], after: list[Leg]
) -> dict[str, Any]:
    """The plan in numbers before and after, and what makes up the difference."""
    left = len(found.unplaced) + ground.not_looked_at
    return {
        "before": figures_of(before, ground.promises, unserved=_unplanned(ground)).as_json(),
        "after": figures_of(after, ground.promises, unserved=left).as_json(),
        "changes": _counts(changes),
        "days": days_that_differ(before, after),
        "kept_late": _kept_late(ground, changes, after),
        "roads": _sources(ground, found),
        "without_place": _without_places(ground, found),
        "not_looked_at": ground.not_looked_at,
    }


def _legs(ground: Ground, people: Iterable[Person]) -> list[Leg]:
    between = (ground.stretches[0][0], ground.stretches[-1][1]) if ground.stretches else (0, 0)
    return legs_of(people, between, ground.policy.roads)


def _tell_trips(changes: Iterable[PlanChange], after: Iterable[Leg]) -> None:
    """Tell of each row the trip of the finished plan: what was placed later may have come before it."""
    trips = {(leg.person_id, leg.stop.start): leg.travel_minutes for leg in after}
    for change in changes:
        if change.to_engineer_id is not None and change.to_start_at is not None:
            key = (change.to_engineer_id, seconds(change.to_start_at))
            change.travel_minutes = trips.get(key, change.travel_minutes)


def _kept_late(ground: Ground, changes: Iterable[PlanChange], after: Iterable[Leg]) -> list[int]:
    """The visits that come after their promise and that the run leaves where they are."""
    changed = {change.visit_id for change in changes}
    late = {leg.stop.visit_id for leg, _minutes in late_legs(after, ground.promises)}
    members = [[visit.pk for visit in ground.crews.get(number, [])] or [number] for number in late]
    return sorted(pk for group in members for pk in group if pk > 0 and pk not in changed)


def _unplanned(ground: Ground) -> int:
    """How much work waits without a visit before the run."""
    return sum(task.was is None for task in ground.tasks) + ground.not_looked_at


def _without_places(ground: Ground, found: Plan) -> list[str]:
    """The names of the sites and people without coordinates whose trips are counted at a flat rate."""
    sites = {ground.works[one.task.work.id].site.name for one in found.placed if one.task.work.place is None}
    going = {one.person_id for one in found.placed}
    return sorted(sites | {one.name for one in ground.people if one.home is None and one.id in going})


def _sources(ground: Ground, found: Plan) -> dict[str, int]:
    """How many of the trips to the visits that were placed each source told the time of."""
    known = {person.id: person for person in ground.people}
    counts: Counter[str] = Counter()
    for one in found.placed:
        stops = known[one.person_id].stops
        before = max((s for s in stops if s.end <= one.start), key=lambda stop: stop.end, default=None)
        origin = before.place if before else known[one.person_id].home
        counts[ground.policy.roads.source_of(origin, one.task.work.place)] += 1
    return dict(counts)
