"""Input of the notices' pages: shaped and checked, never saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import queries as accounts
from core.calendars import WEEKDAYS
from core.forms import PlainForm
from core.moments import DayField, InstantField
from notices import rules
from notices.enums import MailWish
from notices.models import OwnHours
from notices.registry import known_kinds


class WishesForm(PlainForm):
    """When and how one wants to be told. `weekly` and `kinds` hold what `set_own_hours` takes."""

    any_time = forms.BooleanField(
        label=gettext_lazy("At any time"),
        required=False,
        help_text=gettext_lazy("Day and night, and at weekends; the hours below do not count then."),
    )
    mail = forms.ChoiceField(
        label=gettext_lazy("By e-mail"), choices=MailWish.choices, widget=forms.RadioSelect
    )
    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me when"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, own: OwnHours | None, **kwargs: Any) -> None:
        kinds = known_kinds()
        chosen = own.kinds if own else {}
        initial = {
            "any_time": own is not None and not own.weekly,
            "mail": own.mail if own else MailWish.WARNINGS,
            "wanted": [code for code, kind in kinds.items() if chosen.get(code, kind.is_wanted)],
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["wanted"].choices = [  # type: ignore[attr-defined]
            (code, kind.label) for code, kind in kinds.items()
        ]
        weekly = (own.weekly if own else None) or rules.USUAL_HOURS
        for number, day in enumerate(WEEKDAYS):
            self.fields[day] = forms.CharField(
                label=DAY_NAMES[number],
                required=False,
                max_length=100,
                initial=rules.write_hours(weekly.get(day, ())),
            )

    def days(self) -> list[forms.BoundField]:
        """The fields of the week, in order."""
        return [self[day] for day in WEEKDAYS]

    def clean(self) -> dict[str, Any]:
        facts = self.cleaned_data
        self.weekly: dict[str, list[list[str]]] = {}
        for day in () if facts.get("any_time") else WEEKDAYS:
            text = facts.get(day, "")
            try:
                self.weekly[day] = rules.read_hours(text)
            except ValueError:
                message = _("“%(text)s” are no hours. Write them like 9:00–17:30.")
                self.add_error(day, ValidationError(message, params={"text": text}))
        wanted = set(facts.get("wanted", ()))
        self.kinds = {code: code in wanted for code in known_kinds()}
        return facts


class DutyForm(PlainForm):
    """A time on call, in the tenant's time zone."""

    membership_id = forms.TypedChoiceField(
        label=gettext_lazy("Person"),
        coerce=int,
        error_messages={"invalid_choice": gettext_lazy("Choose the person.")},
    )
    from_at = InstantField()
    until_at = InstantField()
    every_weeks = forms.TypedChoiceField(label=gettext_lazy("Comes again"), coerce=int, initial=0)
    last_on = DayField(
        label=gettext_lazy("Last begins on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Only for a time that comes again. Empty means that it goes on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = accounts.members().filter(is_active=True)
        weeks = [(n, ngettext("every week", "every %(n)s weeks", n) % {"n": n}) for n in range(1, 13)]
        self.fields["membership_id"].choices = [(m.pk, str(m)) for m in people]  # type: ignore[attr-defined]
        self.fields["every_weeks"].choices = [(0, _("once")), *weeks]  # type: ignore[attr-defined]
        self.fields["from_at"].label = _("From")
        self.fields["until_at"].label = _("Until")
