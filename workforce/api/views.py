"""REST resources of engineers, skills and territories."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from workforce import services
from workforce.api.serializers import (
    ChangeSkillSerializer,
    EngineerSerializer,
    SkillSerializer,
    TerritorySerializer,
)
from workforce.models import Engineer, Skill, Territory


class WorkforceResource(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Something of the workforce: read by who sees engineers, changed by who changes them."""

    read_scope = Permission.WORKFORCE_VIEW
    write_scope = Permission.WORKFORCE_EDIT

    def read(self, request: Request, *, partial: bool = False) -> Any:
        """The body in the resource's shape, found valid."""
        given = self.get_serializer(data=request.data, partial=partial)
        given.is_valid(raise_exception=True)
        return given

    def answer(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The row as it is now."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)


class SkillViewSet(WorkforceResource):
    """What engineers can be able to do."""

    queryset = Skill.objects.all()
    serializer_class = SkillSerializer
    filterset_fields = ["code"]

    @extend_schema(responses={201: SkillSerializer}, summary="Name a skill")
    def create(self, request: Request) -> Response:
        """The code must be free."""
        made = services.create_skill(actor=self.actor, at=self.at, **self.read(request).validated_data)
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSkillSerializer, responses=SkillSerializer, summary="Change a skill")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Engineers and work keep it under its new name."""
        given = ChangeSkillSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        skill = services.update_skill(
            skill_id=self.get_object().pk, actor=self.actor, at=self.at, **given.validated_data
        )
        return Response(SkillSerializer(skill).data)


class TerritoryViewSet(WorkforceResource):
    """Sets of areas that engineers and providers cover."""

    queryset = Territory.objects.all()
    serializer_class = TerritorySerializer
    filterset_fields = ["code"]

    @extend_schema(responses={201: TerritorySerializer}, summary="Name a territory")
    def create(self, request: Request) -> Response:
        """The code must be free."""
        made = services.create_territory(
            actor=self.actor, at=self.at, **{"areas": [], **self.read(request).validated_data}
        )
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=TerritorySerializer, summary="Change a territory's name or areas")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Areas that are given replace the whole list."""
        given = self.read(request, partial=True).validated_data
        changes = {name: given[name] for name in ("name", "areas") if name in given}
        territory = services.update_territory(
            territory_id=self.get_object().pk, actor=self.actor, at=self.at, **changes
        )
        return self.answer(territory.pk)


class EngineerViewSet(WorkforceResource):
    """People who can be sent."""

    queryset: QuerySet[Engineer] = Engineer.objects.prefetch_related(
        "engineer_skills__skill", "territories", "shifts__breaks"
    )
    serializer_class = EngineerSerializer
    filterset_fields = ["is_active", "territories", "skills", "provider"]

    def get_serializer_context(self) -> dict[str, Any]:
        context: dict[str, Any] = {**super().get_serializer_context()}
        if not getattr(self, "swagger_fake_view", False):
            context["actor"] = self.actor
        return context

    @extend_schema(responses={201: EngineerSerializer}, summary="Add an engineer")
    def create(self, request: Request) -> Response:
        """Skills, shifts with their breaks, and territories may come along."""
        given: EngineerSerializer = self.read(request)
        made = services.create_engineer(actor=self.actor, at=self.at, **given.plain())
        self._follow(made.pk, given)
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=EngineerSerializer, summary="Change an engineer")
    def partial_update(self, request: Request, pk: str) -> Response:
        """A list that is given replaces the whole list; shifts are given with their breaks."""
        given: EngineerSerializer = self.read(request, partial=True)
        engineer = self.get_object()
        services.update_engineer(engineer_id=engineer.pk, actor=self.actor, at=self.at, **given.plain())
        self._follow(engineer.pk, given)
        return self.answer(engineer.pk)

    def _follow(self, pk: int, given: EngineerSerializer) -> None:
        who: dict[str, Any] = {"engineer_id": pk, "actor": self.actor, "at": self.at}
        if (held := given.held()) is not None:
            services.set_engineer_skills(skills=held, **who)
        if (week := given.week()) is not None:
            services.set_shifts(**week, **who)
        if (territory_ids := given.territory_ids()) is not None:
            services.assign_territories(territory_ids=territory_ids, **who)
