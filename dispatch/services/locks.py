"""How firmly a visit is promised, as a dispatcher says it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from dispatch import events, queries
from dispatch.enums import LockLevel
from dispatch.models import Visit
from dispatch.queries.windows import window_around
from dispatch.services.consenting import promise, withdraw_open
from dispatch.services.following import check_movable, note_told
from dispatch.services.planning import check_version, fact
from journal import services as journal
from tenants.actors import Actor

_FIRMNESS = [LockLevel.PROPOSED, LockLevel.CONFIRMED, LockLevel.COMMITTED]


@transaction.atomic
def lock_visit(
    *, visit_id: int, lock_level: str, version: int, actor: Actor, at: datetime, reason: str = ""
) -> Visit:
    """Say that the customer confirmed a visit (when somebody comes) or that it is committed (who comes, too), or
    release it, which needs a reason. All of a crew follow.

    Confirming promises the window of the customer's day around the visit's start, unless one that covers it is
    promised. From then on `move_visit` asks for consent, and planning runs leave it alone. Who asked was spoken to:
    that is the first response where none was given.
    """
    visit = queries.visit_for_update(visit_id)
    actor.require(Permission.VISIT_PLAN, visit)
    check_version(visit, version)
    wanted, before = LockLevel(lock_level), LockLevel(visit.lock_level)
    if wanted == before:
        return visit
    check_movable(visit)
    is_released = _FIRMNESS.index(wanted) < _FIRMNESS.index(before)
    if is_released and not reason.strip():
        text = _("Say why the promise no longer holds, such as “customer is away, by phone”.")
        raise BadInput(text, errors={"reason": [text]})
    crew = [visit, *queries.others_of_crew_for_update(visit)]
    for one in crew:
        one.lock_level = wanted
        one.version += 1
        one.save(update_fields=["lock_level", "version", "updated_at"])
        changes = {"lock_level": [before.value, wanted.value]}
        journal.record(actor=actor, verb="locked", thing=one, at=at, changes=changes, reason=reason[:500])
        journal.publish(fact(events.VisitLocked, one))
    if wanted == LockLevel.PROPOSED:
        withdraw_open([one.pk for one in crew], actor=actor, at=at, reason=reason)
        return visit
    if not _is_promised(visit):
        promise(visit.work_order, window_around(visit.work_order, visit.start_at), actor=actor, at=at)
    note_told(visit.work_order, at=at)
    return visit


def _is_promised(visit: Visit) -> bool:
    held = queries.appointment_of(visit)
    return held.opens < held.closes
