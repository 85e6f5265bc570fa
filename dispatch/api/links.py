"""REST resource of links: which work order waits for which."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from core.api.reading import ReadSerializer
from dispatch import services
from dispatch.api.filters import LinkFilter
from dispatch.enums import LinkKind
from dispatch.models import WorkOrder, WorkOrderLink
from dispatch.services.links import LONGEST_GAP


class LinkSerializer(ReadSerializer[WorkOrderLink]):
    """`then` is done after `first`, in the way that `kind` says."""

    class Meta:
        model = WorkOrderLink
        fields = ["id", "first", "then", "kind", "gap_minutes"]
        read_only_fields = fields


class NewLinkSerializer(serializers.Serializer[Any]):
    """Which work waits for which, and how."""

    first = serializers.PrimaryKeyRelatedField(queryset=WorkOrder.objects.all())
    then = serializers.PrimaryKeyRelatedField(queryset=WorkOrder.objects.all())
    kind = serializers.ChoiceField(choices=LinkKind.choices, default=LinkKind.AFTER)
    gap_minutes = serializers.IntegerField(min_value=0, max_value=LONGEST_GAP, default=0)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.validated_data)
        return {"first_id": facts.pop("first").pk, "then_id": facts.pop("then").pk, **facts}


class WorkOrderLinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Work that waits for other work. Every planner keeps to it."""

    queryset = WorkOrderLink.objects.all()
    serializer_class = LinkSerializer
    filterset_class = LinkFilter
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.WORK_CREATE

    @extend_schema(request=NewLinkSerializer, responses={201: LinkSerializer}, summary="Let work wait")
    def create(self, request: Request) -> Response:
        """409 `circle` when the first waits for the second already. The same link again changes its gap."""
        given = NewLinkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        link = services.link_work_orders(actor=self.actor, at=self.at, **given.facts())
        return Response(LinkSerializer(link).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, summary="Let work no longer wait")
    def destroy(self, request: Request, pk: str) -> Response:
        """Visits stay where they are."""
        services.unlink_work_orders(link_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
