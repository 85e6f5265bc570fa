"""How a visit ends: done, with the evidence it needs, or not, with the reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from core.text import clean
from delivery import permissions, queries, rules
from delivery.models import Submission
from delivery.services.steps import check_step, switch_time
from dispatch import queries as visits
from dispatch import services as dispatch
from dispatch.models import Visit
from journal import services as journal
from tenants.actors import Actor


class EvidenceMissing(Conflict):
    """The visit lacks what its work needs. `facts["missing"]` lists the labels."""

    code = "evidence_missing"


@transaction.atomic
def complete_visit(
    *,
    visit_id: int,
    actor: Actor,
    at: datetime,
    remarks: str = "",
    follow_up: str = "",
    device_at: datetime | None = None,
) -> Visit:
    """The work of this visit is done. Refused with exactly what is missing; settlement and rating follow by
    themselves. `follow_up` says why another visit is needed: the work order then waits for one."""
    visit = visits.visit_for_update(visit_id)
    permissions.check_performs(actor, visit)
    if visit.status == rules.COMPLETE.gives:
        return visit
    check_step(visit, rules.COMPLETE)
    _check_evidence(visit)
    device_at = switch_time(visit, None, at=at, device_at=device_at)
    Submission.objects.filter(visit=visit, completed_at__isnull=True).update(completed_at=at)
    if remarks := clean(remarks).strip()[:200]:
        journal.record(actor=actor, verb="remarked", thing=visit, at=at, reason=remarks)
    return dispatch.progress_visit(
        visit_id=visit.pk,
        status=rules.COMPLETE.gives,
        actor=actor,
        at=at,
        device_at=device_at,
        reason=remarks,
        follow_up=clean(follow_up).strip(),
    )


@transaction.atomic
def could_not_complete(
    *, visit_id: int, reason: str, actor: Actor, at: datetime, device_at: datetime | None = None
) -> Visit:
    """The work could not be done: the reason goes with the work order, which waits for another visit."""
    return _end_short(rules.GIVE_UP, visit_id, reason, actor=actor, at=at, device_at=device_at)


@transaction.atomic
def no_show(
    *, visit_id: int, reason: str, actor: Actor, at: datetime, device_at: datetime | None = None
) -> Visit:
    """Nobody was there, whether the engineer had said that they arrived or not. The reason goes with the work
    order, which waits for another visit."""
    return _end_short(rules.NOBODY_THERE, visit_id, reason, actor=actor, at=at, device_at=device_at)


def _end_short(
    step: rules.Step, visit_id: int, reason: str, *, actor: Actor, at: datetime, device_at: datetime | None
) -> Visit:
    visit = visits.visit_for_update(visit_id)
    permissions.check_performs(actor, visit)
    if visit.status == step.gives:
        return visit
    check_step(visit, step)
    reason = clean(reason).strip()[:200]
    if not reason:
        message = _("Say why the work could not be completed: the next engineer reads it.")
        raise BadInput(message, errors={"reason": [message]})
    device_at = switch_time(visit, None, at=at, device_at=device_at)
    return dispatch.progress_visit(
        visit_id=visit.pk, status=step.gives, actor=actor, at=at, device_at=device_at, reason=reason
    )


def _check_evidence(visit: Visit) -> None:
    """Of work that takes several days its last stint brings the evidence."""
    if not visits.is_last_stint(visit):
        return
    missing = queries.missing_evidence(visit)
    if missing:
        labels = [lack.label for lack in missing]
        raise EvidenceMissing(
            _("%(visit)s cannot be finished yet. Still missing: %(labels)s.")
            % {"visit": visit, "labels": "; ".join(labels)},
            missing=labels,
        )
