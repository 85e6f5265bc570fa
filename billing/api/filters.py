"""Query parameters of charges and invoices."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters

from billing.enums import ChargeKind, InvoiceStatus, Payer


class ChargeFilter(filters.FilterSet):
    """`?work_order=`, `?visit=`, `?kind=`, `?payer=`, `?is_blocked=`, `?updated_since=`."""

    work_order = filters.NumberFilter(field_name="work_order_id")
    visit = filters.NumberFilter(field_name="visit_id")
    kind = filters.ChoiceFilter(choices=ChargeKind.choices)
    payer = filters.ChoiceFilter(choices=Payer.choices)
    is_blocked = filters.BooleanFilter(method="blocked", label="Waits for a price")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    def blocked(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.exclude(blocked_by="") if value else queryset.filter(blocked_by="")


class InvoiceFilter(filters.FilterSet):
    """By status, customer, work order, number; `?issued_since=`, `?due_before=`, `?updated_since=`."""

    status = filters.ChoiceFilter(choices=InvoiceStatus.choices)
    customer = filters.NumberFilter(field_name="customer_id")
    work_order = filters.NumberFilter(field_name="work_order_id")
    number = filters.NumberFilter(field_name="number")
    issued_since = filters.IsoDateTimeFilter(field_name="issued_at", lookup_expr="gte")
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
