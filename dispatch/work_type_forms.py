"""Input of the pages of work types: shaped and checked, never saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainModelForm
from dispatch.models import WorkType
from dispatch.part_forms import PartLinesField, as_lines
from tickets.models import BusinessCalendar, Topic
from workforce import queries as workforce


class WorkTypeForm(PlainModelForm):
    """A kind of work, with a level for every skill of the company (0: not needed)."""

    topic = forms.ModelChoiceField(
        queryset=Topic.objects.order_by("name", "id"),
        label=_("Topic of tickets"),
        help_text=_("Tickets of this topic become work of this kind by themselves."),
        required=False,
        empty_label="–",
    )
    calendar = forms.ModelChoiceField(
        queryset=BusinessCalendar.objects.filter(is_active=True),
        label=_("Business hours"),
        help_text=_(
            "Where a site names no visiting hours, work that is not urgent is done in these. P1 and P2 are done at any"
            " time, as is all work at a site whose visiting hours are around the clock."
        ),
        required=False,
        empty_label=_("At any time"),
    )
    parts = PartLinesField(label=_("Usual parts"))
    bounds = {"duration_minutes": (1, 28_800), "crew_size": (1, 8)}

    class Meta:
        model = WorkType
        fields = [
            "code",
            "name",
            "duration_minutes",
            "may_split",
            "crew_size",
            "crew_cover",
            "topic",
            "calendar",
            "is_active",
        ]
        help_texts = {"code": _("A short name for programs and imports, such as boiler-repair.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["crew_size"].required = self.fields["crew_cover"].required = False
        if self.instance.pk:
            del self.fields["code"]
            needed = {row.skill_id: row.level for row in self.instance.work_type_skills.all()}
            usual = self.instance.work_type_parts.select_related("part")
            self.fields["parts"].initial = as_lines({row.part.code: row.quantity for row in usual})
        else:
            del self.fields["is_active"]
            self.fields["calendar"].initial = (
                BusinessCalendar.objects.filter(is_active=True).order_by("id").first()
            )
            needed = {}
        self._skills = list(workforce.skills())
        for skill in self._skills:
            self.fields[f"level_{skill.pk}"] = forms.TypedChoiceField(
                choices=[(0, "–"), *((n, str(n)) for n in range(1, 6))],
                coerce=int,
                required=False,
                label=skill.name,
                initial=needed.get(skill.pk, 0),
            )

    @property
    def levels(self) -> list[forms.BoundField]:
        """One field for each skill."""
        return [self[f"level_{skill.pk}"] for skill in self._skills]

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        names = ("code", "name", "is_active", "duration_minutes", "may_split")
        facts: dict[str, Any] = {name: values[name] for name in names if name in values}
        facts |= {name: values[name] for name in ("crew_size", "crew_cover") if values[name]}
        facts["topic_id"] = values["topic"].pk if values["topic"] else None
        facts["calendar_id"] = values["calendar"].pk if values["calendar"] else None
        levels = {skill.pk: values[f"level_{skill.pk}"] for skill in self._skills}
        facts["skills"] = {pk: level for pk, level in levels.items() if level}
        facts["parts"] = values["parts"]
        return facts
