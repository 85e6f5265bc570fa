"""What was promised: calendars, policies and their items; and the SLA clock's ledger.

A clock belongs to one item (`SlaClock.item`), the item to one published version of one policy. Calendars'
versions, items and segments are append-only: a change is a new row, and running clocks are replayed.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Contract
from tenants.models import TenantModel, check_zone
from tickets.enums import ClockState, OnReopen, Priority, SlaEvent, SlaKpi, TicketKind, TimerKind
from tickets.models.tickets import Ticket


class BusinessCalendar(TenantModel):
    """When a team's business time passes. `current` is the version in force.

    Without a zone of its own it is laid on the zone of the ticket's site; a contract's zone wins over both.
    """

    name = models.CharField(_("Name"), max_length=120)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True, validators=[check_zone])
    current = models.ForeignKey(
        "CalendarVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    is_active = models.BooleanField(_("Active"), default=True)

    refusals = {
        "calendar_name_uniq": _("There is a calendar of this name already. Choose another name."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="calendar_name_uniq")]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(TenantModel):
    """One state of a calendar: append-only.

    `weekly` maps "mon" … "sun" to lists of [start, end] local times, half-open, up to "24:00"; {} is around
    the clock. `own_days` lists {"on": date, "name": text, "open": [[start, end], …]}: closed when none.
    `days` is what holidays and own days give until `expanded_until`, by date: {"name", "open"}.
    """

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    weekly = models.JSONField(default=dict, blank=True)
    country = models.CharField(_("Country"), max_length=3, blank=True)
    subdivision = models.CharField(_("Region"), max_length=10, blank=True)
    works_make_up_days = models.BooleanField(_("Work on make-up days"), default=True)
    own_days = models.JSONField(default=list, blank=True)
    days = models.JSONField(default=dict, blank=True)
    expanded_until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    actor_label = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "calendar", "number"], name="calendar_version_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.number}"


class SlaPolicy(TenantModel):
    """What was promised to whom: everything named must fit, what is left empty fits all.

    The most specific policy wins: kind, then contract, work type, priority and tier. `version` is the number
    of the items in force; `queries.policies` keeps those items as `promises`.
    """

    promises: list[SlaItem]

    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=10, choices=TicketKind.choices, blank=True)
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="policies"
    )
    work_type_code = models.CharField(_("Work type"), max_length=60, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("Priority"), choices=Priority.choices, null=True, blank=True
    )
    tier = models.CharField(_("Tier"), max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class SlaItem(TenantModel):
    """One promise of a policy, as published with `version`: append-only.

    `code` tells the policy's promises apart and is what goes on when a clock changes policy: the KPI, or a
    word of the tenant's own. Of several items with one code the first that applies counts. `applies_when`
    lists {"field": "channel", "any_of": ["chat"]}; all must hold. `pauses_on` lists what waiting is not our
    time (`WaitingFor`).
    """

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="items")
    version = models.PositiveIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)
    code = models.SlugField(max_length=40)
    name = models.CharField(_("Name"), max_length=80, blank=True)
    kpi = models.CharField(_("Measures"), max_length=20, choices=SlaKpi.choices)
    starts_on = models.CharField(_("From"), max_length=20, choices=SlaEvent.choices)
    met_when = models.CharField(_("Until"), max_length=20, choices=SlaEvent.choices)
    applies_when = models.JSONField(default=list, blank=True)
    target_minutes = models.PositiveIntegerField(_("Minutes"))
    warn_percent = models.PositiveSmallIntegerField(_("Warn at"), default=70)
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    pauses_on = models.JSONField(default=list, blank=True)
    on_reopen = models.CharField(
        _("When reopened"), max_length=10, choices=OnReopen.choices, default=OnReopen.CONTINUE
    )

    refusals = {
        "sla_item_warn_possible": _("Warn at 1 to 100 per cent of the time."),
        "sla_item_has_target": _("A promise takes at least 1 minute."),
    }

    class Meta:
        ordering = ["policy", "version", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "policy", "version", "position"], name="sla_item_position_uniq"
            ),
            models.CheckConstraint(
                condition=models.Q(warn_percent__range=(1, 100)), name="sla_item_warn_possible"
            ),
            models.CheckConstraint(condition=models.Q(target_minutes__gte=1), name="sla_item_has_target"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kpi_display())


class SlaClock(TenantModel):
    """One promise on one ticket. Its truth is the ledger of segments; the columns are the replay's result.

    `round` counts clocks of one code on one ticket: each unanswered message starts a round of the next
    response. `calendar_version` is None around the clock. `policy_reason` joins what the policy named with
    "+": codes of `PolicyReason`.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    policy = models.ForeignKey(SlaPolicy, on_delete=models.PROTECT, related_name="clocks")
    item = models.ForeignKey(SlaItem, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    kpi = models.CharField(max_length=20, choices=SlaKpi.choices)
    code = models.SlugField(max_length=40, db_index=False)
    round = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    target_minutes = models.PositiveIntegerField()
    zone = models.CharField(max_length=64)
    calendar_version = models.ForeignKey(
        CalendarVersion, on_delete=models.PROTECT, null=True, related_name="clocks"
    )
    policy_reason = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    elapsed_minutes = models.PositiveIntegerField(default=0)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "ticket", "code", "round"], name="clock_round_uniq")
        ]
        # `state` and `breached_at` are in no index: marking a clock as late then writes its own page alone.
        indexes = [
            models.Index(
                fields=["tenant", "due_at"],
                condition=models.Q(stopped_at__isnull=True),
                name="clock_living_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket} {self.code}"


class SlaSegment(TenantModel):
    """One stretch of a clock's life: append-only. A new segment ends the one before it.

    `item` and `calendar_version` say what held from here on; a replay lays the last ones on the whole ledger.
    """

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="segments")
    state = models.CharField(max_length=10, choices=ClockState.choices)
    target_minutes = models.PositiveIntegerField()
    item = models.ForeignKey(SlaItem, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    calendar_version = models.ForeignKey(
        CalendarVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    from_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    actor_label = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_at", "id"]
        indexes = [models.Index(fields=["tenant", "clock", "from_at"], name="segment_clock_idx")]

    def __str__(self) -> str:
        return f"{self.clock} {self.state}"


class SlaTimer(TenantModel):
    """A row that fires once when its time has come: claimed, never remembered by Celery.

    One that could not be fired is left alone until `leased_until`.
    """

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="timers", db_index=False)
    kind = models.CharField(max_length=10, choices=TimerKind.choices)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "clock", "kind"], name="timer_kind_uniq")]
        indexes = [
            models.Index(
                fields=["tenant", "due_at"], condition=models.Q(done_at__isnull=True), name="timer_due_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.kind}"
