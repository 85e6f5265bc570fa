"""The engineer's taps. Each is a state of the visit and an instant on the time sheet.

A tap that was already made answers the visit as it is: tapping twice does nothing twice.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, IllegalTransition
from delivery import permissions, queries, rules
from delivery.enums import TimeKind
from delivery.events import DelayReported
from delivery.models import Submission, TimeEntry
from dispatch import queries as visits
from dispatch import services as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def accept_visit(*, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None = None) -> Visit:
    """The engineer takes the visit that was sent."""
    return _take(rules.ACCEPT, visit_id=visit_id, actor=actor, at=at, device_at=device_at)


@transaction.atomic
def start_travel(*, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None = None) -> Visit:
    """The engineer sets out: travel time runs until arrival."""
    return _take(rules.TRAVEL, visit_id=visit_id, actor=actor, at=at, device_at=device_at)


@transaction.atomic
def arrive(*, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None = None) -> Visit:
    """The engineer is there: work time runs, and the checklist's present version stays with this visit."""
    visit = _take(rules.ARRIVE, visit_id=visit_id, actor=actor, at=at, device_at=device_at)
    checklist = queries.find_published_checklist(visit.work_order.work_type_id)
    if checklist is not None and queries.submission_of(visit) is None:
        Submission.objects.create(visit=visit, checklist=checklist, started_at=visit.arrived_at or at)
    return visit


@transaction.atomic
def pause_visit(*, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None = None) -> Visit:
    """A break: work time stops."""
    return _take(rules.PAUSE, visit_id=visit_id, actor=actor, at=at, device_at=device_at)


@transaction.atomic
def resume_visit(*, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None = None) -> Visit:
    """The work goes on."""
    return _take(rules.RESUME, visit_id=visit_id, actor=actor, at=at, device_at=device_at)


@transaction.atomic
def report_delay(*, visit_id: int, minutes: int, actor: Actor, at: datetime, note: str = "") -> Visit:
    """Tell the dispatcher that the engineer will be late. The plan stays theirs to change."""
    visit = visits.visit_for_update(visit_id)
    permissions.check_performs(actor, visit)
    before_arrival = (VisitStatus.DISPATCHED, VisitStatus.ACCEPTED, VisitStatus.TRAVELLING)
    if visit.status not in before_arrival:
        raise IllegalTransition(
            _("%(visit)s is “%(status)s”: a delay can be reported only before arriving.")
            % {"visit": visit, "status": visit.get_status_display()}
        )
    if not 1 <= minutes <= 480:
        message = _("A delay is from 1 to 480 minutes. For more, ask the dispatcher to move the visit.")
        raise BadInput(message, errors={"minutes": [message]})
    changes = {"delay_minutes": minutes}
    journal.record(actor=actor, verb="delay_reported", thing=visit, at=at, changes=changes, reason=note[:200])
    journal.publish(DelayReported(visit_id=visit.pk, minutes=minutes, occurred_at=at))
    return visit


def _take(
    step: rules.Step, *, visit_id: int, actor: Actor, at: datetime, device_at: datetime | None
) -> Visit:
    visit = visits.visit_for_update(visit_id)
    permissions.check_performs(actor, visit)
    if visit.status == step.gives:
        return visit
    check_step(visit, step)
    device_at = switch_time(visit, step.time, at=at, device_at=device_at)
    return dispatch.progress_visit(
        visit_id=visit.pk, status=step.gives, actor=actor, at=at, device_at=device_at
    )


def check_step(visit: Visit, step: rules.Step) -> None:
    """Raise `IllegalTransition` naming the visit's state and the state before which the step makes sense."""
    if step.may_follow(visit.status):
        return
    message = _("%(visit)s is “%(status)s”, so it cannot become “%(wanted)s”. It must be “%(before)s” first.")
    raise IllegalTransition(
        message
        % {
            "visit": visit,
            "status": visit.get_status_display(),
            "wanted": step.gives.label,
            "before": " / ".join(str(status.label) for status in step.follows),
        },
        current=visit.status,
        wanted=str(step.gives),
        allowed=[str(status) for status in step.follows],
    )


def switch_time(
    visit: Visit, kind: TimeKind | None, *, at: datetime, device_at: datetime | None
) -> datetime | None:
    """End what runs on the visit's time sheet and begin `kind`, when there is one.

    Returns the device's time as far as it can be true: not after the server's, not before the last tap.
    """
    when = rules.instant(device_at, at, queries.latest_time(visit))
    TimeEntry.objects.filter(visit=visit, end_at__isnull=True).update(end_at=when)
    if kind is not None:
        TimeEntry.objects.create(visit=visit, engineer_id=visit.engineer_id, kind=kind, start_at=when)
    return when if device_at else None
