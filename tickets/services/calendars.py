"""Business calendars: every change is a new version, and the clocks that use it are replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.calendars import Calendar
from core.clock import now
from core.errors import BadInput
from core.validation import check_fields
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.enums import Language
from tenants.queries import active_tenant_ids, current_tenant
from tickets import business_days, closed_days, queries
from tickets.enums import SegmentReason
from tickets.models import BusinessCalendar, CalendarVersion
from tickets.services.replays import replay_clocks

Day = dict[str, Any]
MOST_OWN_DAYS = 2_000
_NAMES_IN: dict[str, str] = {Language.ENGLISH: "en_US", Language.JAPANESE: "ja", Language.CHINESE: "zh_CN"}
"""How the `holidays` library calls the company's language; where it lacks one, it answers in English."""
CALENDAR_KEEPER = Actor.system("calendar keeper")


@transaction.atomic
def create_calendar(
    *,
    name: str,
    weekly: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    time_zone: str = "",
    country: str = "",
    subdivision: str = "",
    works_make_up_days: bool = True,
    own_days: Sequence[Day] = (),
) -> BusinessCalendar:
    """Name a set of business hours with its first version. `weekly` {} is around the clock.

    Raises BadInput with the field for unreadable hours, an unknown zone, country or region.
    """
    actor.require(Permission.TENANT_MANAGE)
    calendar = BusinessCalendar(name=name.strip(), time_zone=time_zone)
    check_fields(calendar)
    calendar.save(force_insert=True)
    version = CalendarVersion(
        calendar=calendar,
        weekly=dict(weekly),
        country=country,
        subdivision=subdivision,
        works_make_up_days=works_make_up_days,
        own_days=list(own_days),
    )
    _publish(calendar, version, reason=SegmentReason.OPENED, actor=actor, at=at)
    journal.record(actor=actor, verb="created", thing=calendar, at=at)
    return calendar


@transaction.atomic
def update_calendar(
    *, calendar_id: int, actor: Actor, at: datetime, reason: str = SegmentReason.CALENDAR, **changes: Any
) -> BusinessCalendar:
    """Publish a new version of a calendar with these changes, and replay the clocks that count by it.

    `changes` may hold name, time_zone, is_active, weekly, country, subdivision, works_make_up_days, own_days.
    """
    calendar = queries.calendar_for_update(calendar_id)
    actor.require(Permission.TENANT_MANAGE, calendar)
    last = queries.version_in_force(calendar)
    version = CalendarVersion(**{name: changes.get(name, getattr(last, name)) for name in _VERSIONED})
    for name in _NAMED & changes.keys():
        setattr(calendar, name, changes[name])
    check_fields(calendar)
    _publish(calendar, version, reason=reason, actor=actor, at=at, number=last.number + 1)
    told = {name: [_told(last, calendar, name), value] for name, value in changes.items()}
    journal.record(actor=actor, verb="changed", thing=calendar, at=at, changes=_short(told))
    replay_clocks(reason=reason, calendar_id=calendar.pk, actor=actor, at=at)
    return calendar


@transaction.atomic
def import_closed_days(*, calendar_id: int, data: bytes, actor: Actor, at: datetime) -> int:
    """Take over the closed days of an iCalendar file, for the years that matter; returns how many.

    A day of our own that was told before is told anew; public holidays stay closed. A file that closes no day
    makes no version. Raises BadInput for what is no calendar.
    """
    calendar = queries.get_calendar(calendar_id)
    actor.require(Permission.TENANT_MANAGE, calendar)
    version, tenant = queries.version_in_force(calendar), current_tenant()
    zone = ZoneInfo(calendar.time_zone) if calendar.time_zone else tenant.zone
    first, last = business_days.years_that_matter(at.astimezone(tenant.zone).date())
    try:
        found = closed_days.from_ical(data, _lawful(version, first, last), zone, first, last)
    except closed_days.NotTaken as error:
        raise _not_taken(_why_not(error.why)) from error
    except Exception as error:  # Whatever the two libraries stumble over, the file is what is wrong.
        raise _not_taken(_("it is damaged, or no iCalendar file")) from error
    if not found:
        return 0
    own = {day["on"]: day for day in version.own_days} | {day["on"]: day for day in found}
    update_calendar(calendar_id=calendar_id, own_days=[own[day] for day in sorted(own)], actor=actor, at=at)
    return len(found)


