"""Work types, work orders, visits, and the rules that plan them."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Asset, Contact, Customer, Site
from dispatch.enums import LockLevel, RunOutcome, Strategy, VisitStatus, WorkOrderStatus
from dispatch.rules import OCCUPYING
from tenants.models import TenantModel
from tickets.enums import Priority
from tickets.models import Ticket, Topic
from workforce.models import Engineer, Skill


class TsTzRange(Func):
    """A range of instants made of two columns."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class WorkType(TenantModel):
    """A kind of work: what it needs and how long it takes. A ticket's topic may name it as field work."""

    code = models.SlugField(_("Code"), max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    duration_minutes = models.PositiveIntegerField(_("Duration in minutes"), default=60)
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, null=True, blank=True, related_name="work_types"
    )
    is_active = models.BooleanField(_("May be chosen for new work"), default=True)
    skills = models.ManyToManyField(Skill, through="WorkTypeSkill", related_name="work_types")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="work_type_code_uniq"),
            models.CheckConstraint(condition=Q(duration_minutes__range=(1, 1440)), name="work_type_duration"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkTypeSkill(TenantModel):
    """A skill that a kind of work needs, and its least level."""

    work_type = models.ForeignKey(WorkType, on_delete=models.CASCADE, related_name="work_type_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="work_type_skills")
    level = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_type", "skill"], name="work_type_skill_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class WorkOrder(TenantModel):
    """What must be done at a site. `status` is derived from its visits, never set by hand.

    `promised_*`: when the engineer must arrive; `window_*`: inside which the work must finish.
    """

    number = models.BigIntegerField()
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, null=True, blank=True, related_name="work_orders"
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="work_orders")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="work_orders")
    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="work_orders"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="work_orders"
    )
    work_type = models.ForeignKey(WorkType, on_delete=models.PROTECT, related_name="work_orders")
    subject = models.CharField(_("Subject"), max_length=300)
    description = models.TextField(_("Description"), blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=Priority.choices, default=Priority.P3)
    duration_minutes = models.PositiveIntegerField(_("Duration in minutes"), default=60)
    status = models.CharField(
        max_length=12, choices=WorkOrderStatus.choices, default=WorkOrderStatus.UNSCHEDULED
    )
    window_start_at = models.DateTimeField(null=True, blank=True)
    window_end_at = models.DateTimeField(null=True, blank=True)
    promised_start_at = models.DateTimeField(null=True, blank=True)
    promised_end_at = models.DateTimeField(null=True, blank=True)
    follow_up_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="work_order_number_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"],
                condition=~Q(external_id=""),
                name="work_order_external_uniq",
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, 1440)), name="work_order_duration"
            ),
            models.CheckConstraint(
                condition=Q(window_end_at__isnull=True)
                | Q(window_start_at__isnull=True)
                | Q(window_end_at__gt=models.F("window_start_at")),
                name="work_order_window",
            ),
            models.CheckConstraint(
                condition=Q(promised_end_at__isnull=True)
                | Q(promised_start_at__isnull=True)
                | Q(promised_end_at__gt=models.F("promised_start_at")),
                name="work_order_promise",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "priority", "id"], name="work_order_tray_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="work_order_updated_idx"),
            models.Index(fields=["tenant", "ticket"], name="work_order_ticket_idx"),
        ]

    def __str__(self) -> str:
        return f"WO-{self.number}"


class WorkOrderSkill(TenantModel):
    """A skill this work order needs, and its least level: copied from the work type, then its own."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="work_order_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="work_order_skills")
    level = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_order", "skill"], name="work_order_skill_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class Visit(TenantModel):
    """One trip: who and when. Plan (`start_at`), promise (on the work order) and actual (`arrived_at`)
    differ."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="visits")
    engineer = models.ForeignKey(Engineer, on_delete=models.PROTECT, related_name="visits")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    travel_minutes = models.PositiveIntegerField(default=0)
    travel_km = models.FloatField(default=0)
    status = models.CharField(max_length=20, choices=VisitStatus.choices, default=VisitStatus.SCHEDULED)
    lock_level = models.CharField(max_length=10, choices=LockLevel.choices, default=LockLevel.PROPOSED)
    reason = models.JSONField(default=dict, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    travel_started_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["start_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=models.F("start_at")), name="visit_ends_later"),
            ExclusionConstraint(
                name="visit_no_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("engineer", RangeOperators.EQUAL),
                    (TsTzRange("start_at", "end_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=[status.value for status in OCCUPYING]),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "start_at", "engineer"], name="visit_day_idx"),
            models.Index(fields=["tenant", "engineer", "start_at"], name="visit_engineer_idx"),
            models.Index(fields=["tenant", "work_order"], name="visit_work_order_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="visit_updated_idx"),
        ]

    def __str__(self) -> str:
        return f"V-{self.pk}"

    @property
    def status_code(self) -> VisitStatus:
        """The status as its enum."""
        return VisitStatus(self.status)

    @property
    def look_code(self) -> str:
        """The status as the board shows it: planned but not sent is a draft."""
        is_draft = self.status == VisitStatus.SCHEDULED and self.sent_at is None
        return "draft" if is_draft else str(self.status)


class DispatchRule(TenantModel):
    """When work like this appears, plan it like that. The first enabled rule (by `position`) that applies
    wins.

    `conditions`: {"work_types": [codes], "areas": [names], "max_priority": 1..4}; an absent key means any.
    """

    name = models.CharField(_("Name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("Order"), default=1)
    conditions = models.JSONField(default=dict, blank=True)
    strategy = models.CharField(
        _("Strategy"), max_length=20, choices=Strategy.choices, default=Strategy.EARLIEST
    )
    horizon_days = models.PositiveSmallIntegerField(_("Days ahead"), default=3)
    sends_at_once = models.BooleanField(_("Send to the engineer at once"), default=True)
    is_enabled = models.BooleanField(_("Enabled"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class DispatchRun(TenantModel):
    """One firing of auto-dispatch: its inputs, what came of it, and why not the others."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="runs")
    rule = models.ForeignKey(DispatchRule, on_delete=models.SET_NULL, null=True, related_name="runs")
    rule_version = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=RunOutcome.choices)
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, related_name="runs")
    explanation = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "work_order", "-id"], name="run_work_order_idx")]

    def __str__(self) -> str:
        return f"{self.work_order} {self.outcome}"
