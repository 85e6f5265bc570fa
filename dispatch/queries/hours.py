"""When work may be done at a site: in the hours that the site names, else those of its kind of work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from core.calendars import openings
from core.intervals import Interval
from customers import queries as customers
from customers.models import Site
from dispatch.models import WorkOrder, WorkType
from tenants.queries import current_tenant
from tickets import queries as tickets
from tickets.enums import Priority

URGENT = (Priority.P1, Priority.P2)
"""Such work is done at any time at which somebody may be visited."""
MIDDAY = timedelta(hours=2)
"""What a calendar closes for at midday is no reason to stay away from a site."""

SOON = timedelta(days=14)


class BusinessHours(NamedTuple):
    """A business calendar to keep: the version in force, None for around the clock, and its own zone, or ""."""

    version_id: int | None
    zone: str


def business_hours_of(work_type: WorkType) -> BusinessHours | None:
    """The business hours that a kind of work keeps; None when it is done at any time."""
    calendar = work_type.calendar
    return None if calendar is None else BusinessHours(calendar.current_id, calendar.time_zone)


def business_hours_to_keep(work_order: WorkOrder) -> BusinessHours | None:
    """`business_hours_of` the work's kind, as `read_to_plan` has read it, else from the rows that came with it."""
    if hasattr(work_order, "business_hours_read"):
        known: BusinessHours | None = work_order.business_hours_read
        return known
    return business_hours_of(work_order.work_type)


def hours_to_visit(
    site: Site, kept: BusinessHours | None, priority: int, from_at: datetime, until: datetime
) -> tuple[list[Interval] | None, bool]:
    """(when work may be done at a site between two instants, whether that is business hours): None for always.

    The site's own visiting hours say it, also when they are around the clock. Of a site without any, work that is not
    urgent keeps the business hours of its kind.
    """
    found = customers.visiting_intervals(site, from_at, until)
    if found is not None or kept is None or priority in URGENT:
        return found, False
    zone = kept.zone or site.time_zone or current_tenant().zone.key
    calendar, laid_on = tickets.calendar_of(kept.version_id, zone)
    return openings(calendar, laid_on, from_at, until, bridge=MIDDAY), True


def opens_next(work_order: WorkOrder, at: datetime) -> tuple[datetime, bool] | None:
    """When work may go on at its site and whether by business hours; None while it may be done, or where no hour is
    known of the next two weeks."""
    kept = business_hours_to_keep(work_order)
    hours, is_business = hours_to_visit(work_order.site, kept, work_order.priority, at, at + SOON)
    if not hours or hours[0][0] <= at:
        return None
    return hours[0][0], is_business
