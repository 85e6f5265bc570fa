"""Query parameters of work orders and visits."""

from __future__ import annotations

import django_filters

from dispatch.enums import ConsentStatus, OfferStatus, VisitStatus, WorkOrderStatus
from dispatch.models import ConsentRequest, Offer, Visit, WorkOrder, WorkOrderLink


class WorkOrderFilter(django_filters.FilterSet):
    """By state, priority, place, ticket, work type, source."""

    status = django_filters.MultipleChoiceFilter(choices=WorkOrderStatus.choices)
    area = django_filters.CharFilter(field_name="site__area")
    work_type = django_filters.CharFilter(field_name="work_type__code")
    updated_since = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = WorkOrder
        fields = ["status", "priority", "ticket", "site", "customer", "source", "external_id", "number"]


class VisitFilter(django_filters.FilterSet):
    """By state, engineer, work order and time: `from` and `to` bound the start."""

    status = django_filters.MultipleChoiceFilter(choices=VisitStatus.choices)
    starts_from = django_filters.IsoDateTimeFilter(field_name="start_at", lookup_expr="gte")
    starts_before = django_filters.IsoDateTimeFilter(field_name="start_at", lookup_expr="lt")
    updated_since = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Visit
        fields = ["status", "engineer", "work_order"]


class OfferFilter(django_filters.FilterSet):
    """By state, work order and to whom."""

    status = django_filters.MultipleChoiceFilter(choices=OfferStatus.choices)

    class Meta:
        model = Offer
        fields = ["status", "work_order", "engineer", "provider", "kind"]


class ConsentFilter(django_filters.FilterSet):
    """By state, visit and work order."""

    status = django_filters.MultipleChoiceFilter(choices=ConsentStatus.choices)
    work_order = django_filters.NumberFilter(field_name="visit__work_order_id")

    class Meta:
        model = ConsentRequest
        fields = ["status", "visit", "cause"]


class LinkFilter(django_filters.FilterSet):
    """By either work order."""

    class Meta:
        model = WorkOrderLink
        fields = ["first", "then", "kind"]
