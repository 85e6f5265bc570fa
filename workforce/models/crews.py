"""Engineers who usually go together."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from workforce.models.engineers import Engineer


class Crew(TenantModel):
    """Engineers who usually go together: preferred for work that needs several."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    members = models.ManyToManyField(Engineer, through="CrewMember", related_name="crews")
    is_active = models.BooleanField(_("Active"), default=True)

    refusals = {
        "crew_code_uniq": _("This code is in use already. Use the one that exists, or choose another code."),
    }

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="crew_code_uniq")]

    def __str__(self) -> str:
        return self.name


class CrewMember(TenantModel):
    """An engineer of a crew; at most one leads."""

    crew = models.ForeignKey(Crew, on_delete=models.CASCADE, related_name="crew_members")
    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="crew_members")
    is_lead = models.BooleanField(_("Leads"), default=False)

    refusals = {
        "crew_member_uniq": _("The engineer is of this crew already."),
        "crew_lead_uniq": _("A crew has one engineer who leads. Choose one."),
    }

    class Meta:
        ordering = ["-is_lead", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "crew", "engineer"], name="crew_member_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "crew"], condition=models.Q(is_lead=True), name="crew_lead_uniq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.crew} {self.engineer}"
