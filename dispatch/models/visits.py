"""Visits: who goes when."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from core.clock import now
from dispatch.enums import LockLevel, VisitStatus
from dispatch.models.work import WorkOrder
from dispatch.rules import AWAITED, ENDED, MOVABLE, OCCUPYING, UNDER_WAY, Taps, span_taken
from tenants.models import TenantModel
from workforce.models import Engineer


class TsTzRange(Func):
    """A range of instants made of two columns."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Visit(TenantModel):
    """One trip: who and when. Plan (`start_at`), promise (on the work order) and actual (`arrived_at`)
    differ.

    Visits of one `crew_key` go together: as many as the work needs, at the same time, or none.
    `shares_work`: the work is for several people or may take several days, so that other visits may be to come
    beside this one; the database notes it when the visit is made.
    `told_start_at` is the start of which the customer was told: the database notes it when the visit is sent, and
    it stays while the visit keeps to what was told (`queries.told_of`).
    `policy_version` is the dispatch policy that the visit was planned under (0: the product's own).
    """

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="visits")
    engineer = models.ForeignKey(Engineer, on_delete=models.PROTECT, related_name="visits")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    travel_minutes = models.PositiveIntegerField(default=0)
    travel_km = models.FloatField(default=0)
    status = models.CharField(max_length=20, choices=VisitStatus.choices, default=VisitStatus.SCHEDULED)
    lock_level = models.CharField(max_length=10, choices=LockLevel.choices, default=LockLevel.PROPOSED)
    crew_key = models.UUIDField(null=True, blank=True)
    shares_work = models.BooleanField(default=False, editable=False)
    policy_version = models.PositiveIntegerField(default=0)
    reason = models.JSONField(default=dict, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    told_start_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    travel_started_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "visit_ends_later": _("A visit must end after it begins. Choose a later end."),
        "visit_no_overlap": _(
            "The engineer has another visit at that time. Choose another time or engineer."
        ),
        "visit_one_to_come": _("The work order has a visit to come already. Move that one."),
    }

    class Meta:
        ordering = ["start_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=models.F("start_at")), name="visit_ends_later"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(told_start_at__isnull=False), name="visit_sent_is_told"
            ),
            ExclusionConstraint(
                name="visit_no_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("engineer", RangeOperators.EQUAL),
                    (TsTzRange("start_at", "end_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=[status.value for status in OCCUPYING]),
            ),
            models.UniqueConstraint(
                fields=["tenant", "work_order"],
                condition=Q(status__in=[status.value for status in AWAITED], shares_work=False),
                name="visit_one_to_come",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "start_at", "engineer"], name="visit_day_idx"),
            models.Index(fields=["tenant", "engineer", "start_at"], name="visit_engineer_idx"),
            models.Index(fields=["tenant", "work_order"], name="visit_work_order_idx"),
            models.Index(
                fields=["tenant", "crew_key"], condition=Q(crew_key__isnull=False), name="visit_crew_idx"
            ),
            models.Index(fields=["tenant", "updated_at", "id"], name="visit_updated_idx"),
        ]

    def __str__(self) -> str:
        return f"V-{self.pk}"

    @property
    def status_code(self) -> VisitStatus:
        """The status as its enum."""
        return VisitStatus(self.status)

    @property
    def planned_minutes(self) -> int:
        """How long it is planned to take: of split work its own share."""
        return int((self.end_at - self.start_at).total_seconds()) // 60

    @property
    def has_begun(self) -> bool:
        """Whether its engineer has set out for it, or more."""
        return self.status in UNDER_WAY or self.status in ENDED

    @property
    def is_movable(self) -> bool:
        """Whether a dispatcher may still give it another engineer or time."""
        return self.status in MOVABLE

    def span_at(self, at: datetime) -> tuple[datetime, datetime]:
        """From when to when it takes the engineer's time, as is known at that moment: see `rules.span_taken`."""
        taps = Taps(self.travel_started_at, self.arrived_at, self.ended_at)
        planned = self.start_at, self.end_at
        return span_taken(self.status, planned, taps, travel_minutes=self.travel_minutes, at=at)

    @property
    def shown_start_at(self) -> datetime:
        """When it begins, as lists say it: as planned until somebody arrives, from then on when it really began."""
        return self._shown[0]

    @property
    def shown_end_at(self) -> datetime:
        """When it ends, as lists say it: of one that is over, when it really ended."""
        return self._shown[1]

    @property
    def is_over(self) -> bool:
        """Whether it ended, done or short; one called off never was."""
        return self.status in ENDED

    @property
    def _shown(self) -> tuple[datetime, datetime]:
        is_known = self.arrived_at is not None or self.is_over
        return self.span_at(now()) if is_known else (self.start_at, self.end_at)

    @property
    def stock_key(self) -> str:
        """How the keys of stock movements begin that are made for this visit."""
        return f"visit-{self.pk}:"

    @property
    def look_code(self) -> str:
        """The status as the board shows it: planned but not sent is a draft."""
        is_draft = self.status == VisitStatus.SCHEDULED and self.sent_at is None
        return "draft" if is_draft else str(self.status)
