"""What was promised, and the SLA clock's ledger."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from tickets.enums import ClockState, Priority, SlaKpi, TimerKind
from tickets.models.tickets import Ticket


class SlaPolicy(TenantModel):
    """What was promised for a priority (and a tier, when given): minutes of business time.

    `calendar` maps "mon"… "sun" to a list of [start, end] local times, half-open, up to "24:00"; an empty
    calendar means around the clock. The most specific policy wins: tier and priority, priority, tier, any.
    """

    name = models.CharField(_("Name"), max_length=120)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, null=True, blank=True)
    tier = models.CharField(max_length=20, blank=True)
    calendar = models.JSONField(default=dict, blank=True)
    first_response_minutes = models.PositiveIntegerField(null=True, blank=True)
    arrival_minutes = models.PositiveIntegerField(null=True, blank=True)
    resolution_minutes = models.PositiveIntegerField(null=True, blank=True)
    warn_percent = models.PositiveSmallIntegerField(default=70)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SlaClock(TenantModel):
    """One promise on one ticket. Its truth is the ledger of segments; the columns are the replay's result."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks")
    policy = models.ForeignKey(SlaPolicy, on_delete=models.PROTECT, related_name="clocks")
    kpi = models.CharField(max_length=20, choices=SlaKpi.choices)
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    target_minutes = models.PositiveIntegerField()
    zone = models.CharField(max_length=64)
    calendar = models.JSONField(default=dict)
    policy_reason = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    elapsed_minutes = models.PositiveIntegerField(default=0)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "ticket", "kpi"], name="clock_kpi_uniq")]
        indexes = [models.Index(fields=["tenant", "state", "due_at"], name="clock_due_idx")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.kpi}"


class SlaSegment(TenantModel):
    """One stretch of a clock's life: append-only. A new segment ends the one before it."""

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="segments")
    state = models.CharField(max_length=10, choices=ClockState.choices)
    target_minutes = models.PositiveIntegerField()
    from_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    actor_label = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_at", "id"]
        indexes = [models.Index(fields=["tenant", "clock", "from_at"], name="segment_clock_idx")]

    def __str__(self) -> str:
        return f"{self.clock} {self.state}"


class SlaTimer(TenantModel):
    """A row that fires once when its time has come: claimed, never remembered by Celery."""

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=10, choices=TimerKind.choices)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "clock", "kind"], name="timer_kind_uniq")]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(done_at__isnull=True), name="timer_due_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.kind}"
