"""Who goes when: scheduling, moving, sending and cancelling visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict
from dispatch import events, queries, rules
from dispatch.enums import VisitStatus
from dispatch.evaluator import Verdict
from dispatch.models import Visit
from dispatch.queries.planning import instant
from dispatch.queries.turns import take_turn_at_weeks_of
from dispatch.queries.windows import window_around
from dispatch.services.consenting import check_consent, promise, withdraw_open
from dispatch.services.following import (
    check_movable,
    check_takes_a_visit,
    check_work_is_open,
    follow_ticket,
    follow_visits,
)
from dispatch.services.judging import (
    CannotSchedule,
    alone,
    check_time,
    check_together,
    check_verdict,
    fitting_end,
    judge,
    plan_facts,
    save_planned,
)
from journal import queries as records
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def schedule_visit(
    *,
    work_order_id: int,
    engineer_id: int,
    start_at: datetime,
    actor: Actor,
    at: datetime,
    end_at: datetime | None = None,
    override_reason: str = "",
) -> Visit:
    """Plan a visit; it stays private until it is sent. Without `end_at` it takes all that is left to do, or, of
    work that may be split, as much of it as fits.

    Raises `CannotSchedule` with the reasons when a rule is broken; those that the policy only wants confirmed
    may be broken with an `override_reason`. Raises `Conflict` naming the other visit when the time is taken, or
    the work has a visit already.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    visits = check_takes_a_visit(work_order, reason=override_reason)
    end_at = end_at or fitting_end(work_order, engineer_id, start_at)
    check_time(start_at, end_at, at, override_reason)
    verdict = alone(work_order, judge(work_order, engineer_id, start_at, end_at, at=at))
    check_verdict(work_order, verdict, override_reason)
    visit = Visit(
        work_order=work_order,
        engineer_id=engineer_id,
        start_at=start_at,
        end_at=end_at,
        status=VisitStatus.SCHEDULED,
        **plan_facts(verdict, override_reason),
    )
    save_planned(visit)
    follow_visits(work_order, at=at, visits=[*visits, visit])
    facts = {"work_order": str(work_order), "engineer": verdict.person.name, "from": start_at.isoformat()}
    journal.record(
        actor=actor, verb="scheduled", thing=visit, at=at, changes=facts, reason=override_reason[:500]
    )
    journal.publish(fact(events.VisitScheduled, visit))
    return visit


@transaction.atomic
def move_visit(
    *,
    visit_id: int,
    engineer_id: int,
    start_at: datetime,
    version: int,
    actor: Actor,
    at: datetime,
    override_reason: str = "",
    customer_agreed: bool = False,
) -> Visit:
    """Give a visit another engineer or time, keeping its length.

    `version` is the one the caller saw: a newer one raises `Conflict` saying who changed it and when. A
    visit the engineer had accepted must be accepted again. One that would leave what its customer confirmed
    raises `NeedsConsent`, unless `customer_agreed` otherwise than by our question, as `override_reason` tells.
    """
    visit = queries.visit_for_update(visit_id)
    actor.require(Permission.VISIT_PLAN, visit)
    check_version(visit, version)
    check_movable(visit)
    if customer_agreed and queries.appointment_of(visit).needs_consent(engineer_id, start_at):
        _agree(visit, start_at, override_reason, actor=actor, at=at)
    else:
        check_consent(visit, engineer_id, start_at)
        customer_agreed = False
    others = queries.others_of_crew_for_update(visit)
    _check_not_among(others, engineer_id)
    end_at = start_at + (visit.end_at - visit.start_at)
    check_time(start_at, end_at, at, override_reason)
    following = others if start_at != _start_of(others) else []
    if following:
        take_turn_at_weeks_of([engineer_id, *(other.engineer_id for other in following)])
    verdict = judge(visit.work_order, engineer_id, start_at, end_at, at=at, ignoring=visit.pk)
    check_verdict(visit.work_order, verdict, override_reason)
    if others and engineer_id != visit.engineer_id:
        check_together(visit, verdict, others)
    source = "customer agreed" if customer_agreed else ""
    move_to(visit, verdict, override_reason, actor=actor, at=at, source=source)
    for other in following:
        check_movable(other)
        other.work_order = visit.work_order
        judged = judge(other.work_order, other.engineer_id, start_at, end_at, at=at, ignoring=other.pk)
        check_verdict(other.work_order, judged, override_reason)
        move_to(other, judged, override_reason, actor=actor, at=at, source=source)
    withdraw_open([visit.pk, *(other.pk for other in others)], actor=actor, at=at, reason=override_reason)
    follow_visits(visit.work_order, at=at)
    return visit


