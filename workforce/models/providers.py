"""Downstream service companies and the scope of the work they take."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from workforce.models.catalogue import Skill, Territory


class Provider(TenantModel):
    """A downstream service company that takes work.

    Its scope: `skills` and `territories` it may be given work of; none of a kind means any. `visits_a_day`
    None means no bound.
    """

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    accept_minutes = models.PositiveSmallIntegerField(_("Minutes to accept an offer"), default=30)
    visits_a_day = models.PositiveSmallIntegerField(_("Visits a day at most"), null=True, blank=True)
    skills = models.ManyToManyField(Skill, through="ProviderSkill", related_name="providers")
    territories = models.ManyToManyField(Territory, through="ProviderTerritory", related_name="providers")
    is_active = models.BooleanField(default=True)

    refusals = {
        "provider_code_uniq": _(
            "This code is in use already. Use the one that exists, or choose another code."
        ),
        "provider_accepts_in": _("Give a provider from 1 to 10,080 minutes (7 days) to accept."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="provider_code_uniq"),
            models.CheckConstraint(
                condition=models.Q(accept_minutes__range=(1, 10_080)), name="provider_accepts_in"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderSkill(TenantModel):
    """A skill that a provider may be given work of."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="provider_skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="provider_skills")

    refusals = {
        "provider_skill_uniq": _("The provider has this skill already."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "provider", "skill"], name="provider_skill_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.skill}"


class ProviderTerritory(TenantModel):
    """A territory where a provider may be given work."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="provider_territories")
    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="provider_territories")

    refusals = {
        "provider_territory_uniq": _("The provider covers this territory already."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "territory"], name="provider_territory_uniq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.territory}"
