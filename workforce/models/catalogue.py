"""What engineers can do and where: skills and territories."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel


class Skill(TenantModel):
    """Something an engineer can do, at a level from 1 to 5."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "skill_code_uniq": _("This code is in use already. Use the one that exists, or choose another code."),
    }

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

    refusals = {
        "territory_code_uniq": _(
            "This code is in use already. Use the one that exists, or choose another code."
        ),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="territory_code_uniq")]

    def __str__(self) -> str:
        return self.name
