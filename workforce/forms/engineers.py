"""Input about one engineer: who, at what cost, with which skills, where, and with whom."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import queries as accounts
from core.fields import MinorField
from core.forms import PlainForm, PlainModelForm
from core.money import to_major
from workforce import queries
from workforce.enums import Liking
from workforce.models import Engineer, Skill
from workforce.services import Held


class EngineerForm(PlainModelForm):
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


class CostsForm(PlainForm):
    """What the engineer costs, and how far and how long they may be sent. Amounts are in major units."""

    max_travel_minutes = forms.IntegerField(
        label=gettext_lazy("Travel to one visit at most, in minutes"),
        help_text=gettext_lazy("Empty: as the dispatch policy says."),
        min_value=1,
        max_value=600,
        required=False,
    )
    overtime_minutes = forms.IntegerField(
        label=gettext_lazy("Overtime a shift at most, in minutes"), min_value=0, max_value=720
    )
    overtime_week_minutes = forms.IntegerField(
        label=gettext_lazy("Overtime a week at most, in minutes"),
        help_text=gettext_lazy("Empty: no limit by week."),
        min_value=0,
        max_value=5040,
        required=False,
    )
    overtime_percent = forms.IntegerField(
        label=gettext_lazy("Overtime pay, in per cent"), min_value=100, max_value=500
    )

    def __init__(self, data: Any = None, *, engineer: Engineer, currency: str) -> None:
        names = ("max_travel_minutes", "overtime_minutes", "overtime_week_minutes", "overtime_percent")
        initial: dict[str, Any] = {name: getattr(engineer, name) for name in names}
        for name in ("hour_cost_minor", "km_cost_minor"):
            initial[name] = to_major(getattr(engineer, name), currency)
        super().__init__(data, initial=initial)
        words = {"hour_cost_minor": _("Cost of an hour"), "km_cost_minor": _("Cost of a kilometre")}
        for name, label in words.items():
            self.fields[name] = MinorField(
                label=f"{label}, {currency}", currency=currency, min_value=0, max_value=20_000_000
            )
        self.order_fields([*words, *names])


class SkillsForm(PlainForm):
    """Every skill of the company with a level (0: does not have it), and the certificate's number and last
    day; those that the engineer has come first."""

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {row.skill_id: row for row in engineer.engineer_skills.all()}
        levels = [(0, "–"), *((n, str(n)) for n in range(1, 6))]
        self.skills = sorted(queries.skills(), key=lambda skill: skill.pk not in held)
        for skill in self.skills:
            row = held.get(skill.pk)
            self.fields[f"level_{skill.pk}"] = forms.TypedChoiceField(
                choices=levels, coerce=int, label=skill.name, initial=row.level if row else 0
            )
            self.fields[f"number_{skill.pk}"] = forms.CharField(
                required=False,
                max_length=80,
                label=_("%(skill)s: certificate number") % {"skill": skill.name},
                initial=row.certificate if row else "",
            )
            self.fields[f"until_{skill.pk}"] = forms.DateField(
                required=False,
                label=_("%(skill)s: certificate until") % {"skill": skill.name},
                initial=row.expires_on if row else None,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            )

    @property
    def rows(self) -> list[tuple[Skill, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """(skill, level, number, until) for the page."""
        return [
            (skill, self[f"level_{skill.pk}"], self[f"number_{skill.pk}"], self[f"until_{skill.pk}"])
            for skill in self.skills
        ]

    def held(self) -> list[Held]:
        """What the service takes."""
        found = []
        for skill in self.skills:
            level: int = self.cleaned_data[f"level_{skill.pk}"]
            until: date | None = self.cleaned_data.get(f"until_{skill.pk}")
            if level:
                found.append(Held(skill.pk, level, until, self.cleaned_data[f"number_{skill.pk}"]))
        return found


class TerritoriesForm(PlainForm):
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


class PairForm(PlainForm):
    """Whom the engineer goes well with, or never."""

    liking = forms.ChoiceField(label=gettext_lazy("Together"), choices=Liking.choices)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["colleague"] = forms.ModelChoiceField(
            label=_("Engineer"), queryset=queries.active_engineers().exclude(pk=engineer.pk)
        )
        self.order_fields(["colleague", "liking", "reason"])

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        facts = dict(self.cleaned_data)
        return {"other_id": facts.pop("colleague").pk, **facts}
