"""The acts of a visit on the REST door, each one service call, in the words of the phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from delivery import permissions, queries, services
from delivery.api.serializers import (
    AnswerInput,
    AnswerSerializer,
    CompleteInput,
    EvidenceSerializer,
    PartUseInput,
    PartUseSerializer,
    PhotoInput,
    PhotoSerializer,
    ReasonInput,
    SignatureInput,
    SignatureSerializer,
    TapInput,
    VisitStateSerializer,
)
from dispatch import queries as visits
from dispatch.models import Visit

Act = Callable[..., Any]
View = Callable[..., Response]


def _act(
    summary: str,
    path: str,
    shape: type[serializers.Serializer[Any]],
    answer: type[serializers.BaseSerializer[Any]],
    *,
    example: dict[str, Any],
    status: int = 200,
) -> Callable[[View], View]:
    """What every act's documentation says, and where it lies."""
    described = extend_schema(
        summary=summary,
        tags=["visits"],
        request=shape,
        responses={status: answer},
        examples=[OpenApiExample(summary, value=example, request_only=True)],
    )
    routed = action(detail=True, methods=["post"], url_path=path, url_name=path)
    return lambda view: routed(described(view))


class VisitActViewSet(Resource):
    """A program that holds VISIT_PERFORM acts for the visit's engineer."""

    queryset = Visit.objects.all()
    serializer_class = VisitStateSerializer
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.VISIT_PERFORM

    @extend_schema(
        summary="Get a visit's evidence", tags=["visits"], responses={200: EvidenceSerializer}, filters=False
    )
    @action(detail=True, methods=["get"])
    def evidence(self, request: Request, pk: str) -> Response:
        visit = visits.get_visit(int(pk))
        permissions.check_sees(self.actor, visit)
        return Response(EvidenceSerializer(queries.evidence_of(visit)).data)

    @_act("Accept a visit", "accept", TapInput, VisitStateSerializer, example={})
    def accept(self, request: Request, pk: str) -> Response:
        return self._tap(services.accept_visit, pk)

    @_act(
        "Start to travel",
        "travel",
        TapInput,
        VisitStateSerializer,
        example={"device_at": "2026-11-23T00:10:00Z"},
    )
    def travel(self, request: Request, pk: str) -> Response:
        return self._tap(services.start_travel, pk)

    @_act("Arrive on site", "arrive", TapInput, VisitStateSerializer, example={})
    def arrive(self, request: Request, pk: str) -> Response:
        return self._tap(services.arrive, pk)

    @_act("Pause the work", "pause", TapInput, VisitStateSerializer, example={})
    def pause(self, request: Request, pk: str) -> Response:
        return self._tap(services.pause_visit, pk)

    @_act("Go on working", "resume", TapInput, VisitStateSerializer, example={})
    def resume(self, request: Request, pk: str) -> Response:
        return self._tap(services.resume_visit, pk)

    @_act(
        "Complete a visit",
        "complete",
        CompleteInput,
        VisitStateSerializer,
        example={"remarks": "Filter is worn, offer a new one."},
    )
    def complete(self, request: Request, pk: str) -> Response:
        return self._tap(services.complete_visit, pk, CompleteInput)

    @_act(
        "End a visit that could not be completed",
        "could-not-complete",
        ReasonInput,
        VisitStateSerializer,
        example={"reason": "A part is missing: igniter 4021-B"},
    )
    def could_not_complete(self, request: Request, pk: str) -> Response:
        return self._tap(services.could_not_complete, pk, ReasonInput)

    @_act(
        "End a visit where nobody was there",
        "no-show",
        ReasonInput,
        VisitStateSerializer,
        example={"reason": "Closed, nobody answered the phone"},
    )
    def no_show(self, request: Request, pk: str) -> Response:
        return self._tap(services.no_show, pk, ReasonInput)

    @_act(
        "Answer a step of the checklist",
        "answers",
        AnswerInput,
        AnswerSerializer,
        example={"item_id": 3, "value": "1.8"},
        status=201,
    )
    def answers(self, request: Request, pk: str) -> Response:
        return self._add(services.answer_item, pk, AnswerInput, AnswerSerializer)

    @_act(
        "Use a part from the engineer's van",
        "parts",
        PartUseInput,
        PartUseSerializer,
        example={"part_id": 7, "quantity": "1", "key": "2f1c"},
        status=201,
    )
    def parts(self, request: Request, pk: str) -> Response:
        return self._add(services.use_part, pk, PartUseInput, PartUseSerializer)

    @extend_schema(
        summary="Add a photo",
        tags=["visits"],
        request={"multipart/form-data": PhotoInput},
        responses={201: PhotoSerializer},
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def photos(self, request: Request, pk: str) -> Response:
        facts = _valid(PhotoInput, request)
        data = facts.pop("photo").read()
        photo = services.add_photo(visit_id=int(pk), data=data, actor=self.actor, at=self.at, **facts)
        return Response(PhotoSerializer(photo).data, status=201)

    @_act(
        "Sign, or say why nobody signs",
        "signature",
        SignatureInput,
        SignatureSerializer,
        example={"outcome": "signed", "signer_name": "Mrs. Alvarez", "reason": "confirmed by phone"},
        status=201,
    )
    def signature(self, request: Request, pk: str) -> Response:
        return self._add(services.sign, pk, SignatureInput, SignatureSerializer)

    def _tap(self, act: Act, pk: str, shape: type[serializers.Serializer[Any]] = TapInput) -> Response:
        facts = _valid(shape, self.request)
        visit = act(visit_id=int(pk), actor=self.actor, at=self.at, **facts)
        return Response(VisitStateSerializer(visit).data)

    def _add(
        self,
        act: Act,
        pk: str,
        shape: type[serializers.Serializer[Any]],
        answer: type[serializers.BaseSerializer[Any]],
    ) -> Response:
        facts = _valid(shape, self.request)
        if "part_id" in facts:
            facts["part_id"] = facts["part_id"].pk
        thing = act(visit_id=int(pk), actor=self.actor, at=self.at, **facts)
        return Response(answer(thing).data, status=201)


def _valid(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
