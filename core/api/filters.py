"""Filters by query parameters, built only when somebody filters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

_NOT_FILTERS = frozenset({"cursor", "limit"})


class Filters(DjangoFilterBackend):
    """Leaves a plain page alone: copying a resource's filters costs as much as telling twenty rows."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if not set(request.query_params) - _NOT_FILTERS:
            return queryset
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found
