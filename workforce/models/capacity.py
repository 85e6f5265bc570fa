"""How much of a territory's working time is kept free for emergencies."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from workforce.models.catalogue import Skill, Territory


class CapacityRule(TenantModel):
    """Holds back a share of working time until shortly before, or bounds what may be planned a day.

    The most specific rule counts: territory, skill and weekday before fewer of them. `reserve_percent` of
    the engineers' minutes stays free for work of priority `up_to_priority` or more urgent, and is released
    `released_hours` before the day begins. `max_minutes` None: as much as the shifts hold.
    """

    territory = models.ForeignKey(
        Territory, on_delete=models.CASCADE, null=True, blank=True, related_name="capacity_rules"
    )
    skill = models.ForeignKey(
        Skill, on_delete=models.CASCADE, null=True, blank=True, related_name="capacity_rules"
    )
    weekday = models.PositiveSmallIntegerField(_("Weekday"), null=True, blank=True)
    reserve_percent = models.PositiveSmallIntegerField(_("Kept for emergencies, in per cent"), default=0)
    up_to_priority = models.PositiveSmallIntegerField(_("For priority"), default=1)
    released_hours = models.PositiveSmallIntegerField(_("Released hours before the day"), default=0)
    max_minutes = models.PositiveIntegerField(_("Minutes a day at most"), null=True, blank=True)

    refusals = {
        "capacity_rule_uniq": _(
            "There is a rule for this territory, skill and weekday already. Change that one."
        ),
        "capacity_rule_possible": _(
            "Keep at most 100 per cent for priorities 1 to 4, on a weekday from 0 (Monday) to 6 (Sunday)."
        ),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "territory", "skill", "weekday"],
                nulls_distinct=False,
                name="capacity_rule_uniq",
            ),
            models.CheckConstraint(
                condition=models.Q(reserve_percent__lte=100, up_to_priority__range=(1, 4))
                & (models.Q(weekday__isnull=True) | models.Q(weekday__range=(0, 6))),
                name="capacity_rule_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory or '*'} {self.skill or '*'} {self.reserve_percent} %"
