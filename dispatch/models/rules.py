"""Auto-dispatch: rules with their versions, their runs, offers and timers."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.enums import OfferKind, OfferStatus, RuleEvent, RunOutcome, Strategy, TimerKind
from dispatch.models.consents import ConsentRequest
from dispatch.models.visits import Visit
from dispatch.models.work import WorkOrder
from tenants.models import TenantModel
from workforce.models import Engineer, Provider


class DispatchRule(TenantModel):
    """When this happens to work like that, do so. The first enabled rule (by `position`) that applies wins.

    `event` with `event_facts` ({"percent": 70, "kpi": "arrival"}, {"minutes": 20}, {"time": "06:00",
    "weekdays": [0, …]}) says when; `conditions` (what the builder shows: {"work_types": [codes],
    "areas": [names], "max_priority": 1..4, "tiers": [codes], "topics": [codes]}; an absent key means any) and
    `expression` (typed, `dispatch.expressions`, "" for always) say whether; `steps` say how, one after the
    other until one comes to something: [{"strategy", "accept_minutes", "calendar", "provider", "engineers"}].
    `strategy` is that of the first step; without steps it is the only one.
    """

    name = models.CharField(_("Name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("Order"), default=1)
    conditions = models.JSONField(default=dict, blank=True)
    event = models.CharField(
        _("When"), max_length=20, choices=RuleEvent.choices, default=RuleEvent.WORK_CREATED
    )
    event_facts = models.JSONField(default=dict, blank=True)
    expression = models.TextField(_("Condition"), blank=True)
    strategy = models.CharField(
        _("Strategy"), max_length=20, choices=Strategy.choices, default=Strategy.EARLIEST
    )
    steps = models.JSONField(default=list, blank=True)
    horizon_days = models.PositiveSmallIntegerField(_("Days ahead"), default=3)
    sends_at_once = models.BooleanField(_("Send to the engineer at once"), default=True)
    is_enabled = models.BooleanField(_("Enabled"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class DispatchRuleVersion(TenantModel):
    """What a rule said at one version, and who wrote it."""

    rule = models.ForeignKey(DispatchRule, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "rule", "version"], name="dispatch_rule_version_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.version}"


class DispatchRun(TenantModel):
    """One firing of auto-dispatch: its inputs, what came of it, and why not the others.

    `policy_version` is the dispatch policy that it judged by (0: the product's own).
    """

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="runs")
    rule = models.ForeignKey(DispatchRule, on_delete=models.SET_NULL, null=True, related_name="runs")
    rule_version = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=RunOutcome.choices)
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, related_name="runs")
    event = models.CharField(max_length=20, choices=RuleEvent.choices, default=RuleEvent.WORK_CREATED)
    policy_version = models.PositiveIntegerField(default=0)
    inputs = models.JSONField(default=dict, blank=True)
    explanation = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "work_order", "-id"], name="run_work_order_idx"),
            models.Index(fields=["tenant", "rule", "-id"], name="run_rule_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.work_order} {self.outcome}"


class Offer(TenantModel):
    """Work offered to one recipient: an engineer (alone or of a pool) or a provider.

    Offers of one `round_key` went out together: the first accepted withdraws the others. `step` is which of
    the rule's steps made it; `start_at` is the time offered (None: the recipient names one). Of work that takes
    several days it is the first of the `stints` offered, [{"start_at", "end_at"}] in order of time.
    """

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="offers")
    run = models.ForeignKey(DispatchRun, on_delete=models.SET_NULL, null=True, related_name="offers")
    round_key = models.UUIDField()
    step = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=OfferKind.choices)
    engineer = models.ForeignKey(
        Engineer, on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    status = models.CharField(max_length=10, choices=OfferStatus.choices, default=OfferStatus.OFFERED)
    start_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    stints = models.JSONField(default=list, blank=True)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="offers")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "round_key"], condition=Q(status="accepted"), name="offer_accepted_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="provider", provider__isnull=False)
                | ~Q(kind="provider") & Q(engineer__isnull=False),
                name="offer_has_recipient",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("offered_at")), name="offer_expires_later"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "work_order", "-id"], name="offer_work_order_idx"),
            models.Index(fields=["tenant", "provider", "status"], name="offer_provider_idx"),
            models.Index(fields=["tenant", "engineer", "status"], name="offer_engineer_idx"),
        ]

    def __str__(self) -> str:
        return f"O-{self.pk}"

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """(start, end) of every stint that was offered; one of work that is done in one go, none where the recipient
        names the time."""
        if self.stints:
            read = datetime.fromisoformat
            return [(read(one["start_at"]), read(one["end_at"])) for one in self.stints]
        return [(self.start_at, self.end_at)] if self.start_at and self.end_at else []


class DispatchTimer(TenantModel):
    """Something that auto-dispatch does at a time unless it has become needless. A row, claimed when due."""

    kind = models.CharField(max_length=20, choices=TimerKind.choices)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, blank=True, related_name="timers")
    consent = models.ForeignKey(
        ConsentRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="timers"
    )
    rule = models.ForeignKey(
        DispatchRule, on_delete=models.CASCADE, null=True, blank=True, related_name="timers"
    )
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, null=True, blank=True, related_name="timers")
    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, null=True, blank=True, related_name="timers"
    )

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "offer", "consent", "rule", "visit", "work_order"],
                condition=Q(done_at__isnull=True),
                nulls_distinct=False,
                name="dispatch_timer_waits_once",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="dispatch_timer_due_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%F %T}"
