"""Query parameters of ratings."""

from __future__ import annotations

from django_filters import rest_framework as filters


class ResponseFilter(filters.FilterSet):
    """By visit, work order, engineer, score; `?recorded_since=`, `?updated_since=`."""

    visit = filters.NumberFilter(field_name="visit_id")
    work_order = filters.NumberFilter(field_name="visit__work_order_id")
    engineer = filters.NumberFilter(field_name="visit__engineer_id")
    score = filters.NumberFilter(field_name="score")
    score_at_most = filters.NumberFilter(field_name="score", lookup_expr="lte")
    wants_call = filters.BooleanFilter(field_name="wants_call")
    recorded_since = filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="gte")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
