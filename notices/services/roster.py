"""The on-call roster."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, NotFound
from core.validation import check_fields
from journal import services as journal
from notices import queries
from notices.models import OnCallDuty
from notices.permissions import check_roster
from tenants.actors import Actor

LONGEST_DAYS = 366


@transaction.atomic
def add_duty(
    *,
    membership_id: int,
    from_at: datetime,
    until_at: datetime,
    actor: Actor,
    at: datetime,
    every_weeks: int = 0,
    last_on: date | None = None,
) -> OnCallDuty:
    """Put somebody on call: once, or again every so many weeks.

    A single time stands in for the rotation while it lasts. Raises `BadInput` for times of no or too great a
    length, or longer than the weeks after which they come again.
    """
    check_roster(actor)
    people = queries.reachable([membership_id])
    if not people:
        raise NotFound(_("There is no such person here, or they were let out. Choose somebody else."))
    duty = OnCallDuty(
        membership=people[0], from_at=from_at, until_at=until_at, every_weeks=every_weeks, last_on=last_on
    )
    check_fields(duty)
    _check(duty)
    duty.save()
    changes = {
        "person": str(people[0]),
        "from_at": from_at.isoformat(),
        "until_at": until_at.isoformat(),
        "every_weeks": every_weeks,
    }
    journal.record(actor=actor, verb="added", thing=duty, at=at, changes=changes)
    return duty


@transaction.atomic
def remove_duty(*, duty_id: int, actor: Actor, at: datetime) -> None:
    """Take a time on call off the roster, with all its repetitions."""
    duty = queries.duty_for_update(duty_id)
    check_roster(actor)
    journal.record(actor=actor, verb="removed", thing=duty, at=at, changes={"person": str(duty.membership)})
    duty.delete()


def _check(duty: OnCallDuty) -> None:
    length = duty.until_at - duty.from_at
    if length <= timedelta():
        _refuse("until_at", _("The time ends before it begins. Give a later end."))
    if length > timedelta(days=LONGEST_DAYS):
        _refuse("until_at", _("Nobody is on call for more than a year. Give an earlier end."))
    if duty.every_weeks > 52:
        _refuse("every_weeks", _("A time on call comes again within a year: use 1 to 52 weeks."))
    if duty.every_weeks and length > timedelta(weeks=duty.every_weeks):
        _refuse("until_at", _("The time is longer than the weeks after which it comes again."))


def _refuse(field: str, text: str) -> None:
    raise BadInput(text, errors={field: [text]})
