"""When a site may be visited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from core.spans import DaySpan, overlap_in_week, write_span
from customers import queries
from customers.models import Site, SiteHours
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def set_site_hours(
    *, site_id: int, weekly: Mapping[int, Sequence[DaySpan]], actor: Actor, at: datetime
) -> Site:
    """Say anew when the site may be visited: {0 (Monday): [(09:00, 17:00)], …}, in its own zone.

    An end at or before its start is past midnight. Nothing at all means always open; a day without hours is
    closed when another day has some.
    """
    site = queries.site_for_update(site_id)
    actor.require(Permission.CUSTOMER_EDIT, site)
    if any(not 0 <= day <= 6 for day in weekly):
        raise BadInput(_("A weekday is from 0 (Monday) to 6 (Sunday)."))
    week = [(day, span) for day, spans in sorted(weekly.items()) for span in sorted(set(spans))]
    if clash := overlap_in_week(week):
        day, one, other = clash
        raise BadInput(
            _("%(day)s: %(one)s and %(other)s overlap. Shorten one of them.")
            % {"day": WEEKDAYS[day], "one": write_span(*one), "other": write_span(*other)}
        )
    before = [str(row) for row in site.visiting_hours.all()]
    rows = [SiteHours(site=site, weekday=day, opens=opens, closes=closes) for day, (opens, closes) in week]
    after = [str(row) for row in rows]
    if before != after:
        site.visiting_hours.all().delete()
        SiteHours.objects.bulk_create(rows)
        site.save(update_fields=["updated_at"])
        journal.record(
            actor=actor, verb="changed", thing=site, at=at, changes={"visiting_hours": [before, after]}
        )
    return site
