"""Absences: when an engineer cannot be sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant
from workforce import queries
from workforce.events import AvailabilityChanged
from workforce.models import Absence, Engineer
from workforce.services.saving import touch

LONGEST = timedelta(days=5 * 366)


@transaction.atomic
def add_absence(
    *, engineer_id: int, start_at: datetime, end_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> Absence:
    """Keep a time free of visits. Visits already planned in it stay, and are for the dispatcher to move.

    Raises Conflict, naming the other one, when it overlaps an absence that is known already.
    """
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    _check(engineer, start_at, end_at)
    absence = Absence.objects.create(
        engineer=engineer, start_at=start_at, end_at=end_at, reason=reason.strip()[:200]
    )
    facts = {"from": start_at.isoformat(), "to": end_at.isoformat(), "reason": absence.reason}
    touch(engineer, actor, at, {"absence": facts})
    journal.publish(AvailabilityChanged(engineer_id=engineer.pk))
    return absence


@transaction.atomic
def update_absence(
    *, absence_id: int, start_at: datetime, end_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> Absence:
    """Change an absence's time and reason. As for a new one, visits stay and others may not be overlapped."""
    absence = queries.absence_for_update(absence_id)
    actor.require(Permission.WORKFORCE_EDIT, absence)
    _check(absence.engineer, start_at, end_at, ignoring=absence.pk)
    before = [absence.start_at.isoformat(), absence.end_at.isoformat(), absence.reason]
    absence.start_at, absence.end_at, absence.reason = start_at, end_at, reason.strip()[:200]
    after = [absence.start_at.isoformat(), absence.end_at.isoformat(), absence.reason]
    if before != after:
        absence.save()
        touch(absence.engineer, actor, at, {"absence": [before, after]})
        journal.publish(AvailabilityChanged(engineer_id=absence.engineer_id))
    return absence


@transaction.atomic
def remove_absence(*, absence_id: int, actor: Actor, at: datetime) -> None:
    """Take an absence back. One that is gone already changes nothing."""
    absence = Absence.objects.select_for_update().select_related("engineer").filter(pk=absence_id).first()
    actor.require(Permission.WORKFORCE_EDIT, absence)
    if absence is None:
        return
    touch(absence.engineer, actor, at, {"absence": [absence.start_at.isoformat(), None]})
    journal.publish(AvailabilityChanged(engineer_id=absence.engineer_id))
    absence.delete()


def _check(engineer: Engineer, start_at: datetime, end_at: datetime, *, ignoring: int = 0) -> None:
    if end_at <= start_at:
        raise BadInput(_("The absence ends before it starts. Swap the two times."))
    if end_at - start_at > LONGEST:
        raise BadInput(_("An absence is at most five years long. Set the engineer to not active instead."))
    others = engineer.absences.filter(start_at__lt=end_at, end_at__gt=start_at).exclude(pk=ignoring)
    other = others.order_by("start_at").first()
    if other is not None:
        zone = engineer.zone or current_tenant().zone
        start, end = (
            date_format(edge.astimezone(zone), "SHORT_DATETIME_FORMAT")
            for edge in (other.start_at, other.end_at)
        )
        raise Conflict(
            _("%(name)s is absent from %(start)s to %(end)s already. Change that absence instead.")
            % {"name": engineer.name, "start": start, "end": end},
            existing_id=other.pk,
        )
