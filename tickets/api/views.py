"""REST resource of tickets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from tickets import permissions, queries, services
from tickets.api.filters import TicketFilter
from tickets.api.serializers import (
    AssignSerializer,
    ExplainedClockSerializer,
    MessageSerializer,
    NewTicketSerializer,
    NothingSerializer,
    OpenedTicketSerializer,
    ReopenSerializer,
    ReplySerializer,
    ResolveSerializer,
    TicketDetailSerializer,
    TicketSerializer,
    TriageSerializer,
    WaitSerializer,
)
from tickets.api.triage import TriageActions
from tickets.models import Ticket

RELATED = ("topic", "customer", "contact", "site", "asset")


@extend_schema(tags=["tickets"])
class TicketViewSet(ListModelMixin, RetrieveModelMixin, TriageActions):
    """What customers need, with its conversation and SLA clocks."""

    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer
    filterset_class = TicketFilter
    read_scope = permissions.VIEW
    write_scope = permissions.OPEN

    def get_queryset(self) -> QuerySet[Ticket]:
        found = super().get_queryset().defer("search_text", "search_grams")
        if self.action == "list":
            return found.select_related("sub_state").prefetch_related("clocks")
        return found.prefetch_related("clocks__segments", "clocks__item", "clocks__policy")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return TicketSerializer if self.action == "list" else TicketDetailSerializer

    @extend_schema(
        summary="Open a ticket",
        request=NewTicketSerializer,
        responses={201: TicketSerializer},
        examples=[
            OpenApiExample(
                "A fault at a site",
                value={
                    "subject": "No heat on the second floor",
                    "description": "Since this morning.",
                    "priority": 2,
                    "site": 1,
                    "source": "building-system",
                    "external_id": "ALARM-4711",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        values = self._read(NewTicketSerializer)
        ticket = services.open_ticket(**values, actor=self.actor, at=self.at)
        return Response(OpenedTicketSerializer(ticket).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Correct priority, topic or whom a ticket is about",
        request=TriageSerializer,
        responses=TicketDetailSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        values = self._read(TriageSerializer, partial=True)
        services.triage_ticket(ticket_id=int(pk), actor=self.actor, at=self.at, **values)
        return self._shown(int(pk))

    @extend_schema(
        summary="The SLA clocks with the ledgers that explain them",
        responses=ExplainedClockSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def clocks(self, request: Request, pk: str) -> Response:
        clocks = [view.clock for view in queries.rounds_of(self.get_object(), self.at)]
        return Response(ExplainedClockSerializer(clocks, many=True).data)

    @extend_schema(
        summary="Answer the customer, or add an internal note",
        request=ReplySerializer,
        responses={201: MessageSerializer},
    )
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: str) -> Response:
        values = self._read(ReplySerializer)
        message = services.reply_to_ticket(ticket_id=int(pk), **values, actor=self.actor, at=self.at)
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Hand the ticket to the desk, and open it",
        request=NothingSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        services.take_ticket(ticket_id=int(pk), actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(
        summary="Make somebody the owner", request=AssignSerializer, responses=TicketDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        owner = self._read(AssignSerializer)["owner"]
        services.assign_owner(ticket_id=int(pk), owner_id=owner, actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(
        summary="Let the ticket wait; only waiting for the customer pauses the resolution clock",
        request=WaitSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def wait(self, request: Request, pk: str) -> Response:
        values = self._read(WaitSerializer)
        services.wait_ticket(ticket_id=int(pk), **values, actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(summary="End the waiting", request=NothingSerializer, responses=TicketDetailSerializer)
    @action(detail=True, methods=["post"], url_path="continue")
    def go_on(self, request: Request, pk: str) -> Response:
        services.continue_ticket(ticket_id=int(pk), actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(
        summary="Say that the problem is solved; the clocks stop",
        request=ResolveSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        values = self._read(ResolveSerializer)
        services.resolve_ticket(ticket_id=int(pk), **values, actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(
        summary="File a solved ticket", request=NothingSerializer, responses=TicketDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        services.close_ticket(ticket_id=int(pk), actor=self.actor, at=self.at)
        return self._shown(int(pk))

    @extend_schema(
        summary="Take a solved problem up again; its clock goes on",
        request=ReopenSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        values = self._read(ReopenSerializer)
        services.reopen_ticket(ticket_id=int(pk), **values, actor=self.actor, at=self.at)
        return self._shown(int(pk))

    def _read(self, kind: type[serializers.Serializer[Ticket]], *, partial: bool = False) -> dict[str, Any]:
        """The request's values as services take them: things become ids."""
        reader = kind(data=self.request.data, partial=partial, context=self.get_serializer_context())
        reader.is_valid(raise_exception=True)
        values = dict(reader.validated_data)
        for name in RELATED:
            if name in values:
                thing = values.pop(name)
                values[f"{name}_id"] = thing.pk if thing is not None else None
        return values

    def _shown(self, ticket_id: int, code: int = status.HTTP_200_OK) -> Response:
        ticket = self.get_queryset().get(pk=ticket_id)
        return Response(TicketDetailSerializer(ticket).data, status=code)
