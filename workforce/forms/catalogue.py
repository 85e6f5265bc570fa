"""Input about skills, territories, providers and crews."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import PlainModelForm
from workforce import queries
from workforce.models import Crew, Engineer, Provider, Skill, Territory


class SkillForm(PlainModelForm):
    """Something engineers can be able to do."""

    class Meta:
        model = Skill
        fields = ["code", "name"]


class TerritoryForm(PlainModelForm):
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


class ProviderForm(PlainModelForm):
    """A provider, its terms, and the scope of the work it may be given. Its code is given once."""

    bounds = {"accept_minutes": (1, 10_080), "visits_a_day": (1, 1_000)}

    class Meta:
        model = Provider
        fields = ["code", "name", "email", "phone", "accept_minutes", "visits_a_day", "is_active"]
        fields += ["skills", "territories"]
        labels = {
            "skills": gettext_lazy("Work that needs"),
            "territories": gettext_lazy("In the territories"),
            "is_active": gettext_lazy("Active"),
        }
        help_texts = {
            "code": gettext_lazy("A short name for programs, such as partnerworks. It stays."),
            "accept_minutes": gettext_lazy("Then the offer goes to the next provider."),
            "visits_a_day": gettext_lazy("Empty: no bound."),
            "skills": gettext_lazy("None chosen means any."),
            "territories": gettext_lazy("None chosen means everywhere."),
        }
        widgets = {
            "skills": forms.CheckboxSelectMultiple,
            "territories": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("skills", "territories"):
            self.fields[name].required = False
        if self.instance.pk:
            del self.fields["code"]
        else:
            del self.fields["is_active"]

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        facts = dict(self.cleaned_data)
        skills, territories = facts.pop("skills"), facts.pop("territories")
        return {
            **facts,
            "skill_ids": [skill.pk for skill in skills],
            "territory_ids": [territory.pk for territory in territories],
        }


class CrewForm(PlainModelForm):
    """A crew with its engineers and who leads. Its code is given once."""

    members = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Engineers"),
        queryset=Engineer.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    lead = forms.ModelChoiceField(
        label=gettext_lazy("Leads"),
        queryset=Engineer.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody in particular"),
    )

    class Meta:
        model = Crew
        fields = ["code", "name", "is_active"]
        help_texts = {"code": gettext_lazy("A short name for programs, such as lift-team. It stays.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        crew: Crew = self.instance
        chosen = list(crew.crew_members.all()) if crew.pk else []
        mine = [row.engineer_id for row in chosen]
        people = queries.active_engineers() | Engineer.objects.filter(pk__in=mine)
        for name in ("members", "lead"):
            self.fields[name].queryset = people.distinct()  # type: ignore[attr-defined]
        self.fields["members"].initial = mine
        self.fields["lead"].initial = next((row.engineer_id for row in chosen if row.is_lead), None)
        del self.fields["code" if crew.pk else "is_active"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        lead, members = values.get("lead"), values.get("members")
        if lead and members is not None and lead not in members:
            self.add_error("lead", _("Who leads must be of the crew. Choose one of its engineers."))
        return values

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        facts = dict(self.cleaned_data)
        members, lead = facts.pop("members"), facts.pop("lead")
        return {
            **facts,
            "member_ids": [engineer.pk for engineer in members],
            "lead_id": lead.pk if lead else None,
        }
