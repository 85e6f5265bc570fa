"""Choosing who goes and planning the visit in one call."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from core.api.moments import InstantField
from dispatch import queries
from dispatch.api.serializers import VisitSerializer
from dispatch.api.telling import told_candidate, told_excluded, told_way_out
from dispatch.models import WorkOrder
from dispatch.ranking import ORDERS
from dispatch.services import Chosen
from dispatch.services.best import MOST_AHEAD, TRIES, USUAL_DAYS
from workforce import queries as workforce

MOST_TRIES = 10


class BestSerializer(serializers.Serializer[Any]):
    """All may be left out: when the visit is to begin, how to rank, how often to look again."""

    until = InstantField(
        required=False,
        help_text=f"The visit begins before; at most {MOST_AHEAD.days} days later. Default: {USUAL_DAYS} days later",
    )
    strategy = serializers.ChoiceField(choices=list(ORDERS), default="earliest", required=False)
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_TRIES,
        default=TRIES,
        required=False,
        help_text="How often to choose, when somebody else takes the time meanwhile",
    )
    override_reason = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        help_text="With a reason also who needs one is chosen when nobody else can, or who can only come late",
    )

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        begin = InstantField(required=False, help_text="The visit does not begin before. Default: now")
        return {"from": begin, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "until" in attrs and attrs["until"] <= attrs["from"]:
            raise serializers.ValidationError({"until": [_("This must be later than from, and to come.")]})
        return attrs

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        given = dict(self.validated_data)
        return {"from_at": given.pop("from", None), "tries": given.pop("limit"), **given}


class ChosenSerializer(serializers.Serializer[Any]):
    """What came of it: what was planned and why, or why nobody can."""

    visit = VisitSerializer(allow_null=True, help_text="The first of visits; null when nobody can")
    visits = VisitSerializer(many=True, help_text="All of a crew, all stints of work that takes several days")
    chosen = serializers.JSONField(
        allow_null=True, help_text="As candidates tells one, with reasons both ways; of a crew who leads"
    )
    crew = serializers.ListField(child=serializers.CharField(), help_text="Who goes together")
    tries = serializers.IntegerField(help_text="How often was chosen")
    needs_reason = serializers.JSONField(help_text="When nobody can: as candidates tells")
    excluded = serializers.JSONField(help_text="When nobody can: as candidates tells")
    ways_out = serializers.JSONField(help_text="When nobody can: as candidates tells")


def told_chosen(found: Chosen, work_order: WorkOrder | None, at: Any) -> dict[str, Any]:
    """The answer; `work_order` is read where nobody can, to tell what would help."""
    told: dict[str, Any] = {
        "visit": VisitSerializer(found.visits[0]).data if found.visits else None,
        "visits": VisitSerializer(found.visits, many=True).data,
        "chosen": told_candidate(found.candidate, _names(found)) if found.candidate else None,
        "crew": list(found.crew),
        "tries": found.tries,
        "needs_reason": [],
        "excluded": [],
        "ways_out": [],
    }
    if work_order is None:
        return told
    names = dict(workforce.skills().values_list("id", "name"))
    changes = queries.ways_out(work_order, at, found.answer, between=found.between)
    return told | {
        "needs_reason": [told_candidate(one, names) for one in found.answer.forceable],
        "excluded": told_excluded(found.answer.excluded, names),
        "ways_out": [told_way_out(change.as_json(), names) for change in changes],
    }


def _names(found: Chosen) -> dict[int, str]:
    """Names of skills, read only where a reason that was overridden speaks of one."""
    broken = found.candidate.verdict.broken if found.candidate else ()
    if not any("skill_id" in reason.facts for reason in broken):
        return {}
    return dict(workforce.skills().values_list("id", "name"))
