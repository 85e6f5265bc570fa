"""Query parameters of tickets."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet

from tickets import queries
from tickets.enums import TicketStatus
from tickets.models import Ticket


class TicketFilter(filters.FilterSet):
    """`q` searches number, subject, text and names in any script. `status` may be repeated."""

    q = filters.CharFilter(method="search", label="Words in number, subject, text or names")
    status = filters.MultipleChoiceFilter(choices=TicketStatus.choices)
    customer = filters.NumberFilter(field_name="customer_id")
    site = filters.NumberFilter(field_name="site_id")
    owner = filters.NumberFilter(field_name="owner_id")
    topic = filters.CharFilter(field_name="topic__code")
    opened_since = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
    due_before = filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Ticket
        fields = ["channel", "priority", "kind", "waiting_for", "source", "external_id"]

    def search(self, queryset: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return queries.searched(queryset, value[:200])
