"""REST resources of work types, work orders and visits."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.api.views import Resource
from accounts.enums import Permission
from dispatch import queries, services
from dispatch.api.best import BestSerializer, ChosenSerializer, told_chosen
from dispatch.api.consents import AskConsentSerializer, ConsentSerializer
from dispatch.api.filters import VisitFilter, WorkOrderFilter
from dispatch.api.serializers import (
    BookSerializer,
    CandidatesSerializer,
    ChangeWorkOrderSerializer,
    CrewPlanSerializer,
    LockSerializer,
    MoveSerializer,
    NewVisitSerializer,
    NewWorkOrderSerializer,
    ReasonSerializer,
    RunSerializer,
    ScheduleSerializer,
    StintsSerializer,
    VisitSerializer,
    WorkOrderSerializer,
    WorkTypeSerializer,
)
from dispatch.api.telling import told_candidate, told_crew, told_excluded, told_way_out
from dispatch.crews import Team
from dispatch.evaluator import Reason
from dispatch.models import Visit, WorkOrder, WorkOrderSkill, WorkType

_MORNING = {"from": "2026-11-23T00:00:00Z", "until": "2026-11-23T03:00:00Z", "strategy": "nearest"}
_PLAN = OpenApiExample("Plan", value={"engineer": 7, "start_at": "2026-11-23T01:30:00Z"}, request_only=True)


def _read(serializer: type[Serializer[Any]], request: Request, **kwargs: Any) -> Any:
    found = serializer(data=request.data, **kwargs)
    found.is_valid(raise_exception=True)
    return found


class WorkTypeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Kinds of work."""

    queryset = WorkType.objects.prefetch_related("work_type_skills__skill", "work_type_parts__part")
    serializer_class = WorkTypeSerializer
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.RULE_EDIT


class WorkOrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """What must be done at sites."""

    queryset = WorkOrder.objects.prefetch_related(
        Prefetch(
            "work_order_skills",
            queryset=WorkOrderSkill.objects.select_related("skill"),
            to_attr="needed_skills",
        ),
        "work_order_parts__part",
        Prefetch("visits", queryset=Visit.objects.only("id", "work_order_id"), to_attr="known_visits"),
    )
    serializer_class = WorkOrderSerializer
    filterset_class = WorkOrderFilter
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.WORK_CREATE

    def get_queryset(self) -> QuerySet[WorkOrder]:
        """What an act needs of its work order, and no more: services read it anew under its lock."""
        if self.action in {"list", "retrieve", "create", "partial_update", "cancel"}:
            return super().get_queryset()
        return WorkOrder.objects.all()

    @extend_schema(
        request=NewWorkOrderSerializer, responses={201: WorkOrderSerializer}, summary="Make a work order"
    )
    def create(self, request: Request) -> Response:
        """Skills and duration come from the work type unless given."""
        given = _read(NewWorkOrderSerializer, request)
        made = services.create_work_order(actor=self.actor, at=self.at, **given.facts())
        return self._answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(
        request=ChangeWorkOrderSerializer, responses=WorkOrderSerializer, summary="Change a work order"
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Visits already planned stay where they are."""
        given = _read(ChangeWorkOrderSerializer, request, partial=True)
        work_order = self.get_object()
        services.update_work_order(work_order_id=work_order.pk, actor=self.actor, at=self.at, **given.facts())
        return self._answer(work_order.pk)

    @extend_schema(
        request=CandidatesSerializer,
        responses=OpenApiTypes.OBJECT,
        summary="Who could go, and why not the others",
    )
    @action(detail=True, methods=["post"])
    def candidates(self, request: Request, pk: str) -> Response:
        """Ranked engineers with reasons both ways; for work of several, who goes together (`crew`, else the first of
        `excluded` says why there is none); those who need a reason; the excluded, grouped by rule; and the smallest
        changes that would help while nobody can."""
        given = _read(CandidatesSerializer, request).validated_data
        work_order = queries.find_work_order_to_plan(int(pk))
        if work_order is None:
            raise Http404
        days, most = given["days"], given["limit"]
        answer = queries.candidates(work_order, self.at, days=days, strategy=given["strategy"], most=most)
        names = {needed.skill_id: needed.skill.name for needed in work_order.work_order_skills.all()}
        crew = queries.crew_for(work_order, self.at, days=days) if work_order.crew_size > 1 else None
        why = ((crew, ()),) if isinstance(crew, Reason) else ()
        can_come = isinstance(crew, Team)
        changes = [] if can_come else queries.ways_out(work_order, self.at, answer, days=days)
        return Response(
            {
                "candidates": [told_candidate(c, names) for c in answer.candidates],
                "crew": told_crew(crew, names) if isinstance(crew, Team) else [],
                "needs_reason": [told_candidate(c, names) for c in answer.forceable],
                "excluded": told_excluded((*why, *answer.excluded), names),
                "ways_out": [told_way_out(change.as_json(), names) for change in changes],
            }
        )

    @extend_schema(
        request=BestSerializer,
        responses={201: ChosenSerializer, 200: ChosenSerializer},
        summary="Choose who goes, and plan the visit",
        examples=[OpenApiExample("Tomorrow morning", value=_MORNING, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="dispatch", url_name="dispatch")
    def schedule_best(self, request: Request, pk: str) -> Response:
        """The first of `candidates` is planned under the lock of the work: the visit, with why this engineer; all
        visits of a crew, all stints of work that takes several days. 200 without a visit when nobody can, with why and
        what would help. 409 `overtaken` when others took each time that was chosen; `rule_broken` when the best can
        only come late and no `override_reason` says that this will do."""
        given = _read(BestSerializer, request)
        found = services.schedule_best(work_order_id=int(pk), actor=self.actor, at=self.at, **given.facts())
        if found.visits:
            return Response(told_chosen(found, None, self.at), status=status.HTTP_201_CREATED)
        return Response(told_chosen(found, queries.find_work_order_to_plan(int(pk)), self.at))

    @extend_schema(request=BookSerializer, responses={201: VisitSerializer}, summary="Book an arrival window")
    @action(detail=True, methods=["post"])
    def book(self, request: Request, pk: str) -> Response:
        """The best engineer still free in the window comes, and the window is promised. 409 `slot_taken` when
        somebody else was faster, or capacity keeps the day: with `facts.can_be_forced` an `override_reason` is
        enough."""
        given = _read(BookSerializer, request).validated_data
        visit = services.book_slot(work_order_id=int(pk), actor=self.actor, at=self.at, **given)
        return Response(VisitSerializer(visit).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=ScheduleSerializer, responses={201: VisitSerializer}, summary="Plan a visit", examples=[_PLAN]
    )
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str) -> Response:
        """409 names the other visit when the time is taken, or lists the broken rules."""
        given = _read(ScheduleSerializer, request)
        visit = services.schedule_visit(work_order_id=int(pk), actor=self.actor, at=self.at, **given.facts())
        return Response(VisitSerializer(visit).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=StintsSerializer,
        responses={201: VisitSerializer(many=True)},
        summary="Plan work that takes several days",
    )
    @action(detail=True, methods=["post"], url_path="schedule-stints")
    def schedule_stints(self, request: Request, pk: str) -> Response:
        """All stints or none; `candidates` proposes them. 422 when they do not add up to what is left."""
        given = _read(StintsSerializer, request)
        visits = services.schedule_stints(
            work_order_id=self.get_object().pk, actor=self.actor, at=self.at, **given.facts()
        )
        return Response(VisitSerializer(visits, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=CrewPlanSerializer,
        responses={201: VisitSerializer(many=True)},
        summary="Plan a crew's visits",
    )
    @action(detail=True, methods=["post"], url_path="schedule-crew")
    def schedule_crew(self, request: Request, pk: str) -> Response:
        """One visit for each engineer at the same time, all or none. 409 lists the broken rules and whose."""
        given = _read(CrewPlanSerializer, request)
        visits = services.schedule_crew(
            work_order_id=self.get_object().pk, actor=self.actor, at=self.at, **given.facts()
        )
        return Response(VisitSerializer(visits, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonSerializer, responses=WorkOrderSerializer, summary="Call the work off")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Its planned visits are called off with it."""
        given = _read(ReasonSerializer, request).validated_data
        work_order = self.get_object()
        services.cancel_work_order(
            work_order_id=work_order.pk, reason=given["reason"], actor=self.actor, at=self.at
        )
        return self._answer(work_order.pk)

    @extend_schema(request=None, responses=RunSerializer, summary="Let the rules plan it")
    @action(detail=True, methods=["post"], url_path="auto-dispatch")
    def auto_dispatch(self, request: Request, pk: str) -> Response:
        """The run says what came of it, with reasons; `nobody` and `no_rule` are answers, not errors."""
        run = services.auto_dispatch(work_order_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(RunSerializer(run).data)

    def _answer(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        return Response(WorkOrderSerializer(self.get_queryset().get(pk=pk)).data, status=code)


class VisitViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Who goes where, when."""

    queryset = Visit.objects.select_related("engineer", "work_order")
    serializer_class = VisitSerializer
    filterset_class = VisitFilter
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.VISIT_PLAN

    @extend_schema(request=NewVisitSerializer, responses={201: VisitSerializer}, summary="Plan a visit")
    def create(self, request: Request) -> Response:
        """The same act as `schedule` of a work order."""
        given = _read(NewVisitSerializer, request)
        visit = services.schedule_visit(actor=self.actor, at=self.at, **given.facts())
        return Response(VisitSerializer(visit).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=MoveSerializer, responses=VisitSerializer, summary="Move a visit")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs engineer, start and the version you saw; a stale version answers 409 with who and when. 409
        `needs_consent`: the customer confirmed it; ask them with `consent`, or say that they agreed."""
        given = _read(MoveSerializer, request)
        visit = services.move_visit(
            visit_id=self.get_object().pk, actor=self.actor, at=self.at, **given.facts()
        )
        return Response(VisitSerializer(visit).data)

    @extend_schema(
        request=AskConsentSerializer, responses={201: ConsentSerializer}, summary="Ask whether it may move"
    )
    @action(detail=True, methods=["post"])
    def consent(self, request: Request, pk: str) -> Response:
        """Of a confirmed visit: the customer is offered the time you wish, if any, and up to four others, graded.
        Nothing moves before they choose; see `consents`."""
        given = _read(AskConsentSerializer, request)
        asked = services.ask_consent(
            visit_id=self.get_object().pk, actor=self.actor, at=self.at, **given.facts()
        )
        return Response(ConsentSerializer(asked).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=VisitSerializer, summary="Tell the engineer")
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Sending twice changes nothing."""
        visit = services.send_visit(visit_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(VisitSerializer(visit).data)

    @extend_schema(request=LockSerializer, responses=VisitSerializer, summary="Say how firmly it is promised")
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, pk: str) -> Response:
        """`confirmed`: the customer knows when somebody comes; `committed`: also who. From then on moving it asks
        for their consent. `proposed` releases it."""
        given = _read(LockSerializer, request).validated_data
        visit = services.lock_visit(visit_id=self.get_object().pk, actor=self.actor, at=self.at, **given)
        return Response(VisitSerializer(visit).data)

    @extend_schema(request=ReasonSerializer, responses=VisitSerializer, summary="Call the visit off")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Its work waits to be planned again."""
        given = _read(ReasonSerializer, request).validated_data
        visit = services.cancel_visit(
            visit_id=self.get_object().pk, reason=given["reason"], actor=self.actor, at=self.at
        )
        return Response(VisitSerializer(visit).data)
