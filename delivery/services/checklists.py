"""Standard procedures, in versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict
from delivery.models import Checklist, ChecklistItem
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def create_checklist(
    *,
    work_type_id: int,
    name: str,
    items: Sequence[dict[str, Any]],
    actor: Actor,
    at: datetime,
    after_version: int | None = None,
) -> Checklist:
    """Publish the next version for a kind of work. Visits already begun keep the version they began with.

    An item is a dict with `kind` and `label`, and perhaps `unit`, `minimum`, `maximum`, `is_required`.
    `after_version` is the version its writer saw (0: none): raises Conflict when there is another by now.
    """
    actor.require(Permission.RULE_EDIT)
    if not items:
        message = _("A checklist needs at least one step.")
        raise BadInput(message, errors={"items": [message]})
    earlier = Checklist.objects.filter(work_type_id=work_type_id)
    last = earlier.aggregate(last=Max("version"))["last"] or 0
    if after_version is not None and after_version != last:
        raise _published_meanwhile(last)
    earlier.update(is_published=False)
    checklist = Checklist(work_type_id=work_type_id, name=name, version=last + 1)
    try:
        with transaction.atomic():
            checklist.save()
    except IntegrityError as problem:
        raise _published_meanwhile(last + 1) from problem
    steps = [ChecklistItem(checklist=checklist, position=n, **item) for n, item in enumerate(items, start=1)]
    for step in steps:
        _check(step)
    ChecklistItem.objects.bulk_create(steps)
    journal.record(actor=actor, verb="published", thing=checklist, at=at, changes={"steps": len(steps)})
    return checklist


def _published_meanwhile(version: int) -> Conflict:
    message = _("Somebody published version %(version)s meanwhile. Open the checklist again and look at it.")
    return Conflict(message % {"version": version})


def _check(step: ChecklistItem) -> None:
    try:
        step.clean_fields(exclude=["tenant", "checklist"])
    except ValidationError as error:
        detail = " ".join(error.messages)
        message = _("Step %(number)d: %(detail)s") % {"number": step.position, "detail": detail}
        raise BadInput(message, errors={"items": [message]}) from error
    if step.minimum is not None and step.maximum is not None and step.minimum > step.maximum:
        message = _("Step %(number)d: the lower limit is above the upper one.") % {"number": step.position}
        raise BadInput(message, errors={"items": [message]})
