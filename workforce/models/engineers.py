"""People who can be sent: what they can do, where, at what cost, and with whom."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from tenants.models import TenantModel, check_zone
from workforce.enums import Liking
from workforce.models.catalogue import Skill, Territory
from workforce.models.providers import Provider


class Engineer(TenantModel):
    """A person who can be sent. `home_*` is where the day starts, WGS-84.

    Costs are in minor units of the tenant's currency. `max_travel_minutes` None: as the policy says;
    `overtime_week_minutes` None: no limit, of each week from Monday by the engineer's clock.
    """

    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="engineers"
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="engineers"
    )
    name = models.CharField(_("Name"), max_length=120)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    home_latitude = models.FloatField(null=True, blank=True)
    home_longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True, validators=[check_zone])
    skills = models.ManyToManyField(Skill, through="EngineerSkill", related_name="engineers")
    territories = models.ManyToManyField(Territory, through="EngineerTerritory", related_name="engineers")
    max_travel_minutes = models.PositiveSmallIntegerField(
        _("Travel to one visit at most, in minutes"), null=True, blank=True
    )
    overtime_minutes = models.PositiveSmallIntegerField(_("Overtime a shift at most, in minutes"), default=0)
    overtime_week_minutes = models.PositiveSmallIntegerField(
        _("Overtime a week at most, in minutes"), null=True, blank=True
    )
    overtime_percent = models.PositiveSmallIntegerField(_("Overtime pay, in per cent"), default=125)
    hour_cost_minor = models.BigIntegerField(_("Cost of an hour"), default=0)
    km_cost_minor = models.BigIntegerField(_("Cost of a kilometre"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "engineer_membership_uniq": _(
            "Another engineer signs in as this person already. Choose somebody else."
        ),
        "engineer_costs_possible": _(
            "Overtime is at most 720 minutes a shift and paid with 100 to 500 per cent; costs are not below 0."
        ),
        "engineer_week_possible": _("Overtime is at most 5,040 minutes a week."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "membership"],
                condition=models.Q(membership__isnull=False),
                name="engineer_membership_uniq",
            ),
            models.CheckConstraint(
                condition=models.Q(overtime_minutes__lte=720, overtime_percent__range=(100, 500))
                & models.Q(hour_cost_minor__gte=0, km_cost_minor__gte=0),
                name="engineer_costs_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(overtime_week_minutes=None) | models.Q(overtime_week_minutes__lte=5040),
                name="engineer_week_possible",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "updated_at", "id"], name="engineer_updated_idx")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None


class EngineerSkill(TenantModel):
    """An engineer's skill: level 1 to 5, and until when the certificate holds (that day included)."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="engineer_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="engineer_skills")
    level = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    certificate = models.CharField(_("Certificate number"), max_length=80, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    refusals = {
        "engineer_skill_uniq": _("The engineer has this skill already."),
        "engineer_skill_level": _("The level of a skill is from 1 to 5."),
    }

    class Meta:
        ordering = ["-level", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "engineer", "skill"], name="engineer_skill_uniq"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="engineer_skill_level"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"


class EngineerTerritory(TenantModel):
    """An engineer covers a territory."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="engineer_territories")
    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="engineer_territories")

    refusals = {
        "engineer_territory_uniq": _("The engineer covers this territory already."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "engineer", "territory"], name="engineer_territory_uniq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engineer} {self.territory}"


class EngineerPair(TenantModel):
    """Two engineers who work well together, or never together, in a crew. `first` has the smaller id."""

    first = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="pairs_first")
    second = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="pairs_second")
    liking = models.CharField(_("Together"), max_length=10, choices=Liking.choices)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)

    refusals = {
        "engineer_pair_uniq": _("It is already said how these two go together. Change that."),
        "engineer_pair_in_order": _("Choose two different engineers."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "first", "second"], name="engineer_pair_uniq"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="engineer_pair_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} {self.liking} {self.second}"
