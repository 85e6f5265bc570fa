"""Shapes of engineers, their time, providers and crews on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.enums import Permission
from core.api.reading import ReadSerializer
from workforce.enums import Liking
from workforce.models import (
    Absence,
    CapacityRule,
    Crew,
    Engineer,
    EngineerPair,
    EngineerSkill,
    ExtraShift,
    Provider,
    Shift,
    ShiftBreak,
    Skill,
    Territory,
)
from workforce.services import Held, ShiftPause

COSTS = ("hour_cost_minor", "km_cost_minor", "overtime_percent")
"""Told to those who may change engineers, or see settlement."""


class SkillSerializer(ReadSerializer[Skill]):
    """Something an engineer can do."""

    class Meta:
        model = Skill
        fields = ["id", "code", "name", "updated_at"]
        read_only_fields = ["id", "updated_at"]


class ChangeSkillSerializer(serializers.Serializer[Any]):
    """What may be changed of a skill."""

    code = serializers.SlugField(max_length=40, required=False)
    name = serializers.CharField(max_length=120, required=False)


class TerritorySerializer(ReadSerializer[Territory]):
    """A set of areas, as sites name them."""

    class Meta:
        model = Territory
        fields = ["id", "code", "name", "areas"]
        read_only_fields = ["id"]


class HeldSerializer(serializers.ModelSerializer[EngineerSkill]):
    """A skill somebody has; `expires_on` is the last day that its certificate holds."""

    skill = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all())
    code = serializers.CharField(source="skill.code", read_only=True)

    class Meta:
        model = EngineerSkill
        fields = ["skill", "code", "level", "certificate", "expires_on"]


class BreakSerializer(serializers.ModelSerializer[ShiftBreak]):
    """A break of the shift: so long, begun between two local times."""

    minutes = serializers.IntegerField(min_value=1, max_value=240)

    class Meta:
        model = ShiftBreak
        fields = ["earliest", "latest", "minutes"]


class ShiftSerializer(serializers.ModelSerializer[Shift]):
    """Weekly working time, local wall clock; an end at or before the start is overnight."""

    weekday = serializers.IntegerField(min_value=0, max_value=6)
    breaks = BreakSerializer(many=True, required=False)

    class Meta:
        model = Shift
        fields = ["weekday", "starts", "ends", "breaks"]


class EngineerSerializer(serializers.ModelSerializer[Engineer]):
    """A person who can be sent, with everything but their absences and extra shifts.

    Costs are in minor units of the company's currency, and told only to those who may change engineers.
    """

    provider: Any = serializers.PrimaryKeyRelatedField(
        queryset=Provider.objects.all(), required=False, allow_null=True
    )
    skills = HeldSerializer(source="engineer_skills", many=True, required=False)
    shifts = ShiftSerializer(many=True, required=False)
    territories = serializers.PrimaryKeyRelatedField(
        queryset=Territory.objects.all(), many=True, required=False
    )

    class Meta:
        model = Engineer
        fields = ["id", "name", "phone", "email", "is_active", "time_zone", "home_latitude"]
        fields += ["home_longitude", "provider", "max_travel_minutes", "overtime_minutes"]
        fields += ["overtime_week_minutes", "overtime_percent", "hour_cost_minor", "km_cost_minor"]
        fields += ["skills", "territories", "shifts", "updated_at"]
        read_only_fields = ["id", "updated_at"]

    def to_representation(self, instance: Engineer) -> dict[str, Any]:
        told = super().to_representation(instance)
        actor = self.context.get("actor")
        if actor and not (actor.can(Permission.WORKFORCE_EDIT) or actor.can(Permission.SETTLEMENT_VIEW)):
            for name in COSTS:
                told.pop(name)
        return told

    def plain(self) -> dict[str, Any]:
        """What create and update take."""
        nested = ("engineer_skills", "shifts", "territories", "provider")
        facts = {key: value for key, value in self.validated_data.items() if key not in nested}
        if "provider" in self.validated_data:
            provider = self.validated_data["provider"]
            facts["provider_id"] = provider.pk if provider else None
        return facts

    def held(self) -> list[Held] | None:
        """What set_engineer_skills takes, or None when not given."""
        rows = self.validated_data.get("engineer_skills")
        if rows is None:
            return None
        return [
            Held(row["skill"].pk, row.get("level", 1), row.get("expires_on"), row.get("certificate", ""))
            for row in rows
        ]

    def week(self) -> dict[str, Any] | None:
        """What set_shifts takes (`weekly`, `breaks`), or None when not given."""
        rows = self.validated_data.get("shifts")
        if rows is None:
            return None
        weekly: dict[int, list[Any]] = {}
        breaks: dict[tuple[int, Any], list[ShiftPause]] = {}
        for row in rows:
            weekly.setdefault(row["weekday"], []).append((row["starts"], row["ends"]))
            breaks[row["weekday"], row["starts"]] = [ShiftPause(**one) for one in row.get("breaks", ())]
        return {"weekly": weekly, "breaks": breaks}

    def territory_ids(self) -> list[int] | None:
        """What assign_territories takes, or None when not given."""
        rows = self.validated_data.get("territories")
        return None if rows is None else [territory.pk for territory in rows]


class AbsenceSerializer(ReadSerializer[Absence]):
    """When an engineer cannot be sent. `engineer` is given once, when it is made."""

    engineer: Any = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all())

    class Meta:
        model = Absence
        fields = ["id", "engineer", "start_at", "end_at", "reason"]
        read_only_fields = ["id"]


class ExtraShiftSerializer(ReadSerializer[ExtraShift]):
    """Working time beside the week, 24 hours at most."""

    engineer: Any = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all())

    class Meta:
        model = ExtraShift
        fields = ["id", "engineer", "start_at", "end_at", "reason"]
        read_only_fields = ["id"]


class PairSerializer(serializers.ModelSerializer[EngineerPair]):
    """Two engineers who go well together, or never; which of them is named first does not matter."""

    engineer: Any = serializers.PrimaryKeyRelatedField(source="first", queryset=Engineer.objects.all())
    colleague: Any = serializers.PrimaryKeyRelatedField(source="second", queryset=Engineer.objects.all())
    liking = serializers.ChoiceField(choices=Liking.choices)

    class Meta:
        model = EngineerPair
        fields = ["id", "engineer", "colleague", "liking", "reason"]
        read_only_fields = ["id"]
        validators: list[Any] = []


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A downstream company with its terms and scope; no skill or territory means any."""

    skills = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all(), many=True, required=False)
    territories = serializers.PrimaryKeyRelatedField(
        queryset=Territory.objects.all(), many=True, required=False
    )

    class Meta:
        model = Provider
        fields = ["id", "code", "name", "email", "phone", "accept_minutes", "visits_a_day"]
        fields += ["is_active", "skills", "territories"]
        read_only_fields = ["id"]

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        facts = dict(self.validated_data)
        for name, ids in (("skills", "skill_ids"), ("territories", "territory_ids")):
            if name in facts:
                facts[ids] = [row.pk for row in facts.pop(name)]
        return facts


