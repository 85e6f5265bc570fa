"""Skill, Territory, Provider, Engineer and their working time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from tenants.models import TenantModel, check_zone


class Skill(TenantModel):
    """Something an engineer can do, at a level from 1 to 5."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="skill_code_uniq")]

    def __str__(self) -> str:
        return self.name


class Territory(TenantModel):
    """A set of areas (`customers.Site.area`) that engineers cover."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    areas = ArrayField(models.CharField(max_length=80), default=list)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="territory_code_uniq")]

    def __str__(self) -> str:
        return self.name


class Provider(TenantModel):
    """A downstream service company that takes work."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    email = models.EmailField(_("E-mail"), blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="provider_code_uniq")]

    def __str__(self) -> str:
        return self.name


class Engineer(TenantModel):
    """A person who can be sent. `home_*` is where the day starts, WGS-84."""

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
    is_active = models.BooleanField(_("Active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "membership"],
                condition=models.Q(membership__isnull=False),
                name="engineer_membership_uniq",
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
    expires_on = models.DateField(null=True, blank=True)

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "engineer", "territory"], name="engineer_territory_uniq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engineer} {self.territory}"


class Shift(TenantModel):
    """Weekly working time: weekday 0 is Monday; local wall-clock times in the engineer's zone.

    `ends` at or before `starts` means the shift runs past midnight.
    """

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__range=(0, 6)), name="shift_weekday"),
            models.UniqueConstraint(fields=["tenant", "engineer", "weekday", "starts"], name="shift_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}–{self.ends:%H:%M}"


class Absence(TenantModel):
    """A time when an engineer cannot be sent."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="absences")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["start_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_at__gt=models.F("start_at")), name="absence_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "engineer", "end_at"], name="absence_engineer_idx")]

    def __str__(self) -> str:
        return f"{self.engineer} {self.start_at:%F}"
