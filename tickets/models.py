"""Topic, Ticket and its conversation, and the SLA clock's ledger."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from channels.enums import Channel
from channels.models import InboundMessage
from customers.models import Asset, Contact, Customer, Site
from tenants.models import TenantModel
from tickets.enums import (
    ClockState,
    Direction,
    MessageKind,
    Priority,
    SlaKpi,
    TicketKind,
    TicketStatus,
    TimerKind,
    WaitingFor,
)


class Topic(TenantModel):
    """A label for what tickets are about; its trend is a KPI."""

    code = models.SlugField(_("Code"), max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    default_priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.P3)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="topic_code_uniq")]

    def __str__(self) -> str:
        return self.name


class Ticket(TenantModel):
    """The customer's problem or request, with its conversation and SLA clocks."""

    number = models.BigIntegerField()
    subject = models.CharField(_("Subject"), max_length=300)
    description = models.TextField(_("Description"), blank=True)
    kind = models.CharField(_("Kind"), max_length=10, choices=TicketKind.choices, default=TicketKind.PROBLEM)
    channel = models.CharField(_("Channel"), max_length=10, choices=Channel.choices)
    status = models.CharField(
        _("Status"), max_length=10, choices=TicketStatus.choices, default=TicketStatus.NEW
    )
    waiting_for = models.CharField(max_length=10, choices=WaitingFor.choices, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=Priority.choices, default=Priority.P3)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets")
    owner = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    language = models.CharField(max_length=10, blank=True)
    next_action_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)
    resolution = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    search_text = models.TextField(editable=False, default="")
    search_grams = ArrayField(models.TextField(), editable=False, default=list)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="ticket_number_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"],
                condition=~models.Q(external_id=""),
                name="ticket_external_uniq",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True, resolved_by="")
                | models.Q(resolved_at__isnull=False) & ~models.Q(resolved_by=""),
                name="ticket_resolved_both_or_neither",
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting") & ~models.Q(waiting_for="")
                | ~models.Q(status="waiting") & models.Q(waiting_for=""),
                name="ticket_waits_for_something",
            ),
            models.CheckConstraint(condition=models.Q(priority__range=(1, 4)), name="ticket_priority"),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "due_at", "id"], name="ticket_inbox_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="ticket_updated_idx"),
            models.Index(fields=["tenant", "customer", "-id"], name="ticket_customer_idx"),
        ]

    def __str__(self) -> str:
        return f"T-{self.number}"


class TicketMessage(TenantModel):
    """One message in the ticket's timeline, over all channels."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=MessageKind.choices, default=MessageKind.PUBLIC)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    author_label = models.CharField(max_length=200)
    author = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    inbound = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, null=True, related_name="+")
    body = models.TextField()
    language = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["tenant", "ticket", "at", "id"], name="message_ticket_idx")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.at:%F %H:%M}"


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
