"""Topic, Ticket and its conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from channels.enums import Channel
from channels.models import InboundMessage
from customers.models import Asset, Contact, Customer, Site
from tenants.models import TenantModel
from tickets.enums import Direction, MessageKind, Priority, TicketKind, TicketStatus, WaitingFor
from tickets.models.fields import GramsField
from tickets.rules import ACTIVE

if TYPE_CHECKING:
    from tickets.models.sla import SlaClock

IS_LIVING = models.Q(status__in=sorted(ACTIVE))
"""Somebody owes the customer something: the few among all that the desk's queues are made of."""
WORDS_WAIT: dict[str, Any] = {"fastupdate": True, "gin_pending_list_limit": 64}
"""New words of a ticket go into the indexes of words together with those of others; searches read a list of 64 kB
as well. One by one they cost four times as much as all else that writing a ticket does."""


class Topic(TenantModel):
    """A label for what tickets are about; its trend is a KPI."""

    code = models.SlugField(_("Code"), max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    default_priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.P3)

    refusals = {
        "topic_code_uniq": _("This code is in use already. Use the one that exists, or choose another code."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="topic_code_uniq")]

    def __str__(self) -> str:
        return self.name


class SubState(TenantModel):
    """A tenant's own label within a state. People read it; no automation ever does."""

    status = models.CharField(_("Status"), max_length=10, choices=TicketStatus.choices)
    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("Position"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)

    refusals = {
        "sub_state_code_uniq": _(
            "This code is in use already. Use the one that exists, or choose another code."
        ),
    }

    class Meta:
        ordering = ["status", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="sub_state_code_uniq")]

    def __str__(self) -> str:
        return self.name


class Ticket(TenantModel):
    """The customer's problem or request, with its conversation and SLA clocks.

    `event_times` maps `SlaEvent` to the last time it happened, which clocks begin and end with;
    `work_type_code` is of the last work order made for it. `opinion` is what triage would suggest; it never
    writes to the ticket by itself. `follows` names the closed ticket that this one comes back to;
    `visit_at` is when the visit it waits for begins. Past triage a ticket always has an owner and a time of
    the next action. `started_clocks` are those that opening it started, on the ticket as it comes from there.
    """

    started_clocks: list[SlaClock]
    number = models.BigIntegerField()
    subject = models.CharField(_("Subject"), max_length=300)
    description = models.TextField(_("Description"), blank=True)
    kind = models.CharField(_("Kind"), max_length=10, choices=TicketKind.choices, default=TicketKind.PROBLEM)
    channel = models.CharField(_("Channel"), max_length=10, choices=Channel.choices)
    status = models.CharField(
        _("Status"), max_length=10, choices=TicketStatus.choices, default=TicketStatus.NEW
    )
    waiting_for = models.CharField(max_length=10, choices=WaitingFor.choices, blank=True)
    sub_state = models.ForeignKey(
        SubState, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
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
    visit_at = models.DateTimeField(null=True, blank=True)
    wake_leased_until = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)
    resolution = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )
    split_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="splits"
    )
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    opinion = models.JSONField(default=dict, blank=True)
    work_type_code = models.CharField(max_length=60, blank=True)
    event_times = models.JSONField(default=dict, blank=True)
    first_response_at = models.DateTimeField(null=True, blank=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    search_text = models.TextField(editable=False, default="")
    search_grams = GramsField(editable=False, default=list)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "ticket_external_uniq": _(
            "This external id is in use already. Change what has it, or give another id."
        ),
        "ticket_priority": _("A priority is from 1 to 4."),
    }

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
            models.CheckConstraint(
                condition=models.Q(status="merged") & models.Q(merged_into__isnull=False)
                | ~models.Q(status="merged") & models.Q(merged_into__isnull=True),
                name="ticket_merged_names_target",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=("open", "waiting", "reopened"))
                | models.Q(owner__isnull=False, next_action_at__isnull=False),
                name="ticket_owned_and_timed",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "-number"], name="ticket_status_idx"),
            models.Index(
                fields=["tenant", "due_at", "id"], condition=IS_LIVING, name="ticket_living_due_idx"
            ),
            models.Index(
                fields=["tenant", "owner", "due_at", "id"],
                condition=IS_LIVING,
                name="ticket_living_owner_idx",
            ),
            models.Index(
                fields=["tenant", "channel", "due_at", "id"],
                condition=IS_LIVING,
                name="ticket_living_channel_idx",
            ),
            models.Index(fields=["tenant", "-number"], condition=IS_LIVING, name="ticket_living_number_idx"),
            GinIndex(fields=["search_grams"], **WORDS_WAIT, name="ticket_grams_idx"),
            GinIndex(
                fields=["search_grams"],
                **WORDS_WAIT,
                condition=IS_LIVING,
                name="ticket_living_grams_idx",
            ),
            models.Index(fields=["tenant", "updated_at", "id"], name="ticket_updated_idx"),
            models.Index(fields=["tenant", "customer", "-id"], name="ticket_customer_idx"),
            models.Index(
                fields=["next_action_at", "id"], condition=models.Q(status="waiting"), name="ticket_wake_idx"
            ),
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
    mentions = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["tenant", "ticket", "at", "id"], name="message_ticket_idx")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.at:%F %H:%M}"
