"""Query parameters of parts and stock."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django_filters import rest_framework as filters

from inventory.models import Part, StockLevel, StockLocation


class PartFilter(filters.FilterSet):
    """`?code=&name=&is_active=&updated_after=`"""

    code = filters.CharFilter(lookup_expr="iexact", label="Exactly this code")
    name = filters.CharFilter(lookup_expr="icontains", label="Part of the name")
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Part
        fields = ["code", "name", "is_active", "updated_after"]


class LocationFilter(filters.FilterSet):
    """`?code=&kind=&engineer_id=`"""

    engineer_id = filters.NumberFilter(field_name="engineer_id")

    class Meta:
        model = StockLocation
        fields = ["code", "kind", "engineer_id"]


class StockLevelFilter(filters.FilterSet):
    """`?part_id=&location_id=&is_low=true&updated_after=`"""

    part_id = filters.NumberFilter(field_name="part_id")
    location_id = filters.NumberFilter(field_name="location_id")
    is_low = filters.BooleanFilter(method="by_low", label="Below the minimum")
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = StockLevel
        fields = ["part_id", "location_id", "is_low", "updated_after"]

    def by_low(self, levels: QuerySet[StockLevel], name: str, value: bool) -> QuerySet[StockLevel]:
        low = {"on_hand__lt": F("minimum")}
        return levels.filter(**low) if value else levels.exclude(**low)
