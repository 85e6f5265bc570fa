"""Working time: the week with its breaks, and extra shifts beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict
from core.spans import write_span
from journal import services as journal
from tenants.actors import Actor
from workforce import queries, rules
from workforce.events import AvailabilityChanged
from workforce.models import Engineer, ExtraShift, Shift, ShiftBreak
from workforce.services.saving import touch

Week = Mapping[int, Sequence[tuple[time, time]]]
Breaks = Mapping[tuple[int, time], Sequence[rules.ShiftPause]]
"""{(weekday, start of the shift): its breaks}."""

LONGEST_EXTRA = timedelta(hours=24)


@transaction.atomic
def set_shifts(
    *, engineer_id: int, weekly: Week, actor: Actor, at: datetime, breaks: Breaks | None = None
) -> Engineer:
    """Say anew the engineer's week: {0 (Monday): [(09:00, 12:00), (13:00, 17:30)], …}.

    An end at or before its start is overnight. Shifts must not overlap, also into the next day; a break lies
    within its shift. Breaks that are not named are taken away.
    """
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    week = [
        rules.WeeklyShift(day, starts, ends, tuple((breaks or {}).get((day, starts), ())))
        for day, spans in sorted(weekly.items())
        for starts, ends in sorted(set(spans))
    ]
    _check_week(week)
    before = [_told(shift) for shift in queries.weekly_shifts(engineer)]
    engineer.shifts.all().delete()
    made = Shift.objects.bulk_create(
        Shift(engineer=engineer, weekday=s.weekday, starts=s.starts, ends=s.ends) for s in week
    )
    ShiftBreak.objects.bulk_create(
        ShiftBreak(shift=shift, earliest=pause.earliest, latest=pause.latest, minutes=pause.minutes)
        for shift, planned in zip(made, week, strict=True)
        for pause in planned.breaks
    )
    touch(engineer, actor, at, {"shifts": [before, [_told(shift) for shift in week]]})
    journal.publish(AvailabilityChanged(engineer_id=engineer.pk))
    return engineer


@transaction.atomic
def add_extra_shift(
    *, engineer_id: int, start_at: datetime, end_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> ExtraShift:
    """Let the engineer work at a time beside the week. It may touch a weekly shift, not another extra one."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    if end_at <= start_at:
        raise BadInput(_("The extra shift ends before it starts. Swap the two times."))
    if end_at - start_at > LONGEST_EXTRA:
        raise BadInput(_("An extra shift is at most 24 hours long. Add one for each day."))
    other = engineer.extra_shifts.filter(start_at__lt=end_at, end_at__gt=start_at).first()
    if other is not None:
        raise Conflict(
            _("%(name)s has an extra shift at that time already. Take it back first.")
            % {"name": engineer.name},
            existing_id=other.pk,
        )
    extra = ExtraShift.objects.create(
        engineer=engineer, start_at=start_at, end_at=end_at, reason=reason.strip()[:200]
    )
    facts = {"from": start_at.isoformat(), "to": end_at.isoformat(), "reason": extra.reason}
    touch(engineer, actor, at, {"extra_shift": facts})
    journal.publish(AvailabilityChanged(engineer_id=engineer.pk))
    return extra


@transaction.atomic
def remove_extra_shift(*, extra_shift_id: int, actor: Actor, at: datetime) -> None:
    """Take an extra shift back; visits planned in it stay. One that is gone already changes nothing."""
    extra = ExtraShift.objects.select_for_update().select_related("engineer").filter(pk=extra_shift_id)
    found = extra.first()
    actor.require(Permission.WORKFORCE_EDIT, found)
    if found is None:
        return
    touch(found.engineer, actor, at, {"extra_shift": [found.start_at.isoformat(), None]})
    journal.publish(AvailabilityChanged(engineer_id=found.engineer_id))
    found.delete()


def _check_week(week: Sequence[rules.WeeklyShift]) -> None:
    wrong = rules.week_problem(week)
    if wrong is None:
        return
    words = {"day": WEEKDAYS.get(wrong.weekday, ""), "one": wrong.one, "other": wrong.other}
    texts = {
        rules.NO_WEEKDAY: _("A weekday is from 0 (Monday) to 6 (Sunday)."),
        rules.OVERLAP: _("%(day)s: %(one)s and %(other)s overlap. Shorten one of them."),
        rules.BREAK_OUTSIDE: _("%(day)s: the break %(one)s is not within %(other)s. Move it inside."),
        rules.BREAKS_CLASH: _("%(day)s: the break %(one)s cannot be taken beside the other ones. Move it."),
    }
    raise BadInput(texts[wrong.code] % words, weekday=wrong.weekday)


def _told(shift: rules.WeeklyShift) -> str:
    text = f"{shift.weekday} {write_span(shift.starts, shift.ends)}"
    return "; ".join([text, *(rules.pause_words(pause) for pause in shift.breaks)])
