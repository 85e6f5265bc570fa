"""What the engineer's taps do to a visit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dispatch import events, queries, rules
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.permissions import check_may_progress
from dispatch.services.following import DISPATCH, follow_visits
from dispatch.services.planning import fact
from journal import services as journal
from tenants.actors import Actor
from tickets import services as tickets
from tickets.enums import SegmentReason, SlaKpi

_STAMPS = {
    VisitStatus.ACCEPTED: "accepted_at",
    VisitStatus.TRAVELLING: "travel_started_at",
    VisitStatus.ON_SITE: "arrived_at",
    VisitStatus.DONE: "ended_at",
    VisitStatus.COULD_NOT_COMPLETE: "ended_at",
    VisitStatus.NO_SHOW: "ended_at",
}


@transaction.atomic
def progress_visit(
    *,
    visit_id: int,
    status: str,
    actor: Actor,
    at: datetime,
    device_at: datetime | None = None,
    reason: str = "",
    follow_up: str = "",
) -> Visit:
    """Record that the engineer accepted, left, arrived, paused, went on or ended.

    Stamps the time of the device when it is given. The same state again changes nothing. Arriving stops the
    ticket's arrival clock, and is the first response where none was given. A visit that ends short leaves its
    reason on the work order; one that is done leaves `follow_up`, why another visit is needed, and otherwise takes
    away what earlier ones left.
    """
    wanted = VisitStatus(status)
    visit = queries.visit_for_update(visit_id)
    check_may_progress(actor, visit)
    if visit.status == wanted:
        return visit
    rules.check_move(str(visit), visit.status, wanted)
    before, visit.status = visit.status, wanted
    _stamp(visit, wanted, device_at or at, reason)
    visit.version += 1
    visit.save()
    why = (reason or str(wanted.label)) if wanted in rules.ENDED_SHORT else follow_up
    _leave_follow_up(visit, wanted, why)
    follow_visits(visit.work_order, at=at)
    if wanted == VisitStatus.ON_SITE:
        _tell_of_arrival(visit, at)
    changes = {"status": [before, wanted.value]}
    journal.record(
        actor=actor,
        verb="progressed",
        thing=visit,
        at=at,
        changes=changes,
        reason=reason[:500],
        device_at=device_at,
    )
    if wanted == VisitStatus.DONE:
        journal.publish(fact(events.VisitCompleted, visit))
    else:
        journal.publish(
            events.VisitProgressed(
                visit_id=visit.pk,
                work_order_id=visit.work_order_id,
                engineer_id=visit.engineer_id,
                status=wanted.value,
            )
        )
    return visit


def _leave_follow_up(visit: Visit, wanted: VisitStatus, why: str) -> None:
    """Of a crew, one who ended short asks for another visit, whoever of the others was done."""
    crew = Visit.objects.filter(crew_key=visit.crew_key) if visit.crew_key else Visit.objects.none()
    if why or (wanted == VisitStatus.DONE and not crew.filter(status__in=rules.ENDED_SHORT).exists()):
        visit.work_order.follow_up_reason = why[:200]


def _stamp(visit: Visit, wanted: VisitStatus, moment: datetime, reason: str) -> None:
    name = _STAMPS.get(wanted)
    if name == "ended_at" or (name and getattr(visit, name) is None):
        setattr(visit, name, moment)
    if name == "ended_at":
        visit.end_reason = reason[:200]


def _tell_of_arrival(visit: Visit, at: datetime) -> None:
    """The ticket's arrival clock stops, and who had heard nothing yet has somebody at the door."""
    ticket_id = visit.work_order.ticket_id
    if ticket_id is not None:
        tickets.stop_clock(
            ticket_id=ticket_id,
            kpi=SlaKpi.ARRIVAL,
            actor=DISPATCH,
            at=visit.arrived_at or at,
            reason=f"{SegmentReason.ON_SITE}:{visit.work_order}",
        )
        tickets.note_first_word(
            ticket_ids=[ticket_id], actor=DISPATCH, at=visit.arrived_at or at, reason=SegmentReason.CAME
        )
