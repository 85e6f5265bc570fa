"""Shapes of engineers and skills on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.reading import ReadSerializer
from workforce.models import Engineer, EngineerSkill, Shift, Skill, Territory
from workforce.services import Held


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


class HeldSerializer(serializers.ModelSerializer[EngineerSkill]):
    """A skill somebody has."""

    skill = serializers.PrimaryKeyRelatedField(queryset=Skill.objects.all())
    code = serializers.CharField(source="skill.code", read_only=True)

    class Meta:
        model = EngineerSkill
        fields = ["skill", "code", "level", "expires_on"]


class ShiftSerializer(serializers.ModelSerializer[Shift]):
    """Weekly working time, local wall clock; an end at or before the start is overnight."""

    weekday = serializers.IntegerField(min_value=0, max_value=6)

    class Meta:
        model = Shift
        fields = ["weekday", "starts", "ends"]


class EngineerSerializer(serializers.ModelSerializer[Engineer]):
    """A person who can be sent, with everything."""

    skills = HeldSerializer(source="engineer_skills", many=True, required=False)
    shifts = ShiftSerializer(many=True, required=False)
    territories = serializers.PrimaryKeyRelatedField(
        queryset=Territory.objects.all(), many=True, required=False
    )

    class Meta:
        model = Engineer
        fields = ["id", "name", "phone", "email", "is_active", "time_zone", "home_latitude"]
        fields += ["home_longitude", "provider", "skills", "territories", "shifts", "updated_at"]
        read_only_fields = ["id", "provider", "updated_at"]

    def plain(self) -> dict[str, Any]:
        """What create and update take."""
        nested = ("engineer_skills", "shifts", "territories")
        return {key: value for key, value in self.validated_data.items() if key not in nested}

    def held(self) -> list[Held] | None:
        """What set_engineer_skills takes, or None when not given."""
        rows = self.validated_data.get("engineer_skills")
        if rows is None:
            return None
        return [Held(row["skill"].pk, row.get("level", 1), row.get("expires_on")) for row in rows]

    def weekly(self) -> dict[int, list[Any]] | None:
        """What set_shifts takes, or None when not given."""
        rows = self.validated_data.get("shifts")
        if rows is None:
            return None
        week: dict[int, list[Any]] = {}
        for row in rows:
            week.setdefault(row["weekday"], []).append((row["starts"], row["ends"]))
        return week

    def territory_ids(self) -> list[int] | None:
        """What assign_territories takes, or None when not given."""
        rows = self.validated_data.get("territories")
        return None if rows is None else [territory.pk for territory in rows]
