"""What the evaluator of a tenant blocks, asks about, allows and prefers; and who prefers whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from dispatch.enums import PolicyStatus, TravelSource
from tenants.models import TenantModel
from workforce.enums import Liking
from workforce.models import Engineer


class DispatchPolicy(TenantModel):
    """One version of how a tenant plans. A draft may change; what was published never does.

    `verdicts`: {rule code: "block" | "confirm" | "allow"}; `weights`: {objective code: 0 to 100};
    `limits`: {"max_travel_minutes", "freeze_minutes", "change_price_seconds", …: whole numbers}. An absent
    key means the product's own value (`dispatch.policy`).
    """

    version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=PolicyStatus.choices, default=PolicyStatus.DRAFT)
    verdicts = models.JSONField(default=dict, blank=True)
    weights = models.JSONField(default=dict, blank=True)
    limits = models.JSONField(default=dict, blank=True)
    note = models.CharField(_("What changed"), max_length=300, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="dispatch_policy_version_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "status"],
                condition=Q(status__in=["draft", "published"]),
                name="dispatch_policy_one_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}"


class EngineerPreference(TenantModel):
    """A customer's own engineer, or one who never goes there."""

    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="preferences")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="engineer_preferences")
    liking = models.CharField(_("Which"), max_length=10, choices=Liking.choices)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    refusals = {
        "engineer_preference_uniq": _(
            "It is already said how this engineer and customer go together. Change that."
        ),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "engineer", "customer"], name="engineer_preference_uniq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.liking} {self.engineer}"


class TravelProfile(TenantModel):
    """How a tenant's travel times are found: one row at most; without one they are estimated.

    `source` "estimate" asks nobody; "osrm" and "valhalla" ask the service at `base_url`. `factors`: {band of
    `enums.TravelBand`: factor} learned from finished trips, beside the estimate, from `band_samples` of them
    ({band: how many}; `samples` in all), none of which began before `learns_from`; until `factors_changed_at`
    they were the `former_factors`. After `failures` in a row
    the service is not asked again before `ask_again_at`; `problem` says what was wrong with it.
    """

    source = models.CharField(
        _("Travel times from"), max_length=10, choices=TravelSource.choices, default=TravelSource.ESTIMATE
    )
    base_url = models.CharField(_("Address of the service"), max_length=200, blank=True)
    factors = models.JSONField(default=dict, blank=True)
    former_factors = models.JSONField(default=dict, blank=True)
    factors_changed_at = models.DateTimeField(null=True, blank=True)
    samples = models.PositiveIntegerField(default=0)
    band_samples = models.JSONField(default=dict, blank=True)
    calibrated_at = models.DateTimeField(null=True, blank=True)
    learns_from = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    ask_again_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="travel_profile_uniq")]

    def __str__(self) -> str:
        return str(TravelSource(self.source).label)


class TravelLeg(TenantModel):
    """What a routing service said of driving between two places, by `travel.key_of`: whole `seconds`, metres.

    `seconds` None: it knows no way. A leg from a place to itself says when everything near it was asked; with
    `seconds` None, that somebody wants it asked.
    `known_at` is when it became known, `asked_at` when it was last asked.
    """

    from_key = models.BigIntegerField()
    to_key = models.BigIntegerField()
    seconds = models.PositiveIntegerField(null=True)
    metres = models.PositiveIntegerField(default=0)
    known_at = models.DateTimeField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "from_key", "to_key"], name="travel_leg_uniq"),
        ]
        indexes = [
            models.Index(fields=["tenant", "to_key"], name="travel_leg_to_idx"),
            models.Index(fields=["tenant", "asked_at"], name="travel_leg_asked_idx"),
            models.Index(
                fields=["tenant", "asked_at"],
                condition=Q(from_key=models.F("to_key"), seconds__isnull=True),
                name="travel_leg_wanted_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_key}–{self.to_key}"
