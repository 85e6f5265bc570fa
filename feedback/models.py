"""Customer links, responses and recoveries."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from channels.models import OutboundMessage
from customers.models import Contact
from dispatch.models import ConsentRequest, Visit
from dispatch.rules import Window
from feedback.enums import LinkPurpose, RatingReason, RecoveryStatus
from tenants.models import TenantModel


class CustomerLink(TenantModel):
    """A revocable key to one visit for one purpose. Only the hash of its code is kept. One to choose another time
    belongs to one question about the visit (`consent`).

    The code is made from `nonce` with the installation's secret, so that the engineer's screen can show the
    QR code again, while the database alone gives nobody a way in.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="links")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=10, choices=LinkPurpose.choices)
    nonce = models.CharField(max_length=64)
    consent = models.ForeignKey(ConsentRequest, on_delete=models.CASCADE, null=True, related_name="links")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code_hash"], name="link_code_uniq"),
            models.CheckConstraint(
                condition=Q(purpose="choose", consent__isnull=False)
                | ~Q(purpose="choose") & Q(consent__isnull=True),
                name="link_choose_has_consent",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "visit", "purpose"], name="link_visit_idx")]

    def __str__(self) -> str:
        return f"{self.visit} {self.purpose}"


class VisitLetter(TenantModel):
    """What one letter told the customer of a visit: that somebody arrives between `opens_at` and `closes_at`, or,
    without them, that the visit will not take place. The newest is what they know; one taken back before it was
    sent is gone with its message."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="letters")
    message = models.ForeignKey(OutboundMessage, on_delete=models.CASCADE, related_name="+")
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False),
                name="letter_window_both_or_neither",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "visit", "id"], name="letter_visit_idx")]

    def __str__(self) -> str:
        return f"{self.visit} {self.opens_at or '–'}"

    @property
    def window(self) -> Window | None:
        """When they expect somebody; None when they know that nobody comes."""
        return Window(self.opens_at, self.closes_at) if self.opens_at and self.closes_at else None


class Response(TenantModel):
    """What a customer said of one visit: a score from 1 to 5, reasons, words. Once per visit."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="responses")
    link = models.ForeignKey(CustomerLink, on_delete=models.PROTECT, null=True, related_name="responses")
    score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=20, choices=RatingReason.choices), default=list)
    comment = models.TextField(blank=True)
    wants_call = models.BooleanField(default=False)
    language = models.CharField(max_length=10, blank=True)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "response_score": _("A score is from 1 to 5."),
        "response_once_per_visit": _("The visit is rated already."),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "visit"], name="response_once_per_visit"),
            models.CheckConstraint(condition=Q(score__range=(1, 5)), name="response_score"),
        ]
        indexes = [
            models.Index(fields=["tenant", "recorded_at"], name="response_time_idx"),
            models.Index(fields=["tenant", "updated_at", "id"], name="response_updated_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.visit}: {self.score}"


class Recovery(TenantModel):
    """The clocked follow-up to a bad rating."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="recoveries")
    owner = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="recoveries")
    status = models.CharField(max_length=10, choices=RecoveryStatus.choices, default=RecoveryStatus.OPEN)
    due_at = models.DateTimeField()
    outcome = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "response"], name="recovery_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by="") | Q(done_at__isnull=False) & ~Q(done_by=""),
                name="recovery_done_both_or_neither",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "status", "due_at"], name="recovery_due_idx")]

    def __str__(self) -> str:
        return str(self.response)