def _agree(visit: Visit, start_at: datetime, reason: str, *, actor: Actor, at: datetime) -> None:
    """Take it that the customer agreed, for the reason told: a new window is promised."""
    if not reason.strip():
        text = _("Say how the customer agreed, such as “by phone with Ms Sato”.")
        raise BadInput(text, errors={"override_reason": [text]})
    promise(visit.work_order, window_around(visit.work_order, start_at), actor=actor, at=at)


def _start_of(others: Sequence[Visit]) -> datetime | None:
    """When the rest of a crew begins; None when there is no rest."""
    return others[0].start_at if others else None


def _check_not_among(others: Sequence[Visit], engineer_id: int) -> None:
    """Nobody goes twice in one crew."""
    twice = next((other for other in others if other.engineer_id == engineer_id), None)
    if twice is not None:
        raise CannotSchedule(
            _("%(engineer)s goes with this crew already. Choose somebody else.")
            % {"engineer": twice.engineer.name},
            reasons=[],
            can_be_forced=False,
        )


def move_to(
    visit: Visit, verdict: Verdict, override_reason: str, *, actor: Actor, at: datetime, source: str = ""
) -> None:
    """Write where the verdict says that the visit goes, and tell."""
    start, end = verdict.span
    before = {"engineer": visit.engineer.name, "from": visit.start_at.isoformat()}
    left = visit.engineer_id, visit.start_at
    visit.told_start_at = queries.start_told(visit, instant(start))
    visit.engineer_id, visit.start_at, visit.end_at = verdict.person.id, instant(start), instant(end)
    if visit.status == VisitStatus.ACCEPTED:
        visit.status, visit.accepted_at = VisitStatus.DISPATCHED, None
    for name, value in plan_facts(verdict, override_reason).items():
        setattr(visit, name, value)
    visit.version += 1
    save_planned(visit)
    after = {"engineer": verdict.person.name, "from": visit.start_at.isoformat()}
    changes = {key: [before[key], after[key]] for key in before if before[key] != after[key]}
    journal.record(
        actor=actor,
        verb="moved",
        thing=visit,
        at=at,
        changes=changes,
        reason=override_reason[:500],
        source=source,
    )
    journal.publish(moved_from(visit, *left))


@transaction.atomic
def send_visit(*, visit_id: int, actor: Actor, at: datetime) -> Visit:
    """Tell the engineer, and the others of the crew. A visit that was sent already changes nothing."""
    visit = queries.visit_for_update(visit_id)
    actor.require(Permission.VISIT_PLAN, visit)
    if visit.sent_at is not None and visit.status == VisitStatus.DISPATCHED:
        return visit
    unsent = [one for one in queries.others_of_crew_for_update(visit) if one.sent_at is None]
    for one in [visit, *unsent]:
        rules.check_move(str(one), one.status, VisitStatus.DISPATCHED)
        one.status, one.sent_at = VisitStatus.DISPATCHED, at
        one.version += 1
        one.save(update_fields=["status", "sent_at", "version", "updated_at"])
        journal.record(actor=actor, verb="sent", thing=one, at=at)
        journal.publish(fact(events.VisitSent, one))
    return visit


