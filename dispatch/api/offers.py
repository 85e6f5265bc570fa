"""REST resource of offers: list, accept, decline, take back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
from dispatch.api.filters import OfferFilter
from dispatch.models import Offer
from workforce.models import Engineer


class OfferedStintSerializer(serializers.Serializer[Any]):
    """One of the times at which work of several days is offered."""

    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()

    def to_representation(self, instance: Mapping[str, str]) -> Any:
        """An offer keeps them as text: they are told like all other instants."""
        return super().to_representation({name: datetime.fromisoformat(at) for name, at in instance.items()})


class OfferSerializer(ReadSerializer[Offer]):
    """Work offered to an engineer or a provider; no prices, and no address before it is taken."""

    reference = serializers.CharField(source="__str__", read_only=True)
    work_type = serializers.CharField(source="work_order.work_type.code", read_only=True)
    subject = serializers.CharField(source="work_order.subject", read_only=True)
    area = serializers.CharField(source="work_order.site.area", read_only=True)
    duration_minutes = serializers.IntegerField(source="work_order.duration_minutes", read_only=True)
    may_split = serializers.BooleanField(
        source="work_order.may_split",
        read_only=True,
        help_text="The work may take several days: who accepts takes all of its stints",
    )
    stints = OfferedStintSerializer(
        many=True,
        read_only=True,
        help_text="Of work that takes several days, what an engineer is offered; the first is start_at to end_at",
    )
    promised_end_at = serializers.DateTimeField(
        source="work_order.promised_end_at", read_only=True, allow_null=True
    )

    class Meta:
        model = Offer
        fields = ["id", "reference", "work_order", "kind", "engineer", "provider", "status", "work_type"]
        fields += [
            "subject",
            "area",
            "duration_minutes",
            "may_split",
            "promised_end_at",
            "start_at",
            "end_at",
            "stints",
        ]
        fields += ["offered_at", "expires_at", "answered_at", "answered_by", "reason", "visit", "step"]
        fields += ["version", "updated_at"]
        read_only_fields = fields


class AcceptOfferSerializer(serializers.Serializer[Any]):
    """A provider names its engineer and a start; an engineer takes the time that was offered."""

    engineer = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all(), required=False)
    start_at = InstantField(required=False)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.validated_data)
        if "engineer" in facts:
            facts["engineer_id"] = facts.pop("engineer").pk
        return facts


class WhySerializer(serializers.Serializer[Any]):
    """Why, in a few words."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class OfferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Work offered to engineers and providers; each sees only what was offered to them."""

    queryset = Offer.objects.all()
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.VISIT_PLAN

    def get_queryset(self) -> QuerySet[Offer]:
        return queries.offers_for(self.actor)

    @extend_schema(request=AcceptOfferSerializer, responses=OfferSerializer, summary="Take the work")
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """409 tells when somebody was faster, the time to answer has passed, or the plan is impossible. All stints
        of work that takes several days are planned, or nothing is."""
        given = AcceptOfferSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.accept_offer(offer_id=self.get_object().pk, actor=self.actor, at=self.at, **given.facts())
        return self._answer(pk)

    @extend_schema(request=WhySerializer, responses=OfferSerializer, summary="Say no")
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """When nobody is left to answer, the rule's next step follows at once."""
        reason = self._reason(request)
        services.decline_offer(offer_id=self.get_object().pk, reason=reason, actor=self.actor, at=self.at)
        return self._answer(pk)

    @extend_schema(request=WhySerializer, responses=OfferSerializer, summary="Take an offer back")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """For who plans visits; no further step follows."""
        reason = self._reason(request)
        services.withdraw_offer(offer_id=self.get_object().pk, reason=reason, actor=self.actor, at=self.at)
        return self._answer(pk)

    def _reason(self, request: Request) -> str:
        given = WhySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return str(given.validated_data["reason"])

    def _answer(self, pk: str) -> Response:
        return Response(OfferSerializer(self.get_queryset().get(pk=pk)).data)
