"""REST resources of providers, crews and capacity rules."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from workforce import queries, services
from workforce.api.serializers import CapacityRuleSerializer, CrewSerializer, ProviderSerializer
from workforce.api.views import WorkforceResource
from workforce.models import CapacityRule, Provider


class ProviderViewSet(WorkforceResource):
    """Downstream companies that take work, with terms and scope."""

    queryset = Provider.objects.prefetch_related("skills", "territories")
    serializer_class = ProviderSerializer
    filterset_fields = ["code", "is_active"]

    @extend_schema(responses={201: ProviderSerializer}, summary="Name a provider")
    def create(self, request: Request) -> Response:
        """Its people's memberships know it by `code`, which stays."""
        made = services.create_provider(actor=self.actor, at=self.at, **self.read(request).facts())
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=ProviderSerializer, summary="Change a provider")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Skills or territories that are given replace that part of its scope."""
        facts = self.read(request, partial=True).facts()
        facts.pop("code", None)
        provider = services.update_provider(
            provider_id=self.get_object().pk, actor=self.actor, at=self.at, **facts
        )
        return self.answer(provider.pk)


class CrewViewSet(WorkforceResource):
    """Engineers who usually go together."""

    queryset = queries.crews()
    serializer_class = CrewSerializer
    filterset_fields = ["code", "is_active", "members"]

    @extend_schema(responses={201: CrewSerializer}, summary="Name a crew")
    def create(self, request: Request) -> Response:
        """At least two engineers; who leads is one of them."""
        made = services.create_crew(actor=self.actor, at=self.at, **self.read(request).facts())
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=CrewSerializer, summary="Change a crew")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Members that are given replace all of them, together with who leads."""
        facts = self.read(request, partial=True).facts()
        facts.pop("code", None)
        crew = services.update_crew(crew_id=self.get_object().pk, actor=self.actor, at=self.at, **facts)
        return self.answer(crew.pk)


class CapacityRuleViewSet(WorkforceResource):
    """What share of the working time is kept free, and how much may be planned a day."""

    queryset = CapacityRule.objects.all()
    serializer_class = CapacityRuleSerializer
    filterset_fields = ["territory", "skill", "weekday"]

    @extend_schema(responses={201: CapacityRuleSerializer}, summary="Make a capacity rule")
    def create(self, request: Request) -> Response:
        """One for each territory, skill and weekday; the most specific one counts."""
        made = services.create_capacity_rule(actor=self.actor, at=self.at, **self.read(request).facts())
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=CapacityRuleSerializer, summary="Change a capacity rule")
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is not named stays."""
        rule = services.update_capacity_rule(
            rule_id=self.get_object().pk,
            actor=self.actor,
            at=self.at,
            **self.read(request, partial=True).facts(),
        )
        return self.answer(rule.pk)

    @extend_schema(responses={204: None}, summary="Remove a capacity rule")
    def destroy(self, request: Request, pk: str) -> Response:
        """The next less specific rule counts from then on."""
        services.remove_capacity_rule(rule_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
