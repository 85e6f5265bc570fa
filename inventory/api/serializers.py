"""Shapes of parts and stock on the REST door."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.reading import ReadSerializer
from inventory.enums import PartUnit
from inventory.models import Movement, Part, StockLevel, StockLocation
from inventory.services.ledger import LONGEST_KEY


class PartSerializer(ReadSerializer[Part]):
    """A part. `price_minor` is in the smallest unit of the tenant's currency."""

    class Meta:
        model = Part
        fields = ["id", "code", "name", "unit", "price_minor", "is_active", "updated_at"]
        read_only_fields = fields


class PartInput(serializers.Serializer[Any]):
    """A part to make or to change."""

    code = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=200)
    unit = serializers.ChoiceField(choices=PartUnit.choices, default=PartUnit.PIECE)
    price_minor = serializers.IntegerField(min_value=0, max_value=10**15, default=0)


class PartChange(serializers.Serializer[Any]):
    """Any of these; what is left out stays."""

    code = serializers.CharField(max_length=60, required=False)
    name = serializers.CharField(max_length=200, required=False)
    unit = serializers.ChoiceField(choices=PartUnit.choices, required=False)
    price_minor = serializers.IntegerField(min_value=0, max_value=10**15, required=False)
    is_active = serializers.BooleanField(required=False)


class LocationSerializer(serializers.ModelSerializer[StockLocation]):
    """A store, a branch's shelf or an engineer's van."""

    class Meta:
        model = StockLocation
        fields = ["id", "code", "name", "kind", "engineer_id"]
        read_only_fields = fields


class StockLevelSerializer(ReadSerializer[StockLevel]):
    """How many of a part lie at a place. `state` is ok, low or out."""

    part_code = serializers.CharField(source="part.code", read_only=True)
    location_code = serializers.CharField(source="location.code", read_only=True)
    state = serializers.ChoiceField(choices=["ok", "low", "out"], read_only=True)

    class Meta:
        model = StockLevel
        fields = [
            "id",
            "part_id",
            "part_code",
            "location_id",
            "location_code",
            "on_hand",
            "minimum",
            "state",
            "updated_at",
        ]
        read_only_fields = fields


class MovementSerializer(serializers.ModelSerializer[Movement]):
    """One line of the stock ledger; `quantity` is signed."""

    class Meta:
        model = Movement
        fields = ["id", "part_id", "location_id", "kind", "quantity", "key", "reason", "actor_label", "at"]
        read_only_fields = fields


def _quantity(**facts: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=9, decimal_places=3, **facts)


class ReceiveInput(serializers.Serializer[Any]):
    """Parts that arrived. `key` is your number of the order: sent again, nothing moves again."""

    part_id = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    location_id = serializers.PrimaryKeyRelatedField(queryset=StockLocation.objects.all())
    quantity = _quantity(min_value=Decimal("0.001"))
    key = serializers.CharField(max_length=LONGEST_KEY)
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class TransferInput(serializers.Serializer[Any]):
    """Parts from one place to another: both change or neither."""

    part_id = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    from_id = serializers.PrimaryKeyRelatedField(queryset=StockLocation.objects.all())
    to_id = serializers.PrimaryKeyRelatedField(queryset=StockLocation.objects.all())
    quantity = _quantity(min_value=Decimal("0.001"))
    key = serializers.CharField(max_length=LONGEST_KEY)
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class CountInput(serializers.Serializer[Any]):
    """What was counted: the ledger moves by the difference."""

    part_id = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    location_id = serializers.PrimaryKeyRelatedField(queryset=StockLocation.objects.all())
    counted = _quantity(min_value=Decimal(0))
    key = serializers.CharField(max_length=LONGEST_KEY)
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)
