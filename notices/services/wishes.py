"""What a person wants to be told, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.calendars import WEEKDAYS, Calendar
from core.errors import BadInput, NotAllowed
from core.validation import check_fields
from journal import services as journal
from notices import queries, rules
from notices.models import Notice, OwnHours
from notices.registry import known_kinds
from notices.rules import Hours
from tenants.actors import Actor
from tenants.queries import current_tenant


@transaction.atomic
def set_own_hours(
    *, weekly: Hours, mail: str, kinds: Mapping[str, bool], actor: Actor, at: datetime
) -> OwnHours:
    """Say when and how one wants to be told: for oneself only. It holds for what waits already, too.

    `weekly` maps "mon" … "sun" to [["09:00", "17:00"], …] in one's own time, {} is any time; `mail` is a
    `MailWish`; `kinds` maps codes of kinds to yes or no. Raises `BadInput` when no hour is left.
    """
    if actor.membership_id is None:
        raise NotAllowed(_("Only people have hours of their own."))
    hours = {day: [list(span) for span in weekly.get(day, ())] for day in WEEKDAYS} if weekly else {}
    _check(hours)
    own, _created = OwnHours.objects.select_for_update().get_or_create(membership_id=actor.membership_id)
    own.weekly, own.mail = hours, mail
    own.kinds = {code: bool(wanted) for code, wanted in kinds.items() if code in known_kinds()}
    check_fields(own)
    own.save()
    _wait_anew(own, at)
    journal.record(actor=actor, verb="changed", thing=own, at=at, changes={"mail": mail})
    return own


def _wait_anew(own: OwnHours, at: datetime) -> None:
    zone = queries.zone_of(own.membership, current_tenant().zone)
    held = list(Notice.objects.select_for_update().filter(membership_id=own.membership_id, delivered_at=None))
    for notice in held:
        notice.due_at = rules.due_at(own.weekly, zone, at, at_once=False)
    Notice.objects.bulk_update(held, ["due_at"])


def _check(hours: Mapping[str, list[list[str]]]) -> None:
    try:
        Calendar.from_json(hours)
    except ValueError as problem:
        raise BadInput(_("These hours cannot be used: %(why)s") % {"why": problem}) from problem
    if hours and not any(hours.values()):
        raise BadInput(
            _("Without a single hour nothing would ever reach you. Name some hours, or choose any time.")
        )
