"""JSON of customers, contacts, sites and assets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.reading import ReadSerializer
from customers.models import Asset, Contact, Contract, Customer, Site

_STAMPS = ["id", "created_at", "updated_at"]


class CustomerSerializer(ReadSerializer[Customer]):
    class Meta:
        model = Customer
        fields = [
            "id",
            "name",
            "tier",
            "language",
            "email",
            "phone",
            "billing_address",
            "source",
            "external_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = _STAMPS


class ContactSerializer(ReadSerializer[Contact]):
    """`customer` is given once, when the contact is made."""

    customer: Any = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())

    class Meta:
        model = Contact
        fields = [
            "id",
            "customer",
            "name",
            "reading",
            "role",
            "email",
            "phone",
            "language",
            "prefers",
            "created_at",
            "updated_at",
        ]
        read_only_fields = _STAMPS


class SiteSerializer(ReadSerializer[Site]):
    """`customer` is given once, when the site is made. Degrees are WGS-84."""

    customer: Any = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())

    class Meta:
        model = Site
        fields = [
            "id",
            "customer",
            "name",
            "address",
            "postal_code",
            "city",
            "area",
            "latitude",
            "longitude",
            "time_zone",
            "access_notes",
            "source",
            "external_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = _STAMPS


class AssetSerializer(ReadSerializer[Asset]):
    """`site` and `parent` are given once, when the asset is made."""

    site: Any = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all())
    parent: Any = serializers.PrimaryKeyRelatedField(
        queryset=Asset.objects.all(), required=False, allow_null=True, default=None
    )

    class Meta:
        model = Asset
        fields = [
            "id",
            "site",
            "parent",
            "name",
            "model",
            "serial",
            "installed_on",
            "created_at",
            "updated_at",
        ]
        read_only_fields = _STAMPS


class ContractSerializer(ReadSerializer[Contract]):
    """`customer` is given once, when the contract is made. A zone wins over that of the site."""

    customer: Any = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())

    class Meta:
        model = Contract
        fields = [
            "id",
            "customer",
            "number",
            "name",
            "starts_on",
            "ends_on",
            "time_zone",
            "created_at",
            "updated_at",
        ]
        read_only_fields = _STAMPS
