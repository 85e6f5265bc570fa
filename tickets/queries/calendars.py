"""Reads of business calendars and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from tickets.models import BusinessCalendar, CalendarVersion, SlaItem, SlaPolicy


def calendars() -> QuerySet[BusinessCalendar]:
    """Every calendar by name, with the version in force."""
    return BusinessCalendar.objects.select_related("current")


def get_calendar(calendar_id: int) -> BusinessCalendar:
    """The calendar with the version in force; raises NotFound."""
    found = calendars().filter(pk=calendar_id).first()
    if found is None:
        raise NotFound(_("Calendar %(id)s is not here.") % {"id": calendar_id})
    return found


def calendar_for_update(calendar_id: int) -> BusinessCalendar:
    """The calendar, locked, with the version in force; raises NotFound."""
    locked = BusinessCalendar.objects.select_for_update(of=("self",)).select_related("current")
    found = locked.filter(pk=calendar_id).first()
    if found is None:
        raise NotFound(_("Calendar %(id)s is not here.") % {"id": calendar_id})
    return found


def version_in_force(calendar: BusinessCalendar) -> CalendarVersion:
    """The calendar's current version; one exists from the moment the calendar is created."""
    if calendar.current is None:
        raise NotFound(_("Calendar %(id)s has no hours yet.") % {"id": calendar.pk})
    return calendar.current


def find_calendar_with(weekly: Mapping[str, Any], own_days: Sequence[Any]) -> BusinessCalendar | None:
    """The first calendar without zone and country that has exactly these hours and days, or None."""
    return (
        BusinessCalendar.objects.filter(
            time_zone="", current__country="", current__weekly=weekly, current__own_days=own_days
        )
        .order_by("pk")
        .first()
    )


def calendars_with_holidays() -> list[int]:
    """Ids of the calendars whose holidays come from a country's law."""
    found = BusinessCalendar.objects.filter(~Q(current__country=""), is_active=True)
    return list(found.order_by("pk").values_list("pk", flat=True))


def all_policies() -> QuerySet[SlaPolicy]:
    """Every policy, in force or not, with its contract and the items in force."""
    items = SlaItem.objects.filter(version=F("policy__version")).select_related("calendar")
    found = SlaPolicy.objects.select_related("contract__customer")
    return found.prefetch_related(Prefetch("items", items.order_by("position")))


def get_policy(policy_id: int) -> SlaPolicy:
    """The policy with the items in force; raises NotFound."""
    found = all_policies().filter(pk=policy_id).first()
    if found is None:
        raise NotFound(_("Policy %(id)s is not here.") % {"id": policy_id})
    return found


def policy_for_update(policy_id: int) -> SlaPolicy:
    """The policy, locked; raises NotFound."""
    found = SlaPolicy.objects.select_for_update().filter(pk=policy_id).first()
    if found is None:
        raise NotFound(_("Policy %(id)s is not here.") % {"id": policy_id})
    return found


def holidays_named(version: CalendarVersion, first: date, last: date) -> dict[date, dict[str, object]]:
    """The version's single days between two dates, both counted."""
    low, high = first.isoformat(), last.isoformat()
    return {date.fromisoformat(day): one for day, one in version.days.items() if low <= day <= high}
