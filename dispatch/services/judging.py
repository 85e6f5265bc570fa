"""Judging before writing: the evaluator's verdict on one visit, what is kept of it, and the database's last word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django.db import IntegrityError
from django.utils.translation import gettext as _

from core import formats
from core.errors import BadInput, Conflict, NotFound, Refusal
from dispatch import evaluator, queries, reasons, rules
from dispatch.crews import check_team
from dispatch.evaluator import Reason, Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.policy import ALLOW, CONFIRM, CREW
from dispatch.queries.capacity import with_room
from dispatch.queries.live import engineer_at
from dispatch.queries.planning import in_force_for, load_world, seconds
from dispatch.queries.stints import work_at
from dispatch.queries.turns import take_turn_at_parts, take_turn_at_weeks
from dispatch.services.following import check_takes_a_visit, despite_deadlocks, sqlstate_of
from dispatch.stints import longest_stint
from tenants.rows import insert_row
from workforce import queries as workforce
from workforce.models import Skill

_TAKEN = {"23P01", "23505"}
"""What PostgreSQL says when an engineer's time, or the one visit that work may have to come, is taken."""


LONGEST_VISIT = timedelta(hours=24)
MOST_BACK = timedelta(hours=12)
"""A shift that has begun may still be planned; what happened before is told by the visit's own times."""
JUST_NOW = timedelta(minutes=15)
"""So long a page may lie open until its "now" needs a reason."""


class CannotSchedule(Refusal):
    """The evaluator says no. `reasons` lists every broken rule; `can_be_forced` whether a reason is
    enough."""

    code: ClassVar[str] = "rule_broken"


def judge(
    work_order: WorkOrder,
    engineer_id: int,
    start_at: datetime,
    end_at: datetime,
    *,
    at: datetime,
    ignoring: int = 0,
) -> Verdict:
    """The evaluator's verdict on one engineer at one time, with what capacity keeps at `at`; it stays true of the parts
    of the van until the transaction ends. Raises `NotFound` for an unknown engineer."""
    policy, rules = in_force_for(work_order)
    work = work_at(work_order, start_at, end_at, ignoring)
    take_turn_at_parts(work.parts)
    policy = queries.knowing(policy, [work.place])
    work = with_room(
        work,
        policy,
        (start_at, end_at),
        at=at,
        ignoring=[ignoring] if ignoring else (),
        minutes=int((end_at - start_at).total_seconds()) // 60,
        rules=rules,
    )

    def verdict() -> Verdict:
        person = engineer_at(engineer_id, start_at, end_at, part_ids=list(work.parts))
        if person is None:
            raise NotFound(_("Engineer %(id)s: not found.") % {"id": engineer_id})
        span = seconds(start_at), seconds(end_at)
        return evaluator.evaluate_as_told(
            person, work, span[0], end=span[1], ignoring=ignoring, policy=policy
        )

    found = verdict()
    return verdict() if take_turn_at_weeks([found]) else found


def fitting_end(work_order: WorkOrder, engineer_id: int, start_at: datetime) -> datetime:
    """When a visit planned at a time ends: after all that is left to do, or, of work that may be split, as much
    of it as fits there."""
    whole = start_at + timedelta(minutes=work_order.minutes_to_plan)
    if not work_order.may_split:
        return whole
    work = work_at(work_order, start_at, whole)
    world = load_world(start_at, whole, engineer_ids=[engineer_id], part_ids=list(work.parts))
    person = world.person(engineer_id)
    if person is None:
        return whole
    policy = queries.knowing(world.policy, [work.place])
    return start_at + timedelta(seconds=longest_stint(person, work, seconds(start_at), policy))


def alone(work_order: WorkOrder, verdict: Verdict) -> Verdict:
    """The verdict on somebody who would go alone to work that needs several."""
    if work_order.crew_size == 1 or verdict.policy.verdict(CREW) == ALLOW:
        return verdict
    missing = Reason(CREW, {"needed": work_order.crew_size, "given": 1})
    return replace(verdict, broken=(*verdict.broken, missing))


def check_together(visit: Visit, verdict: Verdict, others: Sequence[Visit]) -> None:
    """Raise `CannotSchedule` unless whom the verdict is about may take the visit with the others of its crew."""
    ids = [other.engineer_id for other in others]
    world = load_world(visit.start_at, visit.end_at, engineer_ids=ids)
    people = [verdict.person, *world.people]
    work = work_at(visit.work_order, visit.start_at, visit.end_at)
    against = check_team(
        people, replace(work, crew_size=len(people)), queries.likings([p.id for p in people])
    )
    if against:
        raise no_crew(visit.work_order, against, [verdict])


