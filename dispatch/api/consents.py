"""REST resource of consent: questions to customers whether a confirmed visit may move."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from core.api.moments import InstantField
from core.api.reading import ReadSerializer
from dispatch import queries, services
from dispatch.api.filters import ConsentFilter
from dispatch.api.offers import WhySerializer
from dispatch.models import ConsentRequest
from workforce.models import Engineer


class OptionSerializer(serializers.Serializer[Any]):
    """A window offered: its grade, and who would come when; `crew` are all of several, the first one leads."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    grade = serializers.CharField()
    engineer_id = serializers.IntegerField()
    crew = serializers.ListField(child=serializers.IntegerField(), required=False)
    at = serializers.DateTimeField()
    is_wished = serializers.BooleanField()


class ConsentSerializer(ReadSerializer[ConsentRequest]):
    """A question to a customer; `chosen` is the place of a window in `options`."""

    work_order = serializers.IntegerField(source="visit.work_order_id", read_only=True)
    options = OptionSerializer(many=True, read_only=True)

    class Meta:
        model = ConsentRequest
        fields = ["id", "visit", "work_order", "visit_version", "cause", "status", "from_engineer"]
        fields += ["from_start_at", "opens_at", "closes_at", "options", "chosen", "comment", "asked_by"]
        fields += ["asked_at", "expires_at", "answered_at", "version", "updated_at"]
        read_only_fields = fields


class AskConsentSerializer(serializers.Serializer[Any]):
    """The move you wish, if any; `override_reason` breaks soft rules for it."""

    version = serializers.IntegerField(min_value=1)
    engineer = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all(), required=False)
    start_at = InstantField(required=False)
    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.validated_data)
        if "engineer" in facts:
            facts["engineer_id"] = facts.pop("engineer").pk
        return facts


class ConsentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Questions to customers whether a confirmed visit may move. Asked with `consent` of a visit."""

    queryset = ConsentRequest.objects.all()
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.VISIT_PLAN

    def get_queryset(self) -> QuerySet[ConsentRequest]:
        return queries.consents_for(self.actor)

    @extend_schema(request=WhySerializer, responses=ConsentSerializer, summary="Take the question back")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """The visit stays as it is. Twice changes nothing."""
        given = WhySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.withdraw_consent(
            consent_id=self.get_object().pk,
            reason=str(given.validated_data["reason"]),
            actor=self.actor,
            at=self.at,
        )
        return Response(ConsentSerializer(self.get_queryset().get(pk=pk)).data)
