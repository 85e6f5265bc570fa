"""Shapes of the work on site on the REST door."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from delivery.enums import PhotoKind, SignatureOutcome
from delivery.models import Answer, PartUse, Photo, Signature, TimeEntry
from delivery.queries import ChecklistStep, Evidence
from dispatch.models import Visit
from inventory.models import Part


class VisitStateSerializer(serializers.ModelSerializer[Visit]):
    """Where a visit stands after an act."""

    class Meta:
        model = Visit
        fields = [
            "id",
            "work_order_id",
            "engineer_id",
            "status",
            "accepted_at",
            "travel_started_at",
            "arrived_at",
            "ended_at",
            "end_reason",
            "version",
        ]
        read_only_fields = fields


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    """One answer to a step; the latest counts."""

    class Meta:
        model = Answer
        fields = ["id", "item_id", "value", "comment", "is_within_limits", "actor_label", "at"]
        read_only_fields = fields


class PartUseSerializer(serializers.ModelSerializer[PartUse]):
    """A part used: what was used and what is billed may differ."""

    part_code = serializers.CharField(source="part.code", read_only=True)

    class Meta:
        model = PartUse
        fields = ["id", "part_id", "part_code", "quantity_used", "quantity_billed", "at"]
        read_only_fields = fields


class PhotoSerializer(serializers.ModelSerializer[Photo]):
    """A photo's facts; `sha256` is of the file that was sent."""

    class Meta:
        model = Photo
        fields = ["id", "item_id", "kind", "sha256", "width", "height", "taken_at"]
        read_only_fields = fields


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    """The customer's word; `document_hash` covers what was recorded until then."""

    class Meta:
        model = Signature
        fields = ["outcome", "signer_name", "reason", "document_hash", "at"]
        read_only_fields = fields


class TimeEntrySerializer(serializers.ModelSerializer[TimeEntry]):
    """A stretch of the engineer's time; `end_at` is null while it runs."""

    class Meta:
        model = TimeEntry
        fields = ["kind", "start_at", "end_at"]
        read_only_fields = fields


class StepSerializer(serializers.Serializer[ChecklistStep]):
    """A step of the pinned checklist with its latest answer."""

    item_id = serializers.IntegerField(source="item.pk")
    kind = serializers.CharField(source="item.kind")
    label = serializers.CharField(source="item.label")  # type: ignore[assignment]
    unit = serializers.CharField(source="item.unit")
    minimum = serializers.DecimalField(
        source="item.minimum", max_digits=12, decimal_places=3, allow_null=True
    )
    maximum = serializers.DecimalField(
        source="item.maximum", max_digits=12, decimal_places=3, allow_null=True
    )
    is_required = serializers.BooleanField(source="item.is_required")
    is_done = serializers.BooleanField()
    answer = AnswerSerializer(allow_null=True)


class EvidenceSerializer(serializers.Serializer[Evidence]):
    """Everything known of one visit. `missing` lists what keeps it from being completed."""

    visit = VisitStateSerializer()
    steps = StepSerializer(many=True)
    parts = PartUseSerializer(many=True, source="part_uses")
    photos = PhotoSerializer(many=True)
    signature = SignatureSerializer(allow_null=True)
    time_entries = TimeEntrySerializer(many=True)
    work_minutes = serializers.IntegerField()
    travel_minutes = serializers.IntegerField()
    missing = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_missing(self, evidence: Evidence) -> list[str]:
        return [lack.label for lack in evidence.missing]


class TapInput(serializers.Serializer[Any]):
    """When the engineer tapped, by the phone's clock; never later than now."""

    device_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReasonInput(TapInput):
    """Why."""

    reason = serializers.CharField(max_length=200)


class CompleteInput(TapInput):
    """The last tap."""

    remarks = serializers.CharField(max_length=200, default="", allow_blank=True)
    follow_up = serializers.CharField(max_length=200, default="", allow_blank=True)


class AnswerInput(serializers.Serializer[Any]):
    """`value`: pass, fail or na; a number; or words, as the step wants."""

    item_id = serializers.IntegerField(min_value=1, max_value=2**62)
    value = serializers.CharField(max_length=500)
    comment = serializers.CharField(max_length=500, default="", allow_blank=True)


class PartUseInput(serializers.Serializer[Any]):
    """`key` is your number of this use: sent again, nothing moves again."""

    part_id = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    quantity = serializers.DecimalField(max_digits=9, decimal_places=3, min_value=Decimal("0.001"))
    key = serializers.CharField(max_length=60)


class PhotoInput(serializers.Serializer[Any]):
    """`multipart/form-data`: the picture (JPEG, PNG or WebP, at most 20 MB)."""

    photo = serializers.FileField()
    kind = serializers.ChoiceField(choices=PhotoKind.choices, default=PhotoKind.OTHER)
    item_id = serializers.IntegerField(required=False, min_value=1, max_value=2**62)


class SignatureInput(serializers.Serializer[Any]):
    """Signed: `signer_name` with `drawing` (PNG data URL, at most 200 KB) or the `reason` why there is only the
    name. Otherwise: `reason`."""

    outcome = serializers.ChoiceField(choices=SignatureOutcome.choices)
    signer_name = serializers.CharField(max_length=120, default="", allow_blank=True)
    drawing = serializers.CharField(max_length=300_000, default="", allow_blank=True)
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)
