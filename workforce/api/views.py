"""REST resources of engineers and skills."""

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
from workforce.api.serializers import ChangeSkillSerializer, EngineerSerializer, SkillSerializer
from workforce.models import Engineer, Skill


class SkillViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """What engineers can be able to do."""

    queryset = Skill.objects.all()
    serializer_class = SkillSerializer
    filterset_fields = ["code"]
    read_scope = Permission.WORKFORCE_VIEW
    write_scope = Permission.WORKFORCE_EDIT

    @extend_schema(responses={201: SkillSerializer}, summary="Name a skill")
    def create(self, request: Request) -> Response:
        """The code must be free."""
        given = SkillSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.create_skill(actor=self.actor, at=self.at, **given.validated_data)
        return Response(SkillSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSkillSerializer, responses=SkillSerializer, summary="Change a skill")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Engineers and work keep it under its new name."""
        given = ChangeSkillSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        skill = services.update_skill(
            skill_id=self.get_object().pk, actor=self.actor, at=self.at, **given.validated_data
        )
        return Response(SkillSerializer(skill).data)


class EngineerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """People who can be sent."""

    queryset: QuerySet[Engineer] = Engineer.objects.prefetch_related(
        "engineer_skills__skill", "territories", "shifts"
    )
    serializer_class = EngineerSerializer
    filterset_fields = ["is_active", "territories", "skills"]
    read_scope = Permission.WORKFORCE_VIEW
    write_scope = Permission.WORKFORCE_EDIT

    @extend_schema(responses={201: EngineerSerializer}, summary="Add an engineer")
    def create(self, request: Request) -> Response:
        """Skills, shifts and territories may come along."""
        given = EngineerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.create_engineer(actor=self.actor, at=self.at, **given.plain())
        self._follow(made.pk, given)
        return self._answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=EngineerSerializer, summary="Change an engineer")
    def partial_update(self, request: Request, pk: str) -> Response:
        """A list that is given replaces the whole list."""
        given = EngineerSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        engineer = self.get_object()
        services.update_engineer(engineer_id=engineer.pk, actor=self.actor, at=self.at, **given.plain())
        self._follow(engineer.pk, given)
        return self._answer(engineer.pk)

    def _follow(self, pk: int, given: EngineerSerializer) -> None:
        who: dict[str, Any] = {"engineer_id": pk, "actor": self.actor, "at": self.at}
        if (held := given.held()) is not None:
            services.set_engineer_skills(skills=held, **who)
        if (weekly := given.weekly()) is not None:
            services.set_shifts(weekly=weekly, **who)
        if (territory_ids := given.territory_ids()) is not None:
            services.assign_territories(territory_ids=territory_ids, **who)

    def _answer(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        return Response(EngineerSerializer(self.get_queryset().get(pk=pk)).data, status=code)
