"""REST resources of customers."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from customers import permissions, services
from customers.api.filters import (
    AssetFilter,
    ContactFilter,
    ContractFilter,
    CustomerFilter,
    SiteFilter,
)
from customers.api.serializers import (
    AssetSerializer,
    ContactSerializer,
    ContractSerializer,
    CustomerSerializer,
    SiteSerializer,
)
from customers.models import Asset, Contact, Contract, Customer, Site


class EditableResource(ListModelMixin, RetrieveModelMixin, Resource):
    """Something that is made and changed, field by field."""

    read_scope = permissions.VIEW
    write_scope = permissions.EDIT
    made_once: tuple[str, ...] = ()

    def make(self, values: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def change(self, thing_id: int, values: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = self.make(dict(serializer.validated_data))
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        thing = self.get_object()
        serializer = self.get_serializer(thing, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        named = {name: value for name, value in serializer.validated_data.items() if name in request.data}
        values = {name: value for name, value in named.items() if name not in self.made_once}
        return Response(self.get_serializer(self.change(thing.pk, values)).data)


@extend_schema(tags=["customers"])
class CustomerViewSet(EditableResource):
    """Whom we serve."""

    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter

    @extend_schema(
        summary="Create a customer",
        examples=[
            OpenApiExample(
                "A customer from another system",
                value={"name": "Aoki Building", "tier": "gold", "source": "crm", "external_id": "A-17"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(summary="Change some fields of a customer")
    def partial_update(self, request: Request, pk: str) -> Response:
        return super().partial_update(request, pk)

    def make(self, values: dict[str, Any]) -> Customer:
        return services.create_customer(**values, actor=self.actor, at=self.at)

    def change(self, thing_id: int, values: dict[str, Any]) -> Customer:
        return services.update_customer(customer_id=thing_id, actor=self.actor, at=self.at, **values)


@extend_schema(tags=["customers"])
class ContactViewSet(EditableResource):
    """A person at a customer."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    made_once = ("customer",)

    @extend_schema(
        summary="Add a contact to a customer",
        examples=[
            OpenApiExample(
                "Somebody with a reading",
                value={"customer": 1, "name": "青木 真理", "reading": "あおき まり", "phone": "03-5555-0142"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(summary="Change some fields of a contact")
    def partial_update(self, request: Request, pk: str) -> Response:
        return super().partial_update(request, pk)

    def make(self, values: dict[str, Any]) -> Contact:
        customer = values.pop("customer")
        return services.add_contact(customer_id=customer.pk, **values, actor=self.actor, at=self.at)

    def change(self, thing_id: int, values: dict[str, Any]) -> Contact:
        return services.update_contact(contact_id=thing_id, actor=self.actor, at=self.at, **values)


@extend_schema(tags=["customers"])
class SiteViewSet(EditableResource):
    """A place where work happens."""

    queryset = Site.objects.prefetch_related("visiting_hours")
    serializer_class = SiteSerializer
    filterset_class = SiteFilter
    made_once = ("customer",)

    @extend_schema(
        summary="Add a site to a customer",
        examples=[
            OpenApiExample(
                "A place with its position",
                value={
                    "customer": 1,
                    "name": "Head office",
                    "address": "Uchikanda 2-4-8",
                    "latitude": 35.69,
                    "longitude": 139.76,
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(summary="Change some fields of a site")
    def partial_update(self, request: Request, pk: str) -> Response:
        return super().partial_update(request, pk)

    def make(self, values: dict[str, Any]) -> Site:
        customer, hours = values.pop("customer"), values.pop("visiting_hours", None)
        site = services.add_site(customer_id=customer.pk, **values, actor=self.actor, at=self.at)
        return self._with_hours(site, hours)

    def change(self, thing_id: int, values: dict[str, Any]) -> Site:
        hours = values.pop("visiting_hours", None)
        site = services.update_site(site_id=thing_id, actor=self.actor, at=self.at, **values)
        return self._with_hours(site, hours)

    def _with_hours(self, site: Site, rows: list[dict[str, Any]] | None) -> Site:
        if rows is None:
            return site
        weekly: dict[int, list[Any]] = {}
        for row in rows:
            weekly.setdefault(row["weekday"], []).append((row["opens"], row["closes"]))
        return services.set_site_hours(site_id=site.pk, weekly=weekly, actor=self.actor, at=self.at)


@extend_schema(tags=["customers"])
class AssetViewSet(EditableResource):
    """An installed piece of equipment."""

    queryset = Asset.objects.all()
    serializer_class = AssetSerializer
    filterset_class = AssetFilter
    made_once = ("site", "parent")

    @extend_schema(
        summary="Add an asset to a site",
        examples=[
            OpenApiExample(
                "A copier",
                value={"site": 1, "name": "Copier 3F", "model": "C360i", "serial": "A1-0042"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(summary="Change some fields of an asset")
    def partial_update(self, request: Request, pk: str) -> Response:
        return super().partial_update(request, pk)

    def make(self, values: dict[str, Any]) -> Asset:
        site, parent = values.pop("site"), values.pop("parent", None)
        parent_id = parent.pk if parent else None
        return services.add_asset(
            site_id=site.pk, parent_id=parent_id, **values, actor=self.actor, at=self.at
        )

    def change(self, thing_id: int, values: dict[str, Any]) -> Asset:
        return services.update_asset(asset_id=thing_id, actor=self.actor, at=self.at, **values)


@extend_schema(tags=["customers"])
class ContractViewSet(EditableResource):
    """An agreement with a customer, which SLA policies may name."""

    queryset = Contract.objects.all()
    serializer_class = ContractSerializer
    filterset_class = ContractFilter
    made_once = ("customer",)

    @extend_schema(
        summary="Note a contract of a customer",
        examples=[
            OpenApiExample(
                "Full care in the contract's own zone",
                value={
                    "customer": 1,
                    "number": "C-2026-17",
                    "name": "Full care",
                    "starts_on": "2026-04-01",
                    "ends_on": "2027-03-31",
                    "time_zone": "Asia/Tokyo",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    @extend_schema(summary="Change some fields of a contract")
    def partial_update(self, request: Request, pk: str) -> Response:
        return super().partial_update(request, pk)

    def make(self, values: dict[str, Any]) -> Contract:
        customer = values.pop("customer")
        return services.add_contract(customer_id=customer.pk, **values, actor=self.actor, at=self.at)

    def change(self, thing_id: int, values: dict[str, Any]) -> Contract:
        return services.update_contract(contract_id=thing_id, actor=self.actor, at=self.at, **values)