def check_time(start_at: datetime, end_at: datetime, at: datetime, override_reason: str = "") -> None:
    """Raise `BadInput` for a visit longer than a day, or in a time that is too long over to be planned;
    `CannotSchedule` for a start that is just over, without a reason."""
    if end_at - start_at > LONGEST_VISIT:
        length = formats.minutes((end_at - start_at).total_seconds() / 60)
        text = _("A visit lasts a day at most, not %(time)s. Plan several visits.") % {"time": length}
        raise BadInput(text, errors={"end_at": [text]})
    facts = {"time": formats.local_datetime(start_at)}
    if start_at < at - MOST_BACK:
        text = _("%(time)s is over. Choose a later time; what happened is told on the visit itself.") % facts
        raise BadInput(text, errors={"start_at": [text]})
    if start_at < at - JUST_NOW and not override_reason.strip():
        reason = Reason("past", {"minutes": int((at - start_at).total_seconds()) // 60})
        told = {**reason.as_json(), "verdict": CONFIRM, "text": reasons.words(reason)}
        message = _("%(time)s is over. Choose a later time, or give a reason to plan it anyway.") % facts
        raise CannotSchedule(message, reasons=[told], can_be_forced=True)


def check_verdict(work_order: WorkOrder, verdict: Verdict, override_reason: str | None) -> None:
    """Raise unless the verdict is clean, or the policy only wants a reason for what is broken and there is
    one. None: who plans cannot give any, and is not told to."""
    can_be_forced = verdict.can_be_forced and override_reason is not None
    if not verdict.broken or (can_be_forced and override_reason and override_reason.strip()):
        return
    overlap = next((r for r in verdict.broken if r.code == evaluator.OVERLAP), None)
    if overlap is not None:
        raise _taken(verdict.person.name, overlap.facts["visit_id"])
    names = skill_names(verdict)
    told = reasons.sentence(verdict.broken, names)
    way_out = (
        _("Choose another time or engineer, or give a reason to do it anyway.")
        if can_be_forced
        else _("Choose another time or engineer.")
    )
    raise CannotSchedule(
        _("%(work_order)s cannot go to %(engineer)s: %(reasons)s. %(way_out)s")
        % {"work_order": work_order, "engineer": verdict.person.name, "reasons": told, "way_out": way_out},
        reasons=[{**told, "text": reasons.words(told, names)} for told in verdict.told()],
        can_be_forced=can_be_forced,
    )


def no_crew(work_order: WorkOrder, together: Sequence[Reason], verdicts: Sequence[Verdict]) -> CannotSchedule:
    """The refusal of people who may not go together, or are no whole crew."""
    names = _names_of([*together, *(reason for verdict in verdicts for reason in verdict.broken)])
    return CannotSchedule(
        _("%(work_order)s cannot go to this crew: %(reasons)s. Choose other engineers.")
        % {"work_order": work_order, "reasons": reasons.sentence(together, names)},
        reasons=[{**reason.as_json(), "text": reasons.words(reason, names)} for reason in together],
        can_be_forced=False,
    )


def skill_names(*verdicts: Verdict) -> Mapping[int, str]:
    """Names of the skills that the verdicts speak of."""
    return _names_of(reason for verdict in verdicts for reason in verdict.broken)


def _names_of(told: Iterable[Reason]) -> dict[int, str]:
    ids = {reason.facts["skill_id"] for reason in told if "skill_id" in reason.facts}
    return dict(Skill.objects.filter(pk__in=ids).values_list("id", "name")) if ids else {}


def plan_facts(verdict: Verdict, override_reason: str) -> dict[str, Any]:
    """What a visit keeps of the verdict it was planned by."""
    reason: dict[str, Any] = {}
    if verdict.broken:
        reason = {"broken": [r.as_json() for r in verdict.broken], "override": override_reason.strip()[:500]}
    return {
        "travel_minutes": verdict.travel_minutes,
        "travel_km": round(verdict.travel_km, 1),
        "reason": reason,
        "policy_version": verdict.policy.version,
    }


def is_taken(problem: IntegrityError) -> bool:
    """Whether the database refused a visit because another one stands in its way."""
    return sqlstate_of(problem) in _TAKEN


def save_planned(visit: Visit) -> None:
    """Save a planned visit; the database has the last word on overlaps, and on a second visit of the same work.
    Raises `Conflict` naming the other."""
    try:
        despite_deadlocks(visit.save if visit.pk else partial(insert_row, visit))
    except IntegrityError as problem:
        if not is_taken(problem):
            raise
        check_takes_a_visit(visit.work_order)
        raise _taken_between(visit) from problem


def _taken_between(visit: Visit) -> Conflict:
    other = (
        Visit.objects.filter(
            engineer_id=visit.engineer_id,
            start_at__lt=visit.end_at,
            end_at__gt=visit.start_at,
            status__in=rules.OCCUPYING,
        )
        .exclude(pk=visit.pk)
        .order_by("start_at")
        .first()
    )
    name = workforce.get_engineer(visit.engineer_id).name
    return _taken(name, other.pk if other else None)


def _taken(engineer: str, other_id: int | None) -> Conflict:
    other = queries.visits().filter(pk=other_id).first() if other_id else None
    if other is None:
        return Conflict(
            _(
                "%(engineer)s was given another visit at that time just now. "
                "Look again and choose another time."
            )
            % {"engineer": engineer},
            code="overlap",
        )
    message = _(
        "%(engineer)s has %(work_order)s (%(site)s) from %(from)s to %(to)s. "
        "Choose another time or engineer, or move that visit first."
    )
    facts = {
        "engineer": engineer,
        "work_order": other.work_order,
        "site": other.work_order.site.name,
        "from": formats.local_time(other.start_at),
        "to": formats.local_time(other.end_at),
    }
    return Conflict(message % facts, code="overlap", visit_id=other.pk, work_order=str(other.work_order))
