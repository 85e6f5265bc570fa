"""Serializers that only take: they build no field that a request leaves out."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.fields import empty

Made = TypeVar("Made")


class WriteSerializer(serializers.Serializer[Made]):
    """Reads a JSON object with the fields it names, those it must name, and those with a default.

    Copying declared fields is most of what reading a small body costs, and a resource's door has many that a
    request rarely names. Forms are read by DRF as usual, since what is absent from them may mean no.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        given = getattr(self, "initial_data", None)
        if type(given) is not dict:
            return super().get_fields()
        return {
            name: copy.deepcopy(field)
            for name, field in self._declared_fields.items()
            if name in given or (not self.partial and (field.required or field.default is not empty))
        }
