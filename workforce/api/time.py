"""REST resources of what belongs to engineers: absences, extra shifts, pairs."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from workforce import services
from workforce.api.serializers import AbsenceSerializer, ExtraShiftSerializer, PairSerializer
from workforce.api.views import WorkforceResource
from workforce.models import Absence, EngineerPair, ExtraShift


class AbsenceViewSet(WorkforceResource):
    """Times when an engineer cannot be sent. Visits planned in them stay, for the dispatcher to move."""

    queryset = Absence.objects.all()
    serializer_class = AbsenceSerializer
    filterset_fields = {"engineer": ["exact"], "end_at": ["gt"], "start_at": ["lt"]}

    @extend_schema(responses={201: AbsenceSerializer}, summary="Note an absence")
    def create(self, request: Request) -> Response:
        """It may not overlap another one of the engineer: that one is named, to be changed instead."""
        facts = dict(self.read(request).validated_data)
        engineer = facts.pop("engineer")
        made = services.add_absence(engineer_id=engineer.pk, actor=self.actor, at=self.at, **facts)
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=AbsenceSerializer, summary="Change an absence")
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is not named stays."""
        absence = self.get_object()
        facts = {name: getattr(absence, name) for name in ("start_at", "end_at", "reason")}
        facts |= self.read(request, partial=True).validated_data
        facts.pop("engineer", None)
        services.update_absence(absence_id=absence.pk, actor=self.actor, at=self.at, **facts)
        return self.answer(absence.pk)

    @extend_schema(responses={204: None}, summary="Take an absence back")
    def destroy(self, request: Request, pk: str) -> Response:
        """The engineer can be sent again."""
        services.remove_absence(absence_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExtraShiftViewSet(WorkforceResource):
    """Working time beside the weekly shifts."""

    queryset = ExtraShift.objects.all()
    serializer_class = ExtraShiftSerializer
    filterset_fields = {"engineer": ["exact"], "end_at": ["gt"], "start_at": ["lt"]}

    @extend_schema(responses={201: ExtraShiftSerializer}, summary="Add an extra shift")
    def create(self, request: Request) -> Response:
        """24 hours at most; it may touch a weekly shift, not another extra one."""
        facts = dict(self.read(request).validated_data)
        engineer = facts.pop("engineer")
        made = services.add_extra_shift(engineer_id=engineer.pk, actor=self.actor, at=self.at, **facts)
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, summary="Take an extra shift back")
    def destroy(self, request: Request, pk: str) -> Response:
        """Visits planned in it stay, for the dispatcher to move."""
        services.remove_extra_shift(extra_shift_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PairViewSet(WorkforceResource):
    """Who goes well together, and who never."""

    queryset = EngineerPair.objects.order_by("id")
    serializer_class = PairSerializer
    filterset_fields = ["liking"]

    @extend_schema(responses={201: PairSerializer}, summary="Say who goes with whom")
    def create(self, request: Request) -> Response:
        """Said again of the same two, it replaces what was said."""
        facts = dict(self.read(request).validated_data)
        engineer, other = facts.pop("first"), facts.pop("second")
        made = services.set_pair(
            engineer_id=engineer.pk, other_id=other.pk, actor=self.actor, at=self.at, **facts
        )
        return self.answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, summary="Forget a pair")
    def destroy(self, request: Request, pk: str) -> Response:
        """Nothing is said of the two any more."""
        services.remove_pair(pair_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
