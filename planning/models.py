"""Planning runs and what they propose."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.models import Visit, WorkOrder
from planning.enums import ChangeKind, ChangeState, RunKind, RunState
from tenants.models import TenantModel
from workforce.models import Engineer, Territory


class PlanRun(TenantModel):
    """One run of the optimiser over some engineers and days: asked for, carried out, then a proposal.

    `territory` None means everybody. `seed` and `steps` make it repeatable; `policy_version` is what it
    judged by. `figures`: {"before": {…}, "after": {…}} as `planning.figures.Figures` has them, "days" as
    `days_that_differ` does, "kept_late": the visits left after their promise, "changes": rows by kind, "roads": where
    travel times come from. `progress` is in per cent. `with_overtime`: who asked allows overtime where the policy
    leaves that to a person. A run that changes nothing ends as "nothing": what found no
    place says why.
    """

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=RunKind.choices, default=RunKind.BUILD)
    territory = models.ForeignKey(
        Territory, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_runs"
    )
    from_at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    seed = models.PositiveIntegerField(default=1)
    budget_seconds = models.PositiveSmallIntegerField(_("Seconds"), default=5)
    steps = models.PositiveIntegerField(default=0)
    with_overtime = models.BooleanField(default=False)
    policy_version = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)

    refusals = {
        "plan_run_ends_later": _("A plan must end after it begins. Choose a later end."),
        "plan_run_budget": _("The search takes from 1 to 600 seconds."),
        "plan_run_alone": _("A plan for this territory is being made already. Wait until it is ready."),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="plan_run_number_uniq"),
            models.CheckConstraint(condition=Q(until__gt=models.F("from_at")), name="plan_run_ends_later"),
            models.CheckConstraint(condition=Q(budget_seconds__range=(1, 600)), name="plan_run_budget"),
            models.UniqueConstraint(
                fields=["tenant", "territory"],
                condition=Q(state__in=["queued", "running"]),
                nulls_distinct=False,
                name="plan_run_alone",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="plan_run_idx"),
            models.Index(fields=["tenant", "-started_at"], name="plan_run_turn_idx"),
            models.Index(fields=["asked_at"], condition=Q(state="queued"), name="plan_run_queued_idx"),
        ]

    def __str__(self) -> str:
        return f"P-{self.number}"

    @property
    def day_count(self) -> int:
        """How many days the run spans, the first and the last included."""
        return max(1, round((self.until - self.from_at).total_seconds() / 86_400))


class PlanChange(TenantModel):
    """What a run proposes for one work order; kept also when it leaves it alone for a reason worth telling.

    `visit_version` is the version of the visit (0: none yet) and `work_order_version` that of the work order
    that the run saw: a newer one makes the row stale, not the proposal. `reasons` are codes with facts, as
    the evaluator gives them; `ways_out` the smallest changes that would help where the work stays undone (None: not
    looked at yet). Rows of one `crew_key` go together: a crew's members, or the stints of work that takes
    several days.
    """

    run = models.ForeignKey(PlanRun, on_delete=models.CASCADE, related_name="changes")
    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="plan_changes")
    visit = models.ForeignKey(
        Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_changes"
    )
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.OPEN)
    visit_version = models.PositiveIntegerField(default=0)
    work_order_version = models.PositiveIntegerField(default=0)
    from_engineer = models.ForeignKey(
        Engineer, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_changes_from"
    )
    from_start_at = models.DateTimeField(null=True, blank=True)
    to_engineer = models.ForeignKey(
        Engineer, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_changes_to"
    )
    to_start_at = models.DateTimeField(null=True, blank=True)
    to_end_at = models.DateTimeField(null=True, blank=True)
    travel_minutes = models.PositiveIntegerField(default=0)
    late_minutes = models.PositiveIntegerField(default=0)
    crew_key = models.UUIDField(null=True, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    ways_out = models.JSONField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tenant", "run", "state"], name="plan_change_run_idx")]

    def __str__(self) -> str:
        return f"{self.work_order} {self.kind}"
