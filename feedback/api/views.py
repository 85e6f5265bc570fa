"""REST: ratings."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response as Answer

from accounts.api.views import Resource
from accounts.enums import Permission
from feedback import queries, services
from feedback.api.filters import ResponseFilter
from feedback.api.serializers import ResponseRecordSerializer, ResponseSerializer
from feedback.models import Response


class ResponseViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What customers say of visits."""

    queryset = Response.objects.select_related("visit")
    serializer_class = ResponseSerializer
    filterset_class = ResponseFilter
    read_scope = Permission.RESPONSE_VIEW
    write_scope = Permission.RESPONSE_RECORD

    @extend_schema(
        summary="Record a rating for a customer",
        request=ResponseRecordSerializer,
        responses={201: ResponseSerializer},
        examples=[
            OpenApiExample(
                "By phone",
                {"visit": 1042, "score": 4, "reasons": ["on_time"], "comment": "Quick."},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Answer:
        wanted = ResponseRecordSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        facts = dict(wanted.validated_data)
        visit = facts.pop("visit")
        response = services.record_response_for(visit_id=visit.pk, actor=self.actor, at=self.at, **facts)
        return Answer(ResponseSerializer(queries.responses().get(pk=response.pk)).data, status=201)
