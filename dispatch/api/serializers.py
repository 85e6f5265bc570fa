"""Shapes of dispatch's resources on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.moments import InstantField
from core.api.reading import ReadSerializer
from customers.models import Asset, Contact, Site
from dispatch.enums import CrewCover, LockLevel
from dispatch.models import DispatchRun, Visit, WorkOrder, WorkOrderSkill, WorkType, WorkTypeSkill
from dispatch.ranking import ORDERS
from dispatch.services import Stint
from dispatch.stints import MOST_STINTS
from inventory.models import Part
from tenants.api import RowField
from tickets.enums import Priority
from tickets.models import Ticket
from workforce.models import Engineer, Skill


class NeededSkillSerializer(serializers.ModelSerializer[WorkOrderSkill]):
    """A skill and its least level."""

    skill = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all())
    code = serializers.CharField(source="skill.code", read_only=True)
    level = serializers.IntegerField(min_value=1, max_value=5, default=1)

    class Meta:
        model = WorkOrderSkill
        fields = ["skill", "code", "level"]


class NeededPartSerializer(serializers.Serializer[Any]):
    """A part to bring, and how many."""

    part = serializers.PrimaryKeyRelatedField(queryset=Part.objects.all())
    code = serializers.CharField(source="part.code", read_only=True)
    quantity = serializers.FloatField(min_value=0.001, max_value=10_000, default=1)


class WorkTypeSkillSerializer(serializers.ModelSerializer[WorkTypeSkill]):
    """A skill that a kind of work needs."""

    code = serializers.CharField(source="skill.code", read_only=True)

    class Meta:
        model = WorkTypeSkill
        fields = ["skill", "code", "level"]


class WorkTypeSerializer(serializers.ModelSerializer[WorkType]):
    """A kind of work."""

    skills = WorkTypeSkillSerializer(source="work_type_skills", many=True, read_only=True)
    parts = NeededPartSerializer(source="work_type_parts", many=True, read_only=True)

    class Meta:
        model = WorkType
        fields = ["id", "code", "name", "duration_minutes", "may_split", "crew_size", "crew_cover", "topic"]
        fields += ["calendar", "is_active", "skills", "parts"]


class WorkOrderSerializer(ReadSerializer[WorkOrder]):
    """What must be done, as it is now."""

    reference = serializers.CharField(source="__str__", read_only=True)
    skills = NeededSkillSerializer(source="needed_skills", many=True, read_only=True)
    parts = NeededPartSerializer(source="work_order_parts", many=True, read_only=True)
    visits = serializers.SerializerMethodField()

    class Meta:
        model = WorkOrder
        fields = ["id", "reference", "number", "status", "ticket", "customer", "site", "asset", "contact"]
        fields += ["work_type", "subject", "description", "priority", "duration_minutes", "skills"]
        fields += ["parts", "visits"]
        fields += ["crew_size", "crew_cover", "may_split", "left_minutes"]
        fields += ["promised_start_at", "promised_end_at", "window_start_at", "window_end_at"]
        fields += ["follow_up_reason", "source", "external_id", "created_at", "updated_at", "version"]
        read_only_fields = fields

    def get_visits(self, work_order: WorkOrder) -> list[int]:
        """Ids in order of time, from the list that the resource fetched with the page."""
        return [visit.pk for visit in work_order.known_visits]  # type: ignore[attr-defined]


class ChangeWorkOrderSerializer(serializers.Serializer[Any]):
    """What may be changed of a work order."""

    subject = serializers.CharField(max_length=300)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    duration_minutes = serializers.IntegerField(min_value=1, max_value=28_800, required=False)
    may_split = serializers.BooleanField(required=False)
    crew_size = serializers.IntegerField(min_value=1, max_value=8, required=False)
    crew_cover = serializers.ChoiceField(choices=CrewCover.choices, required=False)
    asset = serializers.PrimaryKeyRelatedField(queryset=Asset.objects.all(), required=False, allow_null=True)
    contact = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.all(), required=False, allow_null=True
    )
    parts = NeededPartSerializer(many=True, required=False, help_text="All the parts expected")
    promised_start_at = InstantField(required=False, allow_null=True)
    promised_end_at = InstantField(required=False, allow_null=True)
    window_start_at = InstantField(required=False, allow_null=True)
    window_end_at = InstantField(required=False, allow_null=True)

    def facts(self) -> dict[str, Any]:
        """What the service takes: ids for things."""
        facts = dict(self.validated_data)
        if (parts := facts.pop("parts", None)) is not None:
            facts["parts"] = {one["part"].pk: round(Decimal(one["quantity"]), 3) for one in parts}
        for name in ("asset", "contact", "site", "work_type", "ticket"):
            if name in facts:
                thing = facts.pop(name)
                facts[f"{name}_id"] = thing.pk if thing is not None else None
        return facts


class NewWorkOrderSerializer(ChangeWorkOrderSerializer):
    """A work order to be."""

    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all())
    work_type = serializers.PrimaryKeyRelatedField(queryset=WorkType.objects.all())
    ticket = serializers.PrimaryKeyRelatedField(
        queryset=Ticket.objects.all(), required=False, allow_null=True
    )
    skills = NeededSkillSerializer(many=True, required=False)
    source = serializers.CharField(  # type: ignore[assignment]  # the stubs see Field.source
        max_length=40, required=False, allow_blank=True
    )
    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True)

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        if (skills := facts.pop("skills", None)) is not None:
            facts["skills"] = {needed["skill"].pk: needed["level"] for needed in skills}
        return facts


class VisitSerializer(ReadSerializer[Visit]):
    """One trip: who and when."""

    reference = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = Visit
        fields = ["id", "reference", "work_order", "engineer", "status", "start_at", "end_at"]
        fields += [
            "travel_minutes",
            "travel_km",
            "lock_level",
            "crew_key",
            "reason",
            "sent_at",
            "accepted_at",
        ]
        fields += ["travel_started_at", "arrived_at", "ended_at", "end_reason", "updated_at", "version"]
        read_only_fields = fields


class PlanSerializer(serializers.Serializer[Any]):
    """Who goes and when; `override_reason` breaks soft rules on purpose."""

    engineer = RowField(Engineer)
    start_at = InstantField()
    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.validated_data)
        facts["engineer_id"] = facts.pop("engineer").pk
        return facts


class ScheduleSerializer(PlanSerializer):
    """A visit to be, of a work order named by the path; `end_at` when it is not the usual length."""

    end_at = InstantField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("end_at") and attrs["end_at"] <= attrs["start_at"]:
            raise serializers.ValidationError({"end_at": ["This must be later than start_at."]})
        return attrs


class NewVisitSerializer(ScheduleSerializer):
    """A visit to be."""

    work_order = serializers.PrimaryKeyRelatedField(queryset=WorkOrder.objects.all())

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        facts["work_order_id"] = facts.pop("work_order").pk
        return facts


class StintSerializer(serializers.Serializer[Any]):
    """Who does a stint of the work, and when: one `engineer`, or the `engineers` of a crew, of whom the first
    leads."""

    engineer = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all(), required=False)
    engineers = serializers.PrimaryKeyRelatedField(
        queryset=Engineer.objects.all(), many=True, required=False, allow_empty=False
    )
    start_at = InstantField()
    end_at = InstantField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["end_at"] <= attrs["start_at"]:
            raise serializers.ValidationError({"end_at": ["This must be later than start_at."]})
        if ("engineer" in attrs) == ("engineers" in attrs):
            raise serializers.ValidationError(
                {"engineer": ["Name one engineer, or the engineers of a crew."]}
            )
        return attrs

    @staticmethod
    def stint_of(given: dict[str, Any]) -> Stint:
        """What the service takes of one valid row."""
        crew = given.get("engineers") or [given["engineer"]]
        return Stint(tuple(engineer.pk for engineer in crew), given["start_at"], given["end_at"])


class StintsSerializer(serializers.Serializer[Any]):
    """All that is left of work that takes several days, in stints; `override_reason` as for one visit."""

    stints = serializers.ListField(child=StintSerializer(), min_length=1, max_length=MOST_STINTS)
    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.validated_data
        stints = [StintSerializer.stint_of(one) for one in given["stints"]]
        return {"stints": stints, "override_reason": given["override_reason"]}


class MoveSerializer(PlanSerializer):
    """A new engineer or time; `version` is the one you saw: 409 tells who was faster."""

    version = serializers.IntegerField(min_value=1)
    customer_agreed = serializers.BooleanField(
        default=False,
        help_text="Of a confirmed visit: the customer agreed otherwise, as override_reason tells",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is called off."""

    reason = serializers.CharField(max_length=200)


