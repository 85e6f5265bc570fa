"""Asking for a plan, and calling it off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, IllegalTransition
from dispatch.policy import BLOCK, OVERTIME
from dispatch.queries import policy_in_force
from journal import services as journal
from planning import queries
from planning.enums import RunKind, RunState
from planning.events import PlanAsked, PlanEnded
from planning.models import PlanRun
from tenants.actors import Actor
from tenants.services import next_number
from workforce import queries as workforce
from workforce.models import Territory

MOST_DAYS = 14
FARTHEST = timedelta(days=366)
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


@transaction.atomic
def ask_plan(
    *,
    from_at: datetime,
    until: datetime,
    actor: Actor,
    at: datetime,
    kind: str = RunKind.BUILD,
    territory_id: int | None = None,
    budget_seconds: int = 5,
    steps: int = 0,
    seed: int = 1,
    with_overtime: bool = False,
) -> PlanRun:
    """Ask for a proposal; a planner takes it up within a second or so.

    `kind` "repair" may also move what was sent, at a price. `steps` above 0 searches so many steps instead of
    seconds: the same plan every time. `with_overtime` allows what each engineer may work beyond the shift, where the
    policy leaves that to a person. Raises `BadInput` for an impossible span, or overtime that the policy forbids,
    `Conflict` naming a run that
    plans the same people already.
    """
    actor.require(Permission.VISIT_PLAN)
    _check_span(from_at, until, at)
    if kind not in RunKind.values:
        raise BadInput(_("%(kind)s is no kind of planning: choose build or repair.") % {"kind": kind})
    if with_overtime and policy_in_force().verdict(OVERTIME) == BLOCK:
        text = _("The policy forbids overtime: ask without it, or change the policy first.")
        raise BadInput(text, errors={"with_overtime": [text]})
    territory = workforce.get_territory(territory_id) if territory_id else None
    _check_alone(territory)
    run = _create(
        kind=kind,
        territory=territory,
        from_at=from_at,
        until=until,
        budget_seconds=budget_seconds,
        steps=steps,
        seed=seed,
        with_overtime=with_overtime,
        asked_by=actor.label[:200],
        asked_at=at,
    )
    journal.record(actor=actor, verb="asked_plan", thing=run, at=at)
    journal.publish(PlanAsked(run_id=run.pk))
    return run


@transaction.atomic
def cancel_run(*, run_id: int, actor: Actor, at: datetime) -> PlanRun:
    """Call a run off that has not ended. A planner at work on it stops within a second."""
    run = queries.run_for_update(run_id)
    actor.require(Permission.VISIT_PLAN, run)
    if run.state == RunState.CANCELLED:
        return run
    if run.state not in UNFINISHED:
        state = RunState(run.state).label
        raise IllegalTransition(
            _("%(run)s is %(state)s already; there is nothing to call off.") % {"run": run, "state": state},
            thing=str(run),
            current=run.state,
        )
    run.state, run.cancel_asked_at, run.ended_at = RunState.CANCELLED, at, at
    run.save(update_fields=["state", "cancel_asked_at", "ended_at"])
    journal.record(actor=actor, verb="cancelled", thing=run, at=at)
    journal.publish(PlanEnded(run_id=run.pk))
    return run


def _check_span(from_at: datetime, until: datetime, at: datetime) -> None:
    problem = ""
    if until <= from_at:
        problem = _("The plan must end after it begins.")
    elif until <= at:
        problem = _("The time to plan has passed: it ended on %(until)s. Plan from now on.")
        problem %= {"until": formats.local_datetime(until)}
    elif until - from_at > timedelta(days=MOST_DAYS):
        problem = _("A run plans %(n)s days at most.") % {"n": MOST_DAYS}
    elif until - at > FARTHEST + timedelta(days=MOST_DAYS):
        problem = _("Nobody plans so far ahead: let the plan begin within a year ahead of now.")
    if problem:
        raise BadInput(problem, errors={"until": [problem]})


def _create(**facts: Any) -> PlanRun:
    """Save a run under the next number of the company; the database has the last word on who is planned already. Raises
    `Conflict` naming the other."""
    facts["number"] = next_number("plan_run")
    try:
        with transaction.atomic():
            return PlanRun.objects.create(**facts)
    except IntegrityError:
        _check_alone(facts["territory"])
        raise


def _check_alone(territory: Territory | None) -> None:
    """Two runs over the same people would only overtake each other."""
    waiting = PlanRun.objects.filter(state__in=UNFINISHED)
    if territory is not None:
        shared = Territory.objects.filter(engineers__in=territory.engineers.filter(is_active=True))
        same = Q(territory__isnull=True) | Q(territory=territory) | Q(territory__in=shared.order_by())
        waiting = waiting.filter(same)
    other = waiting.order_by("id").first()
    if other is not None:
        raise Conflict(
            _("%(run)s plans the same engineers right now. Wait for it, or call it off.") % {"run": other},
            code="busy",
            run_id=other.pk,
        )
