"""Reads of working time. They use what is prefetched (`engineers_to_plan`), else they ask."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.intervals import Interval, join, without
from workforce import rules
from workforce.models import Absence, Engineer, ExtraShift


def weekly_shifts(engineer: Engineer) -> list[rules.WeeklyShift]:
    """The engineer's week with its breaks as values, for the pure rules."""
    return [
        rules.WeeklyShift(
            s.weekday,
            s.starts,
            s.ends,
            tuple(rules.ShiftPause(b.earliest, b.latest, b.minutes) for b in s.breaks.all()),
        )
        for s in engineer.shifts.all()
    ]


def shift_intervals(engineer: Engineer, from_at: datetime, to_at: datetime) -> list[Interval]:
    """Weekly and extra shifts between two instants, absences left in; UTC, half-open, in order."""
    zone = engineer.zone or engineer.tenant.zone
    weekly = rules.working_intervals(weekly_shifts(engineer), zone, from_at, to_at)
    extra = [
        (max(x.start_at, from_at).astimezone(UTC), min(x.end_at, to_at).astimezone(UTC))
        for x in engineer.extra_shifts.all()
        if x.start_at < to_at and x.end_at > from_at
    ]
    return join([*weekly, *extra]) if extra else weekly


def working_intervals(engineer: Engineer, from_at: datetime, to_at: datetime) -> list[Interval]:
    """When the engineer works between two instants, absences taken out; UTC, half-open, in order."""
    hours = shift_intervals(engineer, from_at, to_at)
    return without(hours, [(a.start_at, a.end_at) for a in engineer.absences.all()])


def break_windows(engineer: Engineer, from_at: datetime, to_at: datetime) -> list[rules.BreakWindow]:
    """Breaks that may touch the time between two instants, one per shift date: (begins at the earliest,
    begins at the latest, seconds), UTC, in order. Extra shifts have none; absences are left in."""
    zone = engineer.zone or engineer.tenant.zone
    return rules.break_windows(weekly_shifts(engineer), zone, from_at, to_at)


def absences_from(engineer_id: int, at: datetime) -> QuerySet[Absence]:
    """Absences that have not ended."""
    return Absence.objects.filter(engineer_id=engineer_id, end_at__gt=at)


def get_absence(absence_id: int) -> Absence:
    """One absence with its engineer. Raises `NotFound`."""
    found = Absence.objects.select_related("engineer__tenant", "engineer__provider")
    absence = found.filter(pk=absence_id).first()
    if absence is None:
        raise NotFound(_("Absence %(id)s: not found. It may have been taken back.") % {"id": absence_id})
    return absence


def absence_for_update(absence_id: int) -> Absence:
    """One absence with its engineer, locked. Raises `NotFound`."""
    found = Absence.objects.select_for_update(of=("self",)).select_related("engineer")
    absence = found.filter(pk=absence_id).first()
    if absence is None:
        raise NotFound(_("Absence %(id)s: not found. It may have been taken back.") % {"id": absence_id})
    return absence


def extra_shifts_from(engineer_id: int, at: datetime) -> QuerySet[ExtraShift]:
    """Extra shifts that have not ended."""
    return ExtraShift.objects.filter(engineer_id=engineer_id, end_at__gt=at)
