"""Checklists and the evidence of a visit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.enums import ItemKind, PhotoKind, SignatureOutcome, TimeKind
from dispatch.models import Visit, WorkType
from inventory.models import Movement, Part
from tenants.models import TenantModel
from workforce.models import Engineer


class Checklist(TenantModel):
    """A versioned standard procedure for a kind of work. A started visit keeps its version."""

    work_type = models.ForeignKey(WorkType, on_delete=models.CASCADE, related_name="checklists")
    name = models.CharField(_("Name"), max_length=120)
    version = models.PositiveIntegerField(default=1)
    is_published = models.BooleanField(default=True)

    refusals = {
        "checklist_version_uniq": _(
            "Somebody else saved a newer version of the checklist. Open it and change that one."
        ),
    }

    class Meta:
        ordering = ["work_type", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "work_type", "version"], name="checklist_version_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class ChecklistItem(TenantModel):
    """One step. A reading may have a unit and limits; a required step gates completion."""

    checklist = models.ForeignKey(Checklist, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=ItemKind.choices)
    label = models.CharField(_("Step"), max_length=300)
    unit = models.CharField(max_length=20, blank=True)
    minimum = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    maximum = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    is_required = models.BooleanField(default=True)

    refusals = {
        "checklist_item_uniq": _("Two steps have the same place. Give each its own."),
    }

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "checklist", "position"], name="checklist_item_uniq"),
        ]

    def __str__(self) -> str:
        return self.label


class Submission(TenantModel):
    """One filling-in of a checklist at a visit, never overwritten."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="submissions")
    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="submissions")
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "visit", "checklist"], name="submission_uniq")
        ]

    def __str__(self) -> str:
        return f"{self.visit} {self.checklist}"


class Answer(TenantModel):
    """An answer to one step: append-only, the latest counts, all are kept."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(ChecklistItem, on_delete=models.PROTECT, related_name="answers")
    value = models.CharField(max_length=500)
    comment = models.CharField(max_length=500, blank=True)
    is_within_limits = models.BooleanField(default=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tenant", "submission", "item", "-id"], name="answer_item_idx")]

    def __str__(self) -> str:
        return f"{self.item}: {self.value}"


def photo_path(photo: Photo, name: str) -> str:
    """Where a photo's file lies below MEDIA_ROOT: each tenant's apart."""
    return f"tenants/{photo.tenant_id}/visits/{photo.visit_id}/{name}"


class Photo(TenantModel):
    """A re-encoded picture. `sha256` of what the phone sent makes a repeated upload the same photo."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="photos")
    item = models.ForeignKey(
        ChecklistItem, on_delete=models.PROTECT, null=True, blank=True, related_name="photos"
    )
    kind = models.CharField(max_length=10, choices=PhotoKind.choices, default=PhotoKind.OTHER)
    file = models.FileField(upload_to=photo_path, max_length=200)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    taken_at = models.DateTimeField()

    refusals = {
        "photo_once": _("This photo is already here."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "visit", "sha256"], name="photo_once")]

    def __str__(self) -> str:
        return f"{self.visit} {self.kind}"


class Signature(TenantModel):
    """The customer's word on the visit, drawn or typed, or why there is none. Immutable."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="signatures")
    outcome = models.CharField(
        max_length=10, choices=SignatureOutcome.choices, default=SignatureOutcome.SIGNED
    )
    signer_name = models.CharField(max_length=120, blank=True)
    drawing = models.TextField(blank=True)
    reason = models.CharField(max_length=300, blank=True)
    document_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    refusals = {
        "signature_once": _("The visit is signed already."),
        "signature_name_or_reason": _("Give the name of who signed, or the reason why nobody could."),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "visit"], name="signature_once"),
            models.CheckConstraint(
                condition=Q(outcome="signed") & ~Q(signer_name="") | ~Q(outcome="signed") & ~Q(reason=""),
                name="signature_name_or_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit} {self.outcome}"


class PartUse(TenantModel):
    """A part used at a visit: one movement. Quantity used and quantity billed are different fields."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="part_uses")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="uses")
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="uses")
    quantity_used = models.DecimalField(max_digits=12, decimal_places=3)
    quantity_billed = models.DecimalField(max_digits=12, decimal_places=3)
    at = models.DateTimeField()

    refusals = {
        "part_use_positive": _("Say how many of each part: more than nothing."),
    }

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "movement"], name="part_use_movement_uniq"),
            models.CheckConstraint(
                condition=Q(quantity_used__gt=0, quantity_billed__gte=0), name="part_use_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_used} × {self.part}"


class TimeEntry(TenantModel):
    """A stretch of the engineer's time on a visit, made by status taps."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="time_entries")
    engineer = models.ForeignKey(Engineer, on_delete=models.PROTECT, related_name="time_entries")
    kind = models.CharField(max_length=10, choices=TimeKind.choices)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["start_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_at__isnull=True) | Q(end_at__gte=models.F("start_at")),
                name="time_entry_ends_later",
            ),
            models.UniqueConstraint(
                fields=["tenant", "visit"], condition=Q(end_at__isnull=True), name="time_entry_one_running"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "start_at"], name="time_entry_start_idx")]

    def __str__(self) -> str:
        return f"{self.visit} {self.kind}"

    @property
    def minutes(self) -> int:
        return int((self.end_at - self.start_at).total_seconds() // 60) if self.end_at else 0