class LockSerializer(serializers.Serializer[Any]):
    """How firmly a visit is promised; releasing it needs a reason."""

    lock_level = serializers.ChoiceField(choices=LockLevel.choices)
    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class CrewPlanSerializer(serializers.Serializer[Any]):
    """Who goes together, and when."""

    engineers = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all(), many=True)
    start_at = serializers.DateTimeField()
    override_reason = serializers.CharField(max_length=500, default="", allow_blank=True)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.validated_data)
        return {"engineer_ids": [engineer.pk for engineer in facts.pop("engineers")], **facts}


class CandidatesSerializer(serializers.Serializer[Any]):
    """How to rank, and how many days ahead to look."""

    strategy = serializers.ChoiceField(choices=list(ORDERS), default="earliest", required=False)
    days = serializers.IntegerField(min_value=1, max_value=14, default=3, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=50, required=False)


class BookSerializer(serializers.Serializer[Any]):
    """The window that was chosen; a reason for one that needs it."""

    start_at = InstantField()
    end_at = InstantField()
    override_reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class RunSerializer(serializers.ModelSerializer[DispatchRun]):
    """One firing of auto-dispatch, with why and why not."""

    class Meta:
        model = DispatchRun
        fields = ["id", "work_order", "rule", "rule_version", "event", "outcome", "visit"]
        fields += ["policy_version"]
        fields += ["inputs", "explanation", "at"]
        read_only_fields = fields
