"""How requests name things of the tenant."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from tenants.rows import find_row, hand_over


class RowField(serializers.PrimaryKeyRelatedField[Any]):
    """A thing of the active tenant, named by its id; read as `find_row` reads it, and handed over to it."""

    def __init__(self, model: type[models.Model], **options: Any) -> None:
        super().__init__(queryset=model._default_manager.all(), **options)
        self._model = model

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not int:
            return super().to_internal_value(data)
        found = find_row(self._model, data)
        if found is None:
            self.fail("does_not_exist", pk_value=data)
        hand_over(found)
        return found
