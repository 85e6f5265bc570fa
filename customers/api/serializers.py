"""JSON of customers, contacts, sites and assets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.addresses import check_typed_address, check_typed_phone
from core.api.reading import ReadSerializer
from customers.models import Asset, Contact, Contract, Customer, Site, SiteHours

_STAMPS = ["id", "created_at", "updated_at"]


class _Reached(serializers.Serializer[Any]):
    """How somebody is reached, by the rule of the forms: what stays as it is, such as by mail it came, may stay."""

    def validate_email(self, value: str) -> str:
        if value and value != getattr(self.instance, "email", None):
            check_typed_address(value)
        return value

    def validate_phone(self, value: str) -> str:
        if value and value != getattr(self.instance, "phone", None):
            check_typed_phone(value)
        return value


class CustomerSerializer(_Reached, ReadSerializer[Customer]):
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


class ContactSerializer(_Reached, ReadSerializer[Contact]):
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


class SiteHoursSerializer(serializers.ModelSerializer[SiteHours]):
    """Local times of one weekday (0 is Monday) between which the site may be visited."""

    weekday = serializers.IntegerField(min_value=0, max_value=6)

    class Meta:
        model = SiteHours
        fields = ["weekday", "opens", "closes"]


class SiteSerializer(ReadSerializer[Site]):
    """`customer` is given once, when the site is made. Degrees are WGS-84.

    `visiting_hours` empty: at any time, but work that is not urgent keeps the calendar of its work type; a list that
    is given replaces the whole list.
    """

    visiting_hours = SiteHoursSerializer(many=True, required=False)
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
            "visiting_hours",
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