def _lawful(version: CalendarVersion, first: date, last: date) -> Calendar:
    """The calendar without days of its own."""
    days = business_days.expand(
        version.weekly, version.country, version.subdivision, version.works_make_up_days, (), first, last
    )
    return business_days.laid_out(version.weekly, days)


def _why_not(why: str) -> str:
    if why == "size":
        return _("it is larger than 1 MB")
    if why == "often":
        return _("one of its events repeats more than once a day")
    return _("it has more than %(most)s events") % {"most": closed_days.MOST_EVENTS}


def _not_taken(why: str) -> BadInput:
    words = _("The file cannot be taken over: %(why)s. Choose an iCalendar file (.ics) of closed days.")
    return BadInput(words % {"why": why}, errors={"file": [words % {"why": why}]})


def refresh_calendars() -> int:
    """Refresh the calendars of every company whose holidays follow a law; returns how many got a version."""
    count = 0
    for tenant_id in active_tenant_ids():
        with tenant_active(tenant_id):
            for calendar_id in queries.calendars_with_holidays():
                count += refresh_calendar(calendar_id=calendar_id, actor=CALENDAR_KEEPER, at=now())
    return count


@transaction.atomic
def refresh_calendar(*, calendar_id: int, actor: Actor, at: datetime) -> bool:
    """Expand a calendar's holidays further, or as the law now stands; says whether a version was made.

    Years that nobody has decreed yet are reckoned by rule; a newer `holidays` library knows the decree.
    """
    calendar = queries.calendar_for_update(calendar_id)
    last = queries.version_in_force(calendar)
    if not last.country:
        return False
    fresh = CalendarVersion(**{name: getattr(last, name) for name in _VERSIONED})
    _expand(fresh, at)
    same = all(last.days.get(day) == one for day, one in fresh.days.items() if day >= f"{at.date()}")
    if same and not business_days.is_running_out(last.expanded_until, at.date()):
        return False
    _publish(calendar, fresh, reason=SegmentReason.CALENDAR, actor=actor, at=at, number=last.number + 1)
    journal.record(actor=actor, verb="holidays_extended", thing=calendar, at=at)
    replay_clocks(reason=SegmentReason.CALENDAR, calendar_id=calendar.pk, actor=actor, at=at)
    return True


_VERSIONED = ("weekly", "country", "subdivision", "works_make_up_days", "own_days")
_NAMED = frozenset({"name", "time_zone", "is_active"})


def _publish(
    calendar: BusinessCalendar,
    version: CalendarVersion,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
    number: int = 1,
) -> None:
    version.calendar, version.number = calendar, number
    version.reason, version.actor_label = str(reason)[:200], actor.label[:200]
    version.created_at = at
    _check(version)
    _expand(version, at)
    check_fields(version)
    version.save(force_insert=True)
    calendar.current = version
    calendar.save()


def _check(version: CalendarVersion) -> None:
    if len(version.own_days) > MOST_OWN_DAYS:
        raise BadInput(
            _("The calendar would have %(count)s days of its own; at most %(most)s are kept.")
            % {"count": len(version.own_days), "most": MOST_OWN_DAYS},
            errors={"own_days": [_("Too many days.")]},
        )
    try:
        business_days.check(version.weekly, version.own_days)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            _("The calendar cannot be used: %(why)s") % {"why": error}, errors={"calendar": [str(error)]}
        ) from error


def _expand(version: CalendarVersion, at: datetime) -> None:
    tenant = current_tenant()
    first, last = business_days.years_that_matter(at.astimezone(tenant.zone).date())
    try:
        version.days = business_days.expand(
            version.weekly,
            version.country,
            version.subdivision,
            version.works_make_up_days,
            version.own_days,
            first,
            last,
            _NAMES_IN.get(tenant.language, ""),
        )
    except ValueError as error:
        words = _("No holidays are known for %(country)s %(region)s. Choose another country or region.") % {
            "country": version.country,
            "region": version.subdivision,
        }
        field = "subdivision" if version.subdivision else "country"
        raise BadInput(words, errors={field: [words]}) from error
    version.expanded_until = last if version.country else None


def _told(version: CalendarVersion, calendar: BusinessCalendar, name: str) -> Any:
    return getattr(calendar if name in _NAMED else version, name)


def _short(changes: dict[str, list[Any]]) -> dict[str, Any]:
    """What the record keeps: long lists by their length."""
    return {
        name: [len(value) if isinstance(value, list) else value for value in pair]
        for name, pair in changes.items()
    }
