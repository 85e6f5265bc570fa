"""REST resources of planning."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from planning import queries, reasons, services
from planning.api.serializers import (
    DecideSerializer,
    NewPlanRunSerializer,
    PlanChangeSerializer,
    PlanRunSerializer,
)
from planning.models import PlanRun
from workforce import queries as workforce


class PlanRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Proposals of the planner."""

    queryset = PlanRun.objects.all()
    serializer_class = PlanRunSerializer
    filterset_fields = ("state", "kind", "territory")
    read_scope = Permission.VISIT_PLAN
    write_scope = Permission.VISIT_PLAN

    def get_queryset(self) -> Any:
        return queries.runs()

    @extend_schema(request=NewPlanRunSerializer, responses={201: PlanRunSerializer}, summary="Ask for a plan")
    def create(self, request: Request) -> Response:
        """Nothing changes before rows are accepted. 409 names a run that plans the same engineers."""
        given = NewPlanRunSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = services.ask_plan(actor=self.actor, at=self.at, **given.facts())
        return self._answer(run, status.HTTP_201_CREATED)

    @extend_schema(
        request=None, responses=PlanChangeSerializer(many=True), summary="What a run proposes", filters=False
    )
    @action(detail=True, methods=["get"])
    def changes(self, request: Request, pk: str) -> Response:
        """Rows by urgency: add, move, unplan, and unserved with the reasons why not."""
        page = self.paginate_queryset(queries.changes_of(self.get_object()))
        return self.get_paginated_response(PlanChangeSerializer(page, many=True).data)

    @extend_schema(
        responses=OpenApiTypes.OBJECT,
        summary="What would help work that stays undone",
        filters=False,
        parameters=[OpenApiParameter("change", int, OpenApiParameter.PATH, description="An unserved row")],
    )
    @action(detail=True, methods=["get"], url_path=r"changes/(?P<change>\d+)/ways-out")
    def ways_out(self, request: Request, pk: str, change: str) -> Response:
        """The smallest changes after which somebody could do it beside the proposal, each with a `text`."""
        run = self.get_object()
        row = queries.undone_of(run, int(change))
        found = row.ways_out
        if found is None:
            found = queries.ways_out_of(run, [row], self.at)[row.pk]
        texts = reasons.ways_out(found, dict(workforce.skills().values_list("id", "name")))
        return Response({"ways_out": [{**one, "text": text} for one, text in zip(found, texts, strict=True)]})

    @extend_schema(request=DecideSerializer, responses=OpenApiTypes.OBJECT, summary="Accept rows")
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """{"accepted", "stale"}: rows that were overtaken are left out, and say why."""
        run = self.get_object()
        return Response(
            services.accept_changes(run_id=run.pk, change_ids=_chosen(request), actor=self.actor, at=self.at)
        )

    @extend_schema(request=DecideSerializer, responses=OpenApiTypes.OBJECT, summary="Refuse rows")
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """{"refused"}."""
        run = self.get_object()
        count = services.reject_changes(
            run_id=run.pk, change_ids=_chosen(request), actor=self.actor, at=self.at
        )
        return Response({"refused": count})

    @extend_schema(request=None, responses=PlanRunSerializer, summary="Call a run off")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Only before it has proposed."""
        run = services.cancel_run(run_id=self.get_object().pk, actor=self.actor, at=self.at)
        return self._answer(run)

    def _answer(self, run: PlanRun, code: int = status.HTTP_200_OK) -> Response:
        return Response(PlanRunSerializer(self.get_queryset().get(pk=run.pk)).data, status=code)


def _chosen(request: Request) -> list[int] | None:
    given = DecideSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    chosen: list[int] | None = given.validated_data.get("changes")
    return chosen
