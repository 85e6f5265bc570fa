"""Input of the engineers' pages: shaped and checked, never saved."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import queries as accounts
from core.spans import read_spans
from workforce import queries
from workforce.models import Absence, Engineer, Skill, Territory
from workforce.services import Held


class EngineerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who the engineer is, where the day starts, and which member they sign in as."""

    membership = forms.ModelChoiceField(
        queryset=accounts.members(), required=False, label=gettext_lazy("Signs in as")
    )

    class Meta:
        model = Engineer
        fields = ["name", "phone", "email", "membership", "provider"]
        fields += ["home_latitude", "home_longitude", "time_zone", "is_active"]
        labels = {
            "provider": gettext_lazy("Provider"),
            "home_latitude": gettext_lazy("Home base: latitude"),
            "home_longitude": gettext_lazy("Home base: longitude"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [("", _("The company's zone")), *((zone, zone) for zone in sorted(available_timezones()))]
        self.fields["time_zone"] = forms.ChoiceField(
            choices=zones, required=False, label=gettext_lazy("Time zone")
        )

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        for name in ("membership", "provider"):
            thing = facts.pop(name, None)
            facts[f"{name}_id"] = thing.pk if thing else None
        return facts


class SkillsForm(forms.Form):
    """Every skill of the company with a level (0: does not have it) and the certificate's last day."""

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {row.skill_id: row for row in engineer.engineer_skills.all()}
        levels = [(0, "–"), *((n, str(n)) for n in range(1, 6))]
        self.skills = list(queries.skills())
        for skill in self.skills:
            row = held.get(skill.pk)
            self.fields[f"level_{skill.pk}"] = forms.TypedChoiceField(
                choices=levels, coerce=int, label=skill.name, initial=row.level if row else 0
            )
            self.fields[f"until_{skill.pk}"] = forms.DateField(
                required=False,
                label=_("%(skill)s: certificate until") % {"skill": skill.name},
                initial=row.expires_on if row else None,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            )

    @property
    def rows(self) -> list[tuple[Skill, forms.BoundField, forms.BoundField]]:
        """(skill, level, until) for the page."""
        return [(skill, self[f"level_{skill.pk}"], self[f"until_{skill.pk}"]) for skill in self.skills]

    def held(self) -> list[Held]:
        """What the service takes."""
        found = []
        for skill in self.skills:
            level: int = self.cleaned_data[f"level_{skill.pk}"]
            until: date | None = self.cleaned_data.get(f"until_{skill.pk}")
            if level:
                found.append(Held(skill.pk, level, until))
        return found


class WeekForm(forms.Form):
    """Working hours of each weekday as people write them: 9:00–17:30, 19–21."""

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week: dict[int, list[str]] = {}
        for shift in engineer.shifts.all():
            week.setdefault(shift.weekday, []).append(f"{shift.starts:%H:%M}–{shift.ends:%H:%M}")
        for day, name in WEEKDAYS.items():
            self.fields[f"day_{day}"] = forms.CharField(
                required=False, label=name, initial=", ".join(week.get(day, [])), max_length=100
            )

    def clean(self) -> dict[str, Any]:
        self.weekly: dict[int, list[tuple[time, time]]] = {}
        for day in WEEKDAYS:
            text = self.cleaned_data.get(f"day_{day}", "")
            try:
                self.weekly[day] = read_spans(text)
            except ValueError:
                self.add_error(
                    f"day_{day}",
                    ValidationError(
                        _("“%(text)s” is not working time. Write it like 9:00–17:30."), params={"text": text}
                    ),
                )
        return self.cleaned_data


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A time when the engineer cannot be sent."""

    class Meta:
        model = Absence
        fields = ["start_at", "end_at", "reason"]
        labels = {
            "start_at": gettext_lazy("From"),
            "end_at": gettext_lazy("Until"),
            "reason": gettext_lazy("Reason"),
        }
        widgets = {
            name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            for name in ("start_at", "end_at")
        }

    def clean(self) -> dict[str, Any]:
        facts = self.cleaned_data
        start, end = facts.get("start_at"), facts.get("end_at")
        if start and end and end <= start:
            self.add_error("end_at", _("This must be later than the start."))
        return facts


class TerritoriesForm(forms.Form):
    """Which territories the engineer covers."""

    territories = forms.ModelMultipleChoiceField(
        queryset=queries.territories(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Territories"),
    )

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"territories": list(engineer.territories.all())})
        super().__init__(*args, **kwargs)


class SkillForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something engineers can be able to do."""

    class Meta:
        model = Skill
        fields = ["code", "name"]


class TerritoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A named set of areas."""

    areas = forms.CharField(
        label=gettext_lazy("Areas"),
        help_text=gettext_lazy("As sites name them, separated by commas."),
        max_length=2000,
    )

    class Meta:
        model = Territory
        fields = ["code", "name"]

    def area_list(self) -> list[str]:
        """What the service takes."""
        return [part for part in re.split(r"[,、，\n]", self.cleaned_data["areas"]) if part.strip()]


class TerritoryEditForm(TerritoryForm):
    """A territory as it is, without its code, which programs know it by."""

    class Meta(TerritoryForm.Meta):
        fields = ["name"]

    def __init__(self, data: Any = None, *, instance: Territory) -> None:
        super().__init__(data, instance=instance, initial={"areas": ", ".join(instance.areas)})
