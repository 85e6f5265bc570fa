"""Query parameters of customers, contacts, sites and assets."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet

from core.text import fold
from customers import queries, rules
from customers.models import Asset, Contact, Contract, Customer, Site


class CustomerFilter(filters.FilterSet):
    """`q` searches names, contacts and addresses, folded (full-width and case do not matter)."""

    q = filters.CharFilter(method="search", label="Part of a name, address, e-mail or phone number")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Customer
        fields = ["tier", "source", "external_id"]

    def search(self, queryset: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return queryset.filter(pk__in=queries.customers_matching(value).values("pk"))


class ContactFilter(filters.FilterSet):
    """`email` and `phone` match however they are written."""

    customer = filters.NumberFilter(field_name="customer_id")
    email = filters.CharFilter(method="by_email")
    phone = filters.CharFilter(method="by_phone")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Contact
        fields: list[str] = []

    def by_email(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return queryset.filter(email_folded=rules.email_key(value))

    def by_phone(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return queryset.filter(pk__in=[contact.pk for contact in queries.find_contacts_by_phone(value)])


class SiteFilter(filters.FilterSet):
    """`q` is a part of the address or of the name."""

    customer = filters.NumberFilter(field_name="customer_id")
    q = filters.CharFilter(method="search", label="Part of the address")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Site
        fields = ["area", "city", "source", "external_id"]

    def search(self, queryset: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return queryset.filter(address_folded__contains=fold(value))


class AssetFilter(filters.FilterSet):
    """`customer` looks through the assets' sites."""

    site = filters.NumberFilter(field_name="site_id")
    customer = filters.NumberFilter(field_name="site__customer_id")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Asset
        fields = ["serial", "model"]


class ContractFilter(filters.FilterSet):
    """Contracts of a customer, or by number."""

    customer = filters.NumberFilter(field_name="customer_id")
    updated_since = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Contract
        fields = ["number"]
