"""Asking customers whether a confirmed visit may move."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from dispatch.enums import ConsentCause, ConsentStatus
from dispatch.models.visits import Visit
from tenants.models import TenantModel
from workforce.models import Engineer


class ConsentRequest(TenantModel):
    """One question to a customer: may this visit move, and when would suit?

    `from_engineer` and `from_start_at` are the visit as it stood (at `visit_version`); `opens_at` and `closes_at`
    the window that the customer had confirmed. `options` are up to five windows, what we wish first: [{"start",
    "end", "grade", "engineer_id", "at", "is_wished"}], instants in ISO 8601; `chosen` is the place of one in it.
    `reason` breaks soft rules for the wish, `comment` is what the customer says.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="consents")
    visit_version = models.PositiveIntegerField()
    from_engineer = models.ForeignKey(Engineer, on_delete=models.PROTECT, related_name="+")
    from_start_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=ConsentCause.choices, default=ConsentCause.BY_HAND)
    status = models.CharField(max_length=12, choices=ConsentStatus.choices, default=ConsentStatus.ASKED)
    options = models.JSONField(default=list, blank=True)
    chosen = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    asker = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "consent_asked_once": _(
            "The customer is being asked about this visit already. Wait for the answer, or take the question back."
        ),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "visit"], condition=Q(status="asked"), name="consent_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("asked_at")), name="consent_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["agreed", "chose_other"], chosen__isnull=False)
                | ~Q(status__in=["agreed", "chose_other"]) & Q(chosen__isnull=True),
                name="consent_chosen_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "expires_at"], name="consent_status_idx"),
            models.Index(fields=["tenant", "visit", "-id"], name="consent_visit_idx"),
        ]

    def __str__(self) -> str:
        return f"C-{self.pk}"
