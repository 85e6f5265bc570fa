"""Shapes of planning on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.moments import InstantField
from core.api.reading import ReadSerializer
from planning.enums import RunKind
from planning.models import PlanChange, PlanRun
from workforce.models import Territory


class PlanRunSerializer(ReadSerializer[PlanRun]):
    """A planning run. `figures` compares before and after once there is a proposal."""

    reference = serializers.CharField(source="__str__", read_only=True)
    open_changes = serializers.IntegerField(read_only=True)

    class Meta:
        model = PlanRun
        fields = ["id", "reference", "kind", "territory", "from_at", "until", "state", "progress"]
        fields += ["seed", "steps", "budget_seconds", "policy_version", "figures", "problem", "open_changes"]
        fields += ["asked_by", "asked_at", "started_at", "ended_at", "with_overtime"]


class PlanChangeSerializer(ReadSerializer[PlanChange]):
    """What a run proposes for one work order. `reasons` are codes with facts; `ways_out` the smallest changes that
    would help work that stays undone, null where nobody has looked yet (`ways-out` of the run looks)."""

    class Meta:
        model = PlanChange
        fields = [
            "id",
            "work_order",
            "visit",
            "kind",
            "state",
            "from_engineer",
            "from_start_at",
            "to_engineer",
        ]
        fields += [
            "to_start_at",
            "to_end_at",
            "travel_minutes",
            "late_minutes",
            "crew_key",
            "reasons",
            "ways_out",
        ]
        fields += ["decided_by", "decided_at"]


class NewPlanRunSerializer(serializers.Serializer[Any]):
    """What to plan. `steps` above 0 searches so many steps a round instead of seconds: always the same plan.
    `with_overtime` allows what each engineer may work beyond the shift, where the policy leaves that to a person."""

    from_at = InstantField()
    until = InstantField()
    kind = serializers.ChoiceField(choices=RunKind.choices, default=RunKind.BUILD)
    territory = serializers.PrimaryKeyRelatedField(
        queryset=Territory.objects.all(), required=False, allow_null=True, default=None
    )
    budget_seconds = serializers.IntegerField(min_value=1, max_value=600, default=5)
    steps = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=1)
    with_overtime = serializers.BooleanField(default=False)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.validated_data)
        territory = given.pop("territory")
        return {**given, "territory_id": territory.pk if territory else None}


class DecideSerializer(serializers.Serializer[Any]):
    """Which rows: none named means all that are open."""

    changes = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, allow_empty=False, max_length=10_000
    )
