"""Reads of notices, own hours and the on-call roster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext as _

from accounts import queries as accounts
from accounts.models import Membership
from core.errors import NotFound
from notices import rules
from notices.models import Notice, OnCallDuty, OwnHours
from tenants.queries import current_tenant


@dataclass(frozen=True)
class Shift:
    """A stretch on call with its person."""

    member: Membership
    from_at: datetime
    until_at: datetime
    duty_id: int
    is_single: bool


def notices_of(membership_id: int, *, only_unread: bool = False) -> models.QuerySet[Notice]:
    """What reached this person, newest first."""
    found = Notice.objects.filter(membership_id=membership_id, delivered_at__isnull=False)
    return found.filter(read_at=None) if only_unread else found


def unread_count(membership_id: int) -> int:
    """How many notices of this person wait to be read."""
    return notices_of(membership_id, only_unread=True).count()


def notice_for_update(notice_id: int, membership_id: int | None) -> Notice:
    """One of this person's own notices, locked. Raises `NotFound`."""
    own = Notice.objects.select_for_update().filter(pk=notice_id, delivered_at__isnull=False)
    notice = own.filter(membership_id=membership_id).first() if membership_id is not None else None
    if notice is None:
        raise NotFound(_("There is no such notice of yours. Look at the list of your notices."))
    return notice


def find_own_hours(membership_id: int) -> OwnHours | None:
    """When and how this person wants to be told, or None when they have not said."""
    return OwnHours.objects.filter(membership_id=membership_id).first()


def wishes_of(membership_ids: Iterable[int]) -> dict[int, OwnHours]:
    """What these people said about being told, by membership; the silent ones get the usual hours."""
    ids = list(membership_ids)
    said = {own.membership_id: own for own in OwnHours.objects.filter(membership_id__in=ids)}
    usual = {pk: OwnHours(membership_id=pk, weekly=rules.USUAL_HOURS) for pk in ids if pk not in said}
    return {**said, **usual}


def reachable(membership_ids: Iterable[int]) -> list[Membership]:
    """Those of these people who are active, with user and role."""
    found = accounts.members().filter(pk__in=list(membership_ids), is_active=True, user__is_active=True)
    return list(found)


def zone_of(member: Membership, default: ZoneInfo) -> ZoneInfo:
    """The person's own time zone, else the tenant's."""
    return ZoneInfo(member.user.time_zone) if member.user.time_zone else default


def duties() -> models.QuerySet[OnCallDuty]:
    """The roster's entries, with their people."""
    return OnCallDuty.objects.select_related("membership__user").order_by("from_at", "id")


def duty_for_update(duty_id: int) -> OnCallDuty:
    """One entry of the roster, locked. Raises `NotFound`."""
    found = OnCallDuty.objects.select_for_update(of=("self",)).select_related("membership")
    duty = found.filter(pk=duty_id).first()
    if duty is None:
        raise NotFound(_("There is no such time on call. Look at the roster."))
    return duty


def on_call_at(at: datetime) -> list[Membership]:
    """The active people who are on call at this instant; may be nobody, or several."""
    entries = list(duties().filter(membership__is_active=True, membership__user__is_active=True))
    people = {entry.membership_id: entry.membership for entry in entries}
    on = rules.on_call(map(_pure, entries), current_tenant().zone, at)
    return [people[pk] for pk in dict.fromkeys(turn.duty.member_id for turn in on)]


def roster(from_at: datetime, until: datetime) -> list[Shift]:
    """Every stretch on call that touches this time, in order."""
    entries = {entry.pk: entry for entry in duties()}
    zone = current_tenant().zone
    found = [turn for entry in entries.values() for turn in rules.turns(_pure(entry), zone, from_at, until)]
    return [
        Shift(
            entries[turn.duty.id].membership,
            turn.from_at,
            turn.until_at,
            turn.duty.id,
            not turn.duty.every_weeks,
        )
        for turn in sorted(found, key=lambda turn: (turn.from_at, turn.duty.id))
    ]


def _pure(duty: OnCallDuty) -> rules.Duty:
    return rules.Duty(
        id=duty.pk,
        member_id=duty.membership_id,
        from_at=duty.from_at,
        until_at=duty.until_at,
        every_weeks=duty.every_weeks,
        last_on=duty.last_on,
    )