@transaction.atomic
def send_drafts(*, from_at: datetime, to_at: datetime, actor: Actor, at: datetime) -> int:
    """Send every planned, unsent visit that starts between two instants. Returns how many."""
    actor.require(Permission.VISIT_PLAN)
    drafts = list(
        Visit.objects.select_for_update()
        .filter(status=VisitStatus.SCHEDULED, start_at__gte=from_at, start_at__lt=to_at)
        .order_by("id")
    )
    for visit in drafts:
        visit.status, visit.sent_at, visit.updated_at = VisitStatus.DISPATCHED, at, at
        visit.version += 1
    Visit.objects.bulk_update(drafts, ["status", "sent_at", "version", "updated_at"], batch_size=500)
    journal.record_many(actor=actor, verb="sent", things=drafts, at=at, source="send drafts")
    journal.publish(*(fact(events.VisitSent, visit) for visit in drafts))
    return len(drafts)


@transaction.atomic
def cancel_visit(*, visit_id: int, reason: str, actor: Actor, at: datetime) -> Visit:
    """Call a visit off before the engineer is on site, with all of its crew. Its work waits to be planned
    again."""
    visit = queries.visit_for_update(visit_id)
    actor.require(Permission.VISIT_PLAN, visit)
    if visit.status == VisitStatus.CANCELLED:
        return visit
    together = [visit, *queries.others_of_crew_for_update(visit)]
    for one in together:
        rules.check_move(str(one), one.status, VisitStatus.CANCELLED)
        one.status, one.ended_at, one.end_reason = VisitStatus.CANCELLED, at, reason[:200]
        one.version += 1
        one.save(update_fields=["status", "ended_at", "end_reason", "version", "updated_at"])
        journal.record(actor=actor, verb="cancelled", thing=one, at=at, reason=reason[:500])
        journal.publish(fact(events.VisitCancelled, one))
    withdraw_open([one.pk for one in together], actor=actor, at=at, reason=reason)
    follow_visits(visit.work_order, at=at)
    return visit


@transaction.atomic
def follow_merged_ticket(*, ticket_id: int, actor: Actor, at: datetime) -> None:
    """Let a ticket wait for the visits of tickets merged into it. Changes nothing when it waits already."""
    actor.require(Permission.VISIT_PLAN)
    follow_ticket(ticket_id, at=at)


def fact(kind: type[events.VisitFact], visit: Visit) -> events.VisitFact:
    """A fact about a visit with the ids that every such fact carries."""
    return kind(visit_id=visit.pk, work_order_id=visit.work_order_id, engineer_id=visit.engineer_id)


def moved_from(visit: Visit, engineer_id: int, start_at: datetime) -> events.VisitMoved:
    """The fact that a visit was moved from this engineer and start."""
    return events.VisitMoved(
        visit_id=visit.pk,
        work_order_id=visit.work_order_id,
        engineer_id=visit.engineer_id,
        from_engineer_id=engineer_id,
        from_start_at=start_at,
    )


def check_version(visit: Visit, version: int) -> None:
    """Raise `Conflict` saying who changed the visit since the caller saw it."""
    if visit.version == version:
        return
    last = records.entries_about(visit).first()
    who = last.actor_label if last else _("somebody")
    when = last.at if last else visit.updated_at
    message = _(
        "%(thing)s was changed by %(who)s at %(when)s: it is now with %(engineer)s at %(start)s. "
        "Look again, then decide."
    )
    facts = {
        "thing": visit,
        "who": who,
        "when": formats.local_time(when),
        "engineer": visit.engineer.name,
        "start": formats.local_time(visit.start_at),
    }
    raise Conflict(
        message % facts,
        code="stale",
        version=visit.version,
        changed_by=who,
        changed_at=when.isoformat(),
        engineer_id=visit.engineer_id,
        start_at=visit.start_at.isoformat(),
    )
