"""When engineers work: weekly shifts with breaks, extra shifts, absences."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from workforce.models.engineers import Engineer


class Shift(TenantModel):
    """Weekly working time: weekday 0 is Monday; local wall-clock times in the engineer's zone.

    `ends` at or before `starts` means the shift runs past midnight.
    """

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    refusals = {
        "shift_weekday": _("A weekday is from 0 (Monday) to 6 (Sunday)."),
        "shift_uniq": _("Two shifts of a day begin at the same time. Leave one of them out."),
    }

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__range=(0, 6)), name="shift_weekday"),
            models.UniqueConstraint(fields=["tenant", "engineer", "weekday", "starts"], name="shift_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}–{self.ends:%H:%M}"


class ShiftBreak(TenantModel):
    """A break of every such shift: `minutes` long, begun between `earliest` and `latest` (local times).

    In a shift past midnight a time before the shift's start means the next day.
    """

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="breaks")
    earliest = models.TimeField(_("Begins at the earliest"))
    latest = models.TimeField(_("Begins at the latest"))
    minutes = models.PositiveSmallIntegerField(_("Minutes"))

    refusals = {
        "shift_break_length": _("A break takes from 1 to 240 minutes."),
    }

    class Meta:
        ordering = ["earliest"]
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__range=(1, 240)), name="shift_break_length"),
        ]

    def __str__(self) -> str:
        return f"{self.earliest:%H:%M}–{self.latest:%H:%M} {self.minutes}"


class ExtraShift(TenantModel):
    """Working time beside the weekly shifts, such as a Saturday."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="extra_shifts")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    reason = models.CharField(_("Reason"), max_length=200, blank=True)

    refusals = {
        "extra_shift_ends_later": _("An extra shift must end after it begins. Choose a later end."),
    }

    class Meta:
        ordering = ["start_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_at__gt=models.F("start_at")), name="extra_shift_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "engineer", "end_at"], name="extra_shift_engineer_idx")]

    def __str__(self) -> str:
        return f"{self.engineer} {self.start_at:%F}"


class Absence(TenantModel):
    """A time when an engineer cannot be sent."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="absences")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    refusals = {
        "absence_ends_later": _("An absence must end after it begins. Choose a later end."),
    }

    class Meta:
        ordering = ["start_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_at__gt=models.F("start_at")), name="absence_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "engineer", "end_at"], name="absence_engineer_idx")]

    def __str__(self) -> str:
        return f"{self.engineer} {self.start_at:%F}"
