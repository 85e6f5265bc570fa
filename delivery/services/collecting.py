"""What every piece of evidence goes through: the visit locked, the actor known, the engineer there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.errors import IllegalTransition
from delivery import permissions, rules
from delivery.events import EvidenceRecorded
from dispatch import queries as visits
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from journal import services as journal
from tenants.actors import Actor


def visit_collecting(visit_id: int, actor: Actor) -> Visit:
    """The visit, locked. Raises `NotAllowed`, or `IllegalTransition` when nobody is on site."""
    visit = visits.visit_for_update(visit_id)
    permissions.check_performs(actor, visit)
    if visit.status in rules.COLLECTING:
        return visit
    is_before = visit.status in (*rules.OPEN, VisitStatus.SCHEDULED, VisitStatus.PROPOSED)
    message = (
        _("%(visit)s is “%(status)s”: tap “I have arrived” before you record what you do.")
        if is_before
        else _("%(visit)s is “%(status)s”: nothing can be added. Ask for a follow-up visit instead.")
    )
    raise IllegalTransition(
        message % {"visit": visit, "status": visit.get_status_display()},
        current=visit.status,
        allowed=[str(status) for status in rules.COLLECTING],
    )


def tell(
    visit: Visit,
    thing: models.Model,
    *,
    kind: str,
    verb: str,
    actor: Actor,
    at: datetime,
    changes: dict[str, Any],
) -> None:
    """Record and publish one piece of evidence, on the visit's own page of the journal."""
    journal.record(actor=actor, verb=verb, thing=visit, at=at, changes={**changes, kind: thing.pk})
    journal.publish(EvidenceRecorded(visit_id=visit.pk, kind=kind, occurred_at=at))
