"""Input about working time: the week with its breaks, and extra shifts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import PlainForm
from core.moments import DayField
from core.spans import SEPARATORS, DaySpan, read_spans, write_span
from workforce import queries, rules
from workforce.models import Engineer


class WeekForm(PlainForm):
    """Hours and breaks of each weekday as people write them: 9:00–12:00, 13–17:30; and 45 min 11:30–14:00.

    When valid, `weekly` and `breaks` are what `set_shifts` takes.
    """

    def __init__(self, *args: Any, engineer: Engineer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = queries.weekly_shifts(engineer)
        unit = _("min")
        for day, name in WEEKDAYS.items():
            mine = [shift for shift in week if shift.weekday == day]
            hours = ", ".join(write_span(s.starts, s.ends) for s in mine)
            breaks = ", ".join(rules.pause_words(pause, unit) for s in mine for pause in s.breaks)
            self.fields[f"day_{day}"] = forms.CharField(
                required=False, label=name, initial=hours, max_length=100
            )
            self.fields[f"breaks_{day}"] = forms.CharField(
                required=False,
                label=_("%(day)s: breaks") % {"day": name},
                initial=breaks,
                max_length=100,
            )

    @property
    def days(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """(weekday, hours, breaks) for the page."""
        return [(str(name), self[f"day_{day}"], self[f"breaks_{day}"]) for day, name in WEEKDAYS.items()]

    def clean(self) -> dict[str, Any]:
        self.weekly: dict[int, list[DaySpan]] = {}
        self.breaks: dict[tuple[int, time], list[rules.ShiftPause]] = {}
        for day in WEEKDAYS:
            self.weekly[day] = self._read_hours(day)
            for pause in self._read_breaks(day):
                self._place(day, pause)
        return self.cleaned_data

    def _read_hours(self, day: int) -> list[DaySpan]:
        text = self.cleaned_data.get(f"day_{day}", "")
        try:
            return read_spans(text)
        except ValueError:
            wrong = _("“%(text)s” is not working time. Write it like 9:00–17:30.") % {"text": text}
            self.add_error(f"day_{day}", wrong)
            return []

    def _read_breaks(self, day: int) -> list[rules.ShiftPause]:
        text = self.cleaned_data.get(f"breaks_{day}", "")
        try:
            return [rules.read_pause(part) for part in SEPARATORS.split(text) if part.strip()]
        except ValueError:
            wrong = _("“%(text)s” is no break. Write it like 12:00–13:00, or 45 min 11:30–14:00.")
            self.add_error(f"breaks_{day}", wrong % {"text": text})
            return []

    def _place(self, day: int, pause: rules.ShiftPause) -> None:
        """Give the break to the shift that holds it."""
        for starts, ends in self.weekly[day]:
            if rules.holds_break(rules.WeeklyShift(day, starts, ends), pause):
                self.breaks.setdefault((day, starts), []).append(pause)
                return
        if self.weekly[day] or not self.has_error(f"day_{day}"):
            wrong = _("No working time of this day holds the break %(text)s. Move it inside.")
            self.add_error(f"breaks_{day}", wrong % {"text": rules.pause_words(pause, _("min"))})


class ExtraShiftForm(PlainForm):
    """Working time on one day beside the week, in the engineer's own zone."""

    day = DayField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    starts = forms.TimeField(
        label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        """What the service takes. An end at or before the start is on the next day."""
        values = self.cleaned_data
        next_day = timedelta(days=values["ends"] <= values["starts"])
        return {
            "start_at": datetime.combine(values["day"], values["starts"], tzinfo=zone),
            "end_at": datetime.combine(values["day"] + next_day, values["ends"], tzinfo=zone),
            "reason": values["reason"],
        }
