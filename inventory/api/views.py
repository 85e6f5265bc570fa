"""REST resources of parts and stock."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from inventory import services
from inventory.api.filters import LocationFilter, PartFilter, StockLevelFilter
from inventory.api.serializers import (
    CountInput,
    LocationSerializer,
    MovementSerializer,
    PartChange,
    PartInput,
    PartSerializer,
    ReceiveInput,
    StockLevelSerializer,
    TransferInput,
)
from inventory.models import Part, StockLevel, StockLocation

_RECEIVE = OpenApiExample(
    "Twelve gaskets arrive",
    value={"part_id": 7, "location_id": 1, "quantity": "12", "key": "PO-4471/1", "reason": "PO 4471"},
    request_only=True,
)
_TRANSFER = OpenApiExample(
    "Two gaskets onto a van",
    value={"part_id": 7, "from_id": 1, "to_id": 4, "quantity": "2", "key": "refill-2026-11-23-van4"},
    request_only=True,
)
_COUNT = OpenApiExample(
    "Nine were counted",
    value={"part_id": 7, "location_id": 1, "counted": "9", "key": "count-2026-11/7"},
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="List parts", tags=["parts"]),
    retrieve=extend_schema(summary="Get a part", tags=["parts"]),
)
class PartViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The catalogue."""

    queryset = Part.objects.all()
    serializer_class = PartSerializer
    filterset_class = PartFilter
    read_scope = Permission.STOCK_VIEW
    write_scope = Permission.STOCK_EDIT

    @extend_schema(
        summary="Add a part",
        tags=["parts"],
        request=PartInput,
        responses={201: PartSerializer},
        examples=[
            OpenApiExample(
                "An igniter",
                value={"code": "4021-B", "name": "Igniter", "unit": "piece", "price_minor": 4800},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        part = services.create_part(actor=self.actor, at=self.at, **_valid(PartInput, request))
        return Response(PartSerializer(part).data, status=201)

    @extend_schema(
        summary="Change a part", tags=["parts"], request=PartChange, responses={200: PartSerializer}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        changes = _valid(PartChange, request)
        part = services.update_part(part_id=int(pk), actor=self.actor, at=self.at, **changes)
        return Response(PartSerializer(part).data)


@extend_schema_view(
    list=extend_schema(summary="List stock locations", tags=["stock"]),
    retrieve=extend_schema(summary="Get a stock location", tags=["stock"]),
)
class StockLocationViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Stores, branches and vans."""

    queryset = StockLocation.objects.all()
    serializer_class = LocationSerializer
    filterset_class = LocationFilter
    read_scope = Permission.STOCK_VIEW
    write_scope = Permission.STOCK_EDIT


@extend_schema_view(
    list=extend_schema(summary="List stock levels", tags=["stock"]),
    retrieve=extend_schema(summary="Get a stock level", tags=["stock"]),
)
class StockLevelViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """How many lie where. Levels change by movements: receive, transfer, count."""

    queryset = StockLevel.objects.select_related("part", "location")
    serializer_class = StockLevelSerializer
    filterset_class = StockLevelFilter
    read_scope = Permission.STOCK_VIEW
    write_scope = Permission.STOCK_EDIT

    @extend_schema(
        summary="Receive parts",
        description="Adds to a stock level. The same `key` again answers the first movement.",
        tags=["stock"],
        request=ReceiveInput,
        responses={201: MovementSerializer},
        examples=[_RECEIVE],
    )
    @action(detail=False, methods=["post"])
    def receive(self, request: Request) -> Response:
        movement = services.receive_stock(actor=self.actor, at=self.at, **_ids(_valid(ReceiveInput, request)))
        return Response(MovementSerializer(movement).data, status=201)

    @extend_schema(
        summary="Transfer parts",
        description="Answers both movements, out and in. Refused with `out_of_stock` when too few lie there.",
        tags=["stock"],
        request=TransferInput,
        responses={201: MovementSerializer(many=True)},
        examples=[_TRANSFER],
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def transfer(self, request: Request) -> Response:
        both = services.transfer_stock(actor=self.actor, at=self.at, **_ids(_valid(TransferInput, request)))
        return Response(MovementSerializer(both, many=True).data, status=201)

    @extend_schema(
        summary="Count parts",
        description="Sets a level to what was counted: 201 with the correction, 204 when the count agrees.",
        tags=["stock"],
        request=CountInput,
        responses={201: MovementSerializer, 204: None},
        examples=[_COUNT],
    )
    @action(detail=False, methods=["post"])
    def count(self, request: Request) -> Response:
        movement = services.count_stock(actor=self.actor, at=self.at, **_ids(_valid(CountInput, request)))
        if movement is None:
            return Response(status=204)
        return Response(MovementSerializer(movement).data, status=201)


def _valid(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _ids(facts: dict[str, Any]) -> dict[str, Any]:
    """Related rows, found in this tenant, as the ids that services take."""
    return {key: value.pk if key.endswith("_id") else value for key, value in facts.items()}
