"""REST acts of triage: likely duplicates, suggestions, merging, splitting, labels and follow-ups."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from tickets import queries, services
from tickets.api.serializers import NothingSerializer, TicketDetailSerializer, TicketSerializer
from tickets.models import SubState, Ticket


class MatchSerializer(serializers.Serializer[Any]):
    """A ticket that looks like another: `score` 0 to 100, `reasons` what both share."""

    ticket = TicketSerializer(read_only=True)
    score = serializers.IntegerField(read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)


class OpinionSerializer(serializers.Serializer[Any]):
    """What triage would suggest, each list ranked: entries have `id`, `label`, `score` (0 to 1) and reasons."""

    at = serializers.DateTimeField(read_only=True, required=False)
    topic = serializers.ListField(child=serializers.DictField(), read_only=True)
    asset = serializers.ListField(child=serializers.DictField(), read_only=True)
    priority = serializers.ListField(child=serializers.DictField(), read_only=True)
    article = serializers.ListField(child=serializers.DictField(), read_only=True)


class MergeSerializer(serializers.Serializer[Ticket]):
    """In which ticket this one goes on."""

    into: Any = serializers.PrimaryKeyRelatedField(queryset=Ticket.objects.all())
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    tell_customer = serializers.BooleanField(required=False, default=False)
    across_customers = serializers.BooleanField(required=False, default=False)


class SplitSerializer(serializers.Serializer[Ticket]):
    """The ids of the messages that become a ticket of their own."""

    message_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=500
    )
    subject = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class NotSameSerializer(serializers.Serializer[Ticket]):
    """The ticket that is about something else."""

    other: Any = serializers.PrimaryKeyRelatedField(queryset=Ticket.objects.all())


class SubStateSerializer(serializers.Serializer[Ticket]):
    """The code of a label of the ticket's state; null takes it away."""

    sub_state: Any = serializers.SlugRelatedField(
        slug_field="code", queryset=SubState.objects.filter(is_active=True), allow_null=True
    )


class TriageActions(Resource):
    """What the desk decides about a ticket, for programs."""

    @extend_schema(summary="Open tickets that look like this one", responses=MatchSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def duplicates(self, request: Request, pk: str) -> Response:
        found = queries.duplicates_of(queries.get_ticket(int(pk)))
        return Response(MatchSerializer(found, many=True).data)

    @extend_schema(
        summary="Say that another ticket is not about the same problem",
        request=NotSameSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="not-same")
    def not_same(self, request: Request, pk: str) -> Response:
        other = self._values(NotSameSerializer)["other"]
        services.dismiss_duplicate(ticket_id=int(pk), other_id=other.pk, actor=self.actor, at=self.at)
        return self._ticket(int(pk))

    @extend_schema(summary="What triage would suggest, and why", responses=OpinionSerializer)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def suggestions(self, request: Request, pk: str) -> Response:
        opinion = queries.get_ticket(int(pk)).opinion
        lists = {name: opinion.get(name, []) for name in ("topic", "asset", "priority", "article")}
        return Response({"at": opinion.get("at"), **lists})

    @extend_schema(
        summary="Let this ticket go on in another; later answers reach that one",
        request=MergeSerializer,
        responses=TicketDetailSerializer,
        examples=[
            OpenApiExample("Into T-12, and tell the customer", value={"into": 12, "tell_customer": True})
        ],
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        values = self._values(MergeSerializer)
        target = values.pop("into")
        services.merge_tickets(source_id=int(pk), target_id=target.pk, **values, actor=self.actor, at=self.at)
        return self._ticket(target.pk)

    @extend_schema(
        summary="Let a merged ticket stand for itself again",
        request=NothingSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: str) -> Response:
        services.unmerge_ticket(ticket_id=int(pk), actor=self.actor, at=self.at)
        return self._ticket(int(pk))

    @extend_schema(
        summary="Make some messages a ticket of their own",
        request=SplitSerializer,
        responses={201: TicketDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: str) -> Response:
        values = self._values(SplitSerializer)
        opened = services.split_ticket(ticket_id=int(pk), **values, actor=self.actor, at=self.at)
        return self._ticket(opened.pk, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Give the ticket a label of its state, or take it away",
        request=SubStateSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="sub-state")
    def sub_state(self, request: Request, pk: str) -> Response:
        label = self._values(SubStateSerializer)["sub_state"]
        services.set_sub_state(
            ticket_id=int(pk), sub_state_id=label.pk if label else None, actor=self.actor, at=self.at
        )
        return self._ticket(int(pk))

    @extend_schema(summary="Tickets that follow this one", responses=TicketSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="follow-ups", filterset_class=None, pagination_class=None)
    def follow_ups(self, request: Request, pk: str) -> Response:
        found = (
            queries.get_ticket(int(pk))
            .follow_ups.select_related("sub_state")
            .prefetch_related("clocks")
            .order_by("id")
        )
        return Response(TicketSerializer(found, many=True).data)

    def _values(self, kind: type[serializers.Serializer[Ticket]]) -> dict[str, Any]:
        reader = kind(data=self.request.data, context=self.get_serializer_context())
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def _ticket(self, ticket_id: int, code: int = status.HTTP_200_OK) -> Response:
        ticket = Ticket.objects.prefetch_related("clocks__segments", "clocks__item", "clocks__policy").get(
            pk=ticket_id
        )
        return Response(TicketDetailSerializer(ticket).data, status=code)
