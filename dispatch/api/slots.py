"""REST resources of arrival windows and of the dispatch policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import Resource
from accounts.enums import Permission
from core.api.moments import InstantField
from core.clock import now
from customers.models import Site
from dispatch import queries, reasons, services
from dispatch.api.serializers import NeededPartSerializer, NeededSkillSerializer
from dispatch.api.telling import told_excluded, told_way_out
from dispatch.evaluator import Reason, Work
from dispatch.instant import Slot
from dispatch.instant.slots import reasons_of
from dispatch.models import DispatchPolicy, WorkOrder, WorkType
from dispatch.policy import LIMITS, VERDICTS, WEIGHTS
from dispatch.queries.planning import instant, work_of
from dispatch.queries.slots import Asked, Offered, work_to_be
from dispatch.windows import WINDOWS, Windows
from tickets.enums import Priority
from workforce import queries as workforce

MOST_DAYS = 14


class SlotsSerializer(serializers.Serializer[Any]):
    """A work order, or what work would be: `site` and `work_type` and what differs from it."""

    work_order = serializers.PrimaryKeyRelatedField(
        queryset=WorkOrder.objects.select_related("site"), required=False
    )
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False)
    work_type = serializers.PrimaryKeyRelatedField(queryset=WorkType.objects.all(), required=False)
    duration_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    skills = NeededSkillSerializer(many=True, required=False)
    parts = NeededPartSerializer(many=True, required=False)
    promised_start_at = InstantField(required=False)
    promised_end_at = InstantField(required=False)
    window_start_at = InstantField(required=False)
    window_end_at = InstantField(required=False)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=5)
    minutes = serializers.IntegerField(
        min_value=30, max_value=480, default=120, help_text="How long each window is"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "work_order" not in attrs and not {"site", "work_type"} <= attrs.keys():
            raise serializers.ValidationError(_("Give a work_order, or a site and a work_type."))
        _check_windows(attrs)
        return attrs


def _check_windows(attrs: Mapping[str, Any]) -> None:
    """Raise `ValidationError` with the field for windows that nobody could keep."""
    usual = attrs.get("work_order") or attrs["work_type"]
    named = {name: attrs.get(name) for name in WINDOWS}
    windows = Windows(attrs.get("duration_minutes") or usual.duration_minutes, **named)
    faults = {**windows.past(now()), **windows.faults()}
    if faults:
        raise serializers.ValidationError({name: [text] for name, text in faults.items()})


class SlotsViewSet(Resource):
    """Arrival windows."""

    queryset = WorkOrder.objects.none()
    serializer_class = SlotsSerializer
    pagination_class = None
    filterset_fields: list[str] = []
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.WORK_VIEW

    @extend_schema(
        request=SlotsSerializer,
        responses=OpenApiTypes.OBJECT,
        summary="Windows to arrive in, graded",
        examples=[OpenApiExample("Of a work order", value={"work_order": 12, "days": 5}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Grade A serves best what the policy prefers; `crew` are those who would come together to work for several.
        Book one with `book` of the work order. `full` are windows on days that capacity keeps for more urgent work;
        where the policy asks for a reason they are told in `needs_reason` too, and booked with one. Without any window,
        `excluded` tells why: each rule with whom it keeps out; `ways_out` the smallest changes that would help."""
        read = SlotsSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        given = read.validated_data
        work, site = _work_of(given, self.at)
        found = queries.slots_for(work, site, Asked(self.at, given["days"], given["minutes"]))
        services.want_roads(place=work.place, roads=found.ask.policy.roads, at=self.at)
        full = [
            {"start_at": instant(slot.start), "end_at": instant(slot.end), **_reason(reason)}
            for slot, reason in found.full
        ]
        asking = [{**_told(slot, found), "reasons": [_reason(why)]} for slot, why in found.needs_reason]
        why: dict[str, Any] = {"excluded": [], "ways_out": []}
        if not found.slots and not found.full:
            answer, changes = queries.why_no_slots(found, site, self.at)
            names = dict(workforce.skills().values_list("id", "name"))
            why["excluded"] = told_excluded(answer, names)
            why["ways_out"] = [told_way_out(change.as_json(), names) for change in changes]
        slots = [_told(slot, found) for slot in found.slots]
        return Response({"slots": slots, "needs_reason": asking, "full": full, **why})


class PolicySerializer(serializers.ModelSerializer[DispatchPolicy]):
    """One version of how a company plans, the product's own values filled in."""

    verdicts = serializers.SerializerMethodField()
    weights = serializers.SerializerMethodField()
    limits = serializers.SerializerMethodField()

    class Meta:
        model = DispatchPolicy
        fields = ["id", "version", "status", "verdicts", "weights", "limits", "note", "created_at"]
        fields += ["published_at", "published_by"]
        read_only_fields = fields

    def get_verdicts(self, row: DispatchPolicy) -> dict[str, str]:
        """{rule: block, confirm or allow}."""
        policy = queries.policy_of(row)
        return {code: policy.verdict(code) for code in VERDICTS}

    def get_weights(self, row: DispatchPolicy) -> dict[str, int]:
        """{objective: 0 to 100}."""
        policy = queries.policy_of(row)
        return {code: policy.weight(code) for code in WEIGHTS}

    def get_limits(self, row: DispatchPolicy) -> dict[str, int]:
        """{limit: whole number}."""
        policy = queries.policy_of(row)
        return {code: policy.limit(code) for code in LIMITS}


class PolicyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource):
    """Versions of the dispatch policy; without a published one the product's own is in force."""

    queryset = DispatchPolicy.objects.order_by("-version")
    serializer_class = PolicySerializer
    filterset_fields = ["status", "version"]
    read_scope = Permission.WORK_VIEW
    write_scope = Permission.RULE_EDIT


def _work_of(given: Mapping[str, Any], at: datetime) -> tuple[Work, Site]:
    if "work_order" in given:
        work_order: WorkOrder = given["work_order"]
        margin = timedelta(days=1)
        return work_of(work_order, at - margin, at + timedelta(days=given["days"]) + margin), work_order.site
    skills, parts = given.get("skills"), given.get("parts")
    work = work_to_be(
        given["site"],
        given["work_type"],
        given,
        skills=None if skills is None else {row["skill"].pk: row["level"] for row in skills},
        parts=None if parts is None else {row["part"]: row["quantity"] for row in parts},
    )
    return work, given["site"]


def _reason(reason: Reason) -> dict[str, Any]:
    return {**reason.as_json(), "text": reasons.words(reason)}


def _told(slot: Slot, found: Offered) -> dict[str, Any]:
    pluses, minuses = ([_reason(one) for one in side] for side in reasons_of(slot, found.ask))
    team = found.crews.get(slot.start)
    together = (
        {
            "crew": [verdict.person.id for verdict in team.verdicts],
            "engineer_id": team.verdicts[0].person.id,
            "arrives_at": instant(team.start),
        }
        if team
        else {}
    )
    return {
        "start_at": instant(slot.start),
        "end_at": instant(slot.end),
        "grade": slot.grade,
        "score": round(slot.score, 1),
        "engineers": slot.choices,
        "engineer_id": slot.person.id,
        "arrives_at": instant(slot.at),
        "added_travel_minutes": slot.added_minutes,
        "pluses": pluses,
        "minuses": minuses,
        **together,
    }
