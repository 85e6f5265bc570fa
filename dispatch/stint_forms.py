"""The stints of work that takes several days, typed by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm
from core.moments import InstantField
from dispatch.forms import CrewChoice, EngineerChoice
from dispatch.services import Stint
from dispatch.stints import MOST_STINTS


class StintsForm(PlainForm):
    """The stints of work that takes several days: who, from when, for how many minutes; one row for each. With
    `is_crew` several go in each."""

    count = forms.IntegerField(min_value=1, max_value=MOST_STINTS, widget=forms.HiddenInput)
    override_reason = forms.CharField(label=_("Reason, if a rule is broken"), required=False, max_length=500)

    def __init__(
        self, data: Any = None, *, initial: dict[str, Any] | None = None, is_crew: bool = False
    ) -> None:
        super().__init__(data, initial=initial)
        self.is_crew = is_crew
        given = str((data or initial or {}).get("count", "1"))
        known = min(MOST_STINTS, max(1, int(given))) if given.isdecimal() else 1
        self.rows: list[tuple[forms.BoundField, ...]] = []
        for number in range(known):
            self.fields[f"engineer_{number}"] = CrewChoice() if is_crew else EngineerChoice()
            self.fields[f"start_{number}"] = InstantField(label=_("Start"))
            self.fields[f"minutes_{number}"] = forms.IntegerField(
                label=_("Minutes"), min_value=1, max_value=1440
            )
            names = (f"engineer_{number}", f"start_{number}", f"minutes_{number}")
            self.rows.append(tuple(self[name] for name in names))

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        stints = []
        for number in range(len(self.rows)):
            start = values[f"start_{number}"]
            end = start + timedelta(minutes=values[f"minutes_{number}"])
            who = values[f"engineer_{number}"]
            ids = tuple(engineer.pk for engineer in who) if self.is_crew else (who.pk,)
            stints.append(Stint(ids, start, end))
        return {"stints": stints, "override_reason": values["override_reason"]}