class CrewSerializer(serializers.ModelSerializer[Crew]):
    """Engineers who usually go together; `lead` is one of the members or null."""

    members: Any = serializers.PrimaryKeyRelatedField(queryset=Engineer.objects.all(), many=True)
    lead: Any = serializers.PrimaryKeyRelatedField(
        queryset=Engineer.objects.all(), required=False, allow_null=True, write_only=True
    )

    class Meta:
        model = Crew
        fields = ["id", "code", "name", "is_active", "members", "lead"]
        read_only_fields = ["id"]

    def to_representation(self, instance: Crew) -> dict[str, Any]:
        rows = list(instance.crew_members.all())
        return {
            "id": instance.pk,
            "code": instance.code,
            "name": instance.name,
            "is_active": instance.is_active,
            "members": [row.engineer_id for row in rows],
            "lead": next((row.engineer_id for row in rows if row.is_lead), None),
        }

    def facts(self) -> dict[str, Any]:
        """What the services take; the lead is said together with the members."""
        facts = dict(self.validated_data)
        lead = facts.pop("lead", None)
        if "members" in facts:
            facts["member_ids"] = [engineer.pk for engineer in facts.pop("members")]
            facts["lead_id"] = lead.pk if lead else None
        return facts


class CapacityRuleSerializer(ReadSerializer[CapacityRule]):
    """What share of the working time is kept free; null stands for every territory, skill or weekday."""

    territory: Any = serializers.PrimaryKeyRelatedField(
        queryset=Territory.objects.all(), required=False, allow_null=True
    )
    skill: Any = serializers.PrimaryKeyRelatedField(
        queryset=Skill.objects.all(), required=False, allow_null=True
    )
    weekday = serializers.IntegerField(min_value=0, max_value=6, required=False, allow_null=True)
    up_to_priority = serializers.IntegerField(min_value=1, max_value=4, required=False)

    class Meta:
        model = CapacityRule
        fields = ["id", "territory", "skill", "weekday", "reserve_percent", "up_to_priority"]
        fields += ["released_hours", "max_minutes"]
        read_only_fields = ["id"]
        validators: list[Any] = []

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        facts = dict(self.validated_data)
        for name in ("territory", "skill"):
            if name in facts:
                thing = facts.pop(name)
                facts[f"{name}_id"] = thing.pk if thing else None
        return facts
