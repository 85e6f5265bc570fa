"""Work types and work orders: what must be done, and what hangs on what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.moments import check_meant
from customers.models import Asset, Contact, Customer, Site
from dispatch.enums import CrewCover, LinkKind, WorkOrderStatus
from inventory.models import Part
from tenants.models import TenantModel
from tickets.enums import Priority
from tickets.models import BusinessCalendar, Ticket, Topic
from workforce.models import Skill

DURATION_POSSIBLE = Q(duration_minutes__range=(1, 1440)) | Q(
    may_split=True, duration_minutes__range=(1, 28_800)
)
"""A day at most; work that takes several days, twenty days around the clock."""


class WorkType(TenantModel):
    """A kind of work: what it needs and how long it takes. A ticket's topic may name it as field work.

    Where a site names no visiting hours, work that is not urgent is done in the hours of `calendar`; None: at any time.
    """

    code = models.SlugField(_("Code"), max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    duration_minutes = models.PositiveIntegerField(_("Duration in minutes"), default=60)
    crew_size = models.PositiveSmallIntegerField(_("Engineers needed"), default=1)
    crew_cover = models.CharField(
        _("Skills are needed of"), max_length=4, choices=CrewCover.choices, default=CrewCover.ALL
    )
    may_split = models.BooleanField(_("May take several days"), default=False)
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, null=True, blank=True, related_name="work_types"
    )
    calendar = models.ForeignKey(
        BusinessCalendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="work_types",
        verbose_name=_("Business hours"),
    )
    is_active = models.BooleanField(_("May be chosen for new work"), default=True)
    skills = models.ManyToManyField(Skill, through="WorkTypeSkill", related_name="work_types")

    refusals = {
        "work_type_code_uniq": _(
            "This code is in use already. Use the one that exists, or choose another code."
        ),
        "work_type_duration": _(
            "Work takes from 1 to 1,440 minutes (24 hours); up to 28,800 where it may take several days."
        ),
        "work_type_crew": _("A crew has from 1 to 8 engineers."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="work_type_code_uniq"),
            models.CheckConstraint(condition=DURATION_POSSIBLE, name="work_type_duration"),
            models.CheckConstraint(condition=Q(crew_size__range=(1, 8)), name="work_type_crew"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkTypeSkill(TenantModel):
    """A skill that a kind of work needs, and its least level."""

    work_type = models.ForeignKey(WorkType, on_delete=models.CASCADE, related_name="work_type_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="work_type_skills")
    level = models.PositiveSmallIntegerField(default=1)

    refusals = {
        "work_type_skill_uniq": _("The work needs this skill already."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_type", "skill"], name="work_type_skill_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class WorkTypePart(TenantModel):
    """A part that a kind of work usually takes, and how many."""

    work_type = models.ForeignKey(WorkType, on_delete=models.CASCADE, related_name="work_type_parts")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="work_type_parts")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)

    refusals = {
        "work_type_part_uniq": _("The part is in the list already. Change how many."),
        "work_type_part_positive": _("Say how many of each part: more than nothing."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_type", "part"], name="work_type_part_uniq"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="work_type_part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.quantity.normalize():f}"


class WorkOrder(TenantModel):
    """What must be done at a site. `status` is derived from its visits, never set by hand.

    `promised_*`: when the engineer must arrive; `window_*`: inside which the work must finish. Work for
    `crew_size` engineers is booked for all of them or for none; `crew_cover` says whether each must have the
    skills or all together. Work that `may_split` takes as many visits as it needs, one after the other;
    `left_minutes` is what none of them takes yet (None: nothing is planned, or the work is not split), derived
    like the status.
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
    crew_size = models.PositiveSmallIntegerField(_("Engineers needed"), default=1)
    crew_cover = models.CharField(
        _("Skills are needed of"), max_length=4, choices=CrewCover.choices, default=CrewCover.ALL
    )
    may_split = models.BooleanField(_("May take several days"), default=False)
    left_minutes = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=WorkOrderStatus.choices, default=WorkOrderStatus.UNSCHEDULED
    )
    window_start_at = models.DateTimeField(null=True, blank=True, validators=[check_meant])
    window_end_at = models.DateTimeField(null=True, blank=True, validators=[check_meant])
    promised_start_at = models.DateTimeField(null=True, blank=True, validators=[check_meant])
    promised_end_at = models.DateTimeField(null=True, blank=True, validators=[check_meant])
    follow_up_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "work_order_external_uniq": _(
            "This external id is in use already. Change what has it, or give another id."
        ),
        "work_order_duration": _(
            "Work takes from 1 to 1,440 minutes (24 hours); up to 28,800 where it may take several days."
        ),
        "work_order_crew": _("A crew has from 1 to 8 engineers."),
        "work_order_window": _("The work must end after it may begin. Choose a later end."),
        "work_order_promise": _("The promised time must end after it begins. Choose a later end."),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="work_order_number_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "source", "external_id"],
                condition=~Q(external_id=""),
                name="work_order_external_uniq",
            ),
            models.CheckConstraint(condition=DURATION_POSSIBLE, name="work_order_duration"),
            models.CheckConstraint(condition=Q(crew_size__range=(1, 8)), name="work_order_crew"),
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
        return self.reference_of(self.number)

    @staticmethod
    def reference_of(number: int) -> str:
        """What people call the work order with this number."""
        return f"WO-{number}"

    @property
    def needed_parts(self) -> dict[int, float]:
        """How many of each part it takes, by the part's id."""
        return {row.part_id: float(row.quantity) for row in self.work_order_parts.all()}

    @property
    def minutes_to_plan(self) -> int:
        """How long a visit planned now would take: what is left of work that is split, else all of it."""
        return (self.left_minutes if self.may_split else None) or self.duration_minutes


class WorkOrderSkill(TenantModel):
    """A skill this work order needs, and its least level: copied from the work type, then its own."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="work_order_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="work_order_skills")
    level = models.PositiveSmallIntegerField(default=1)

    refusals = {
        "work_order_skill_uniq": _("The work needs this skill already."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_order", "skill"], name="work_order_skill_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class WorkOrderPart(TenantModel):
    """A part that this work order is expected to take: who goes should have it in the van."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="work_order_parts")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="work_order_parts")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)

    refusals = {
        "work_order_part_uniq": _("The part is in the list already. Change how many."),
        "work_order_part_positive": _("Say how many of each part: more than nothing."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_order", "part"], name="work_order_part_uniq"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="work_order_part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.quantity.normalize():f}"


class WorkOrderLink(TenantModel):
    """One work order hangs on another: `then` is done after `first`, in the way that `kind` says.

    `gap_minutes`: how much time must lie between the end of the one and the start of the other.
    """

    first = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="links_after")
    then = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="links_before")
    kind = models.CharField(_("How"), max_length=20, choices=LinkKind.choices, default=LinkKind.AFTER)
    gap_minutes = models.PositiveIntegerField(_("Minutes between"), default=0)

    refusals = {
        "work_order_link_uniq": _("These two work orders are linked so already."),
        "work_order_link_to_other": _("A work order cannot wait for itself. Choose another one."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "first", "then", "kind"], name="work_order_link_uniq"),
            models.CheckConstraint(condition=~Q(first=models.F("then")), name="work_order_link_to_other"),
        ]

    def __str__(self) -> str:
        return f"{self.first} → {self.then}"
