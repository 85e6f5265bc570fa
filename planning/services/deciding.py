"""Accepting and refusing what a run proposes, row by row, in the world as it is by then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import Conflict, IllegalTransition, NotFound
from dispatch import services as dispatching
from dispatch.evaluator import Verdict
from dispatch.models import WorkOrderLink
from dispatch.policy import OVERTIME
from dispatch.services import Placement
from journal import services as journal
from planning import queries
from planning.enums import ChangeKind, ChangeState, RunState
from planning.events import PlanDecided
from planning.models import PlanChange, PlanRun
from planning.services.asking import ask_customers
from planning.services.rows import PLACING, Row, hold, refused, rows_of
from tenants.actors import Actor

MOST_NEAR = 12
"""So many rows are tried away, to tell only those that are needed."""
DOING = (*PLACING, ChangeKind.UNPLAN, ChangeKind.ASK)


@transaction.atomic
def accept_changes(
    *, run_id: int, actor: Actor, at: datetime, change_ids: Collection[int] | None = None
) -> dict[str, int]:
    """Carry out a proposal, whole or the rows named. Returns {"accepted", "stale"}, and how many customers were
    "asked", which moves nothing yet.

    Raises `Conflict` (code "waits") when a row waits for another of the proposal that is not among those named, or
    is possible only with others that make room for it; `rows` are the ids of all that go together then. A
    row whose visit or work changed since, or that the evaluator is against by now, is marked as overtaken
    with its reasons; the others are carried out. Rows of one crew go together. Accepting a row twice changes
    nothing.
    """
    run = queries.run_for_update(run_id)
    actor.require(Permission.VISIT_PLAN, run)
    _check_open(run)
    chosen = _chosen(run, change_ids)
    _check_links(run, chosen)
    hold(chosen)
    every, stale = rows_of(chosen)
    rows = [row for row in every if row.change.kind != ChangeKind.ASK]
    against = refused(run, rows, at)
    if change_ids is not None:
        _check_room(run, rows, against, at, chosen)
    stale |= against
    done = [row for row in rows if row.change.pk not in stale]
    if done:
        _carry_out(run, done, actor=actor, at=at)
    questions = [row.change for row in every if row.change.kind == ChangeKind.ASK]
    unasked, customers = ask_customers(questions, actor=actor, at=at)
    stale |= unasked
    asked = [change for change in questions if change.pk not in unasked]
    _decide(run, [*(row.change for row in done), *asked], ChangeState.ACCEPTED, actor, at)
    overtaken = list(run.changes.filter(pk__in=stale))
    for change in overtaken:
        change.reasons = stale[change.pk]
    _decide(run, overtaken, ChangeState.STALE, actor, at)
    _close(run, at)
    counts = {"accepted": len(done), "stale": len(overtaken)} | ({"asked": customers} if asked else {})
    journal.record(actor=actor, verb="accepted", thing=run, at=at, changes=counts)
    journal.publish(PlanDecided(run_id=run.pk))
    return counts


@transaction.atomic
def reject_changes(
    *, run_id: int, actor: Actor, at: datetime, change_ids: Collection[int] | None = None
) -> int:
    """Refuse a proposal, whole or the rows named. Returns how many were refused."""
    run = queries.run_for_update(run_id)
    actor.require(Permission.VISIT_PLAN, run)
    _check_open(run)
    changes = _chosen(run, change_ids)
    _decide(run, changes, ChangeState.REJECTED, actor, at)
    _close(run, at)
    journal.record(actor=actor, verb="refused", thing=run, at=at, changes={"refused": len(changes)})
    journal.publish(PlanDecided(run_id=run.pk))
    return len(changes)


def _check_open(run: PlanRun) -> None:
    if run.state in (RunState.PROPOSED, RunState.NOTHING, RunState.CLOSED):
        return
    state = RunState(run.state).label
    raise IllegalTransition(
        _("%(run)s has no proposal: it is “%(state)s”.") % {"run": run, "state": state},
        thing=str(run),
        current=run.state,
    )


def _chosen(run: PlanRun, change_ids: Collection[int] | None) -> list[PlanChange]:
    """The open rows, all or those named with the rest of their crews."""
    rows = run.changes.select_for_update().filter(state=ChangeState.OPEN, kind__in=DOING).order_by("id")
    if change_ids is None:
        return list(rows)
    known = set(run.changes.filter(pk__in=change_ids).values_list("pk", flat=True))
    if strange := sorted(set(change_ids) - known):
        raise NotFound(_("Row %(id)s: not found in %(run)s.") % {"id": strange[0], "run": run})
    every = list(rows)
    keys = {row.crew_key for row in every if row.pk in change_ids and row.crew_key}
    return [row for row in every if row.pk in change_ids or (row.crew_key and row.crew_key in keys)]


def _check_links(run: PlanRun, chosen: Sequence[PlanChange]) -> None:
    """What waits for other work of the proposal is not accepted without it."""
    mine = {change.work_order_id for change in chosen if change.kind in PLACING}
    links = WorkOrderLink.objects.filter(then_id__in=mine).exclude(first_id__in=mine)
    others = run.changes.filter(state=ChangeState.OPEN, kind__in=PLACING)
    missing = links.filter(first_id__in=others.values("work_order_id"))
    link = missing.select_related("first", "then").order_by("id").first()
    if link is not None:
        text = _("%(then)s waits for %(first)s, which is in the proposal too. Accept %(first)s as well.")
        firsts = others.filter(work_order_id=link.first_id).values_list("pk", flat=True)
        ids = [*(change.pk for change in chosen), *firsts]
        raise Conflict(text % {"then": link.then, "first": link.first}, code="waits", rows=ids)


def _check_room(
    run: PlanRun, rows: Sequence[Row], put_aside: Collection[int], at: datetime, chosen: Sequence[PlanChange]
) -> None:
    """What is possible only with other rows of the proposal, which make room for it, is not accepted without them."""
    lone = [row for row in rows if row.change.pk in put_aside]
    near = _near(run, rows, lone)

    def helped(by: Sequence[Row]) -> set[int]:
        """Which of the lone rows are possible with these rows too; what is judged is a copy."""
        against = refused(run, [replace(row) for row in (*rows, *by)], at)
        return {row.change.pk for row in lone} - against.keys()

    possible = helped(near) if near else set()
    if not possible:
        return
    needed = list(near)
    for one in near[:MOST_NEAR]:
        fewer = [row for row in needed if row is not one]
        if helped(fewer) >= possible:
            needed = fewer
    who = ", ".join(str(row.order) for row in lone if row.change.pk in possible)
    others = ", ".join(dict.fromkeys(str(row.order) for row in needed))
    text = _(
        "%(who)s is possible only with %(others)s of the proposal. Accept them together, or leave it out."
    )
    ids = [*(change.pk for change in chosen), *(row.change.pk for row in needed)]
    raise Conflict(text % {"who": who, "others": others}, code="waits", rows=ids)


def _near(run: PlanRun, rows: Sequence[Row], lone: Sequence[Row]) -> list[Row]:
    """The other open rows that change something of the engineers of the lone ones, as they are: nothing of them is
    carried out, so nothing is locked."""
    ids = {i for row in lone for i in _engineers(row)}
    mine = {row.change.pk for row in rows}
    waiting = [one for one in _chosen(run, None) if one.pk not in mine and one.kind != ChangeKind.ASK]
    others, _overtaken = rows_of(waiting) if ids else ([], {})
    return [row for row in others if ids & _engineers(row)]


def _engineers(row: Row) -> set[int]:
    """Who has it, and who would."""
    has = {row.visit.engineer_id} if row.visit else set()
    return has | ({row.change.to_engineer_id} if row.change.to_engineer_id else set())


def _carry_out(run: PlanRun, rows: Sequence[Row], *, actor: Actor, at: datetime) -> None:
    placements = [_placement(run, row) for row in rows if row.places]
    removed = [row.visit for row in rows if not row.places and row.visit]
    visits = dispatching.place_visits(
        placements=placements,
        removed=removed,
        actor=actor,
        at=at,
        source=_("planning run %(run)s") % {"run": run},
    )
    fresh = [row for row in rows if row.places and row.visit is None]
    moved = sum(1 for row in rows if row.places and row.visit is not None)
    for row, visit in zip(fresh, visits[moved:], strict=True):
        row.change.visit = visit


def _placement(run: PlanRun, row: Row) -> Placement:
    if row.verdict is None:
        raise ValueError(f"{row.change} was not judged")
    crew = _crew_of(row) if row.order.crew_size > 1 else None
    return Placement(row.order, row.visit, row.verdict, crew, _override(run, row.verdict))


def _override(run: PlanRun, verdict: Verdict) -> str:
    """Why somebody works longer than the shift although the policy wants a reason for that."""
    if not any(reason.code == OVERTIME for reason in verdict.broken):
        return ""
    return _("%(who)s allowed overtime for %(run)s") % {"who": run.asked_by, "run": run}


def _crew_of(row: Row) -> UUID | None:
    """The key of the visit's crew. Rows of work that may take several days have one for all stints, crews one for
    each stint."""
    key = row.change.crew_key
    if key is None or not row.order.may_split or row.visit is not None:
        return key
    return uuid5(key, str(row.change.to_start_at))


def _decide(
    run: PlanRun, changes: Sequence[PlanChange], state: ChangeState, actor: Actor, at: datetime
) -> None:
    """Write what was decided on rows. What would help the work that stays undone is looked up anew after it."""
    if not changes:
        return
    for change in changes:
        change.state, change.decided_by, change.decided_at = state, actor.label[:200], at
    fields = ["state", "decided_by", "decided_at", "reasons", "visit"]
    PlanChange.objects.bulk_update(changes, fields, batch_size=500)
    run.changes.filter(kind=ChangeKind.UNSERVED).exclude(ways_out=None).update(ways_out=None)


def _close(run: PlanRun, at: datetime) -> None:
    """A proposal with nothing left to decide is closed."""
    if (
        run.state == RunState.PROPOSED
        and not run.changes.filter(state=ChangeState.OPEN, kind__in=DOING).exists()
    ):
        run.state = RunState.CLOSED
        run.save(update_fields=["state"])
