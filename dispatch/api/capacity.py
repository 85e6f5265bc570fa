"""REST resources of capacity, and of which engineers customers want."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from core.api.moments import DayField
from customers.models import Customer
from dispatch import services
from dispatch.models import EngineerPreference
from dispatch.queries.capacity import LONGEST_DAYS, Capacity
from dispatch.queries.capacity import capacity as reckon
from tenants.queries import current_tenant
from workforce.enums import Liking
from workforce.models import Engineer, Skill, Territory


class AskedSerializer(serializers.Serializer[Any]):
    """Which days, and of which territory and skill; nothing means today, a week, all of them."""

    day = DayField(required=False, help_text="The first day, in the company's zone")
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=7)
    territory = serializers.PrimaryKeyRelatedField(queryset=Territory.objects.all(), required=False)
    skill = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all(), required=False)


class CellSerializer(serializers.Serializer[Any]):
    """Minutes of one territory and skill on one day; `territory` null is the whole company.

    An engineer counts in each of their territories, so rows do not add up to the company's.
    """

    day = serializers.DateField()
    territory = serializers.IntegerField(allow_null=True)
    skill = serializers.IntegerField(allow_null=True)
    engineers = serializers.IntegerField()
    working = serializers.IntegerField()
    planned = serializers.IntegerField()
    reserved = serializers.IntegerField()
    free = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)
    capacity_rule = serializers.IntegerField(allow_null=True)


class CapacityViewSet(Resource):
    """How much of the engineers' time is planned, kept free and left."""

    queryset = Territory.objects.none()
    serializer_class = CellSerializer
    pagination_class = None
    filterset_fields: list[str] = []
    read_scope = Permission.WORKFORCE_VIEW
    write_scope = Permission.WORKFORCE_EDIT

    @extend_schema(parameters=[AskedSerializer], responses=CellSerializer(many=True), summary="Read capacity")
    def list(self, request: Request) -> Response:
        """One row for each territory and day, at most 31 days."""
        asked = AskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        territory, skill = given.get("territory"), given.get("skill")
        found = reckon(
            given.get("day") or self.at.astimezone(current_tenant().zone).date(),
            given["days"],
            at=self.at,
            skill_ids=[skill.pk] if skill else (),
            territory_ids=[territory.pk] if territory else None,
        )
        return Response(CellSerializer(_told(found, skill.pk if skill else None), many=True).data)


class PreferenceSerializer(serializers.ModelSerializer[EngineerPreference]):
    """A customer's own engineer ("preferred"), or one who never goes there ("excluded")."""

    customer: Any = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    engineer: Any = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all())
    liking = serializers.ChoiceField(choices=Liking.choices)

    class Meta:
        model = EngineerPreference
        fields = ["id", "customer", "engineer", "liking", "reason"]
        read_only_fields = ["id"]
        validators: list[Any] = []


class PreferenceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Which engineers customers want to see, and which never."""

    queryset = EngineerPreference.objects.all()
    serializer_class = PreferenceSerializer
    filterset_fields = ["customer", "engineer", "liking"]
    read_scope = Permission.WORKFORCE_VIEW
    write_scope = Permission.VISIT_PLAN

    @extend_schema(responses={201: PreferenceSerializer}, summary="Say who goes to a customer, or never")
    def create(self, request: Request) -> Response:
        """Said again of the same two, it replaces what was said."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        customer, engineer = facts.pop("customer"), facts.pop("engineer")
        made = services.set_preference(
            customer_id=customer.pk, engineer_id=engineer.pk, actor=self.actor, at=self.at, **facts
        )
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, summary="Forget a preference")
    def destroy(self, request: Request, pk: str) -> Response:
        """Nothing is said of the two any more."""
        services.remove_preference(preference_id=self.get_object().pk, actor=self.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _told(found: Capacity, skill_id: int | None) -> list[dict[str, Any]]:
    return [
        {
            "day": day,
            "territory": territory_id,
            "skill": skill_id,
            "engineers": cell.engineers,
            "working": cell.working,
            "planned": cell.planned,
            "reserved": cell.reserved,
            "free": cell.free,
            "limit": cell.limit,
            "capacity_rule": cell.rule_id or None,
        }
        for territory_id in [None, *(place.pk for place in found.territories)]
        for day, cell in zip(found.days, found.row(territory_id, skill_id), strict=True)
    ]
