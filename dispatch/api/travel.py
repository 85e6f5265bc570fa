"""Travel times over the API: who is asked, and what finished trips taught."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from dispatch import services
from dispatch.enums import TravelSource
from dispatch.models import TravelProfile


class TravelProfileSerializer(serializers.ModelSerializer[TravelProfile]):
    """How travel times are found. `factors`: by how much each part of a trip takes longer than assumed, learned
    from `band_samples` trips."""

    source: Any = serializers.ChoiceField(choices=TravelSource.choices)
    factors = serializers.DictField(child=serializers.FloatField(), read_only=True)
    band_samples = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = TravelProfile
        fields = ["id", "source", "base_url", "factors", "band_samples", "samples", "calibrated_at"]
        fields += ["problem", "ask_again_at"]
        read_only_fields = ["id", *fields[3:]]


class TravelProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """One row at most; without one travel times are estimated."""

    queryset = TravelProfile.objects.order_by("pk")
    serializer_class = TravelProfileSerializer
    filterset_fields = ["source"]
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.RULE_EDIT

    @extend_schema(responses={201: TravelProfileSerializer}, summary="Say who is asked for travel times")
    def create(self, request: Request) -> Response:
        """Said again, it replaces what was said."""
        row = self._set(TravelProfileSerializer(data=request.data), {})
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=TravelProfileSerializer, summary="Change who is asked for travel times")
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is not given stays."""
        row = self.get_object()
        known = {"source": row.source, "base_url": row.base_url}
        row = self._set(TravelProfileSerializer(row, data=request.data, partial=True), known)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=None, responses=TravelProfileSerializer, summary="Forget what trips taught")
    @action(detail=True, methods=["post"])
    def reset(self, request: Request, pk: str) -> Response:
        """Only trips that end from now on teach anything."""
        self.get_object()
        row = services.reset_travel(actor=self.actor, at=self.at)
        return Response(self.get_serializer(row).data)

    def _set(self, given: TravelProfileSerializer, known: dict[str, Any]) -> TravelProfile:
        given.is_valid(raise_exception=True)
        facts = known | given.validated_data
        return services.set_travel(actor=self.actor, at=self.at, **facts)
