"""Ratings as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.reading import ReadSerializer
from dispatch.models import Visit
from feedback.enums import RatingReason
from feedback.models import Response


class ResponseSerializer(ReadSerializer[Response]):
    """What a customer said of a visit. `flags` say why a rating deserves a second look."""

    work_order = serializers.IntegerField(source="visit.work_order_id", read_only=True)
    engineer = serializers.IntegerField(source="visit.engineer_id", read_only=True)

    class Meta:
        model = Response
        fields = [
            "id",
            "visit",
            "work_order",
            "engineer",
            "score",
            "reasons",
            "comment",
            "wants_call",
            "language",
            "flags",
            "recorded_at",
            "updated_at",
        ]
        read_only_fields = fields


class ResponseRecordSerializer(serializers.Serializer[Any]):
    """A rating taken down for a customer."""

    visit = serializers.PrimaryKeyRelatedField(queryset=Visit.objects.all())
    score = serializers.IntegerField(min_value=1, max_value=5)
    reasons = serializers.MultipleChoiceField(choices=RatingReason.choices, required=False, default=set)
    comment = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    wants_call = serializers.BooleanField(required=False, default=False)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True, default="")
