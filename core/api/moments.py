"""Days and instants of requests, within the years that people mean."""

from __future__ import annotations

from rest_framework import serializers

from core.moments import check_meant


class DayField(serializers.DateField):
    """A day that can be meant."""

    default_validators = [check_meant]


class InstantField(serializers.DateTimeField):
    """An instant that can be meant."""

    default_validators = [check_meant]
