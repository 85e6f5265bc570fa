"""What an engineer types or takes on the phone, checked and shaped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from core.forms import PlainForm
from delivery.enums import ItemKind, PhotoKind, SignatureOutcome
from delivery.models import Checklist
from delivery.photos import MOST_BYTES
from delivery.rules import DELAYS
from inventory import queries as stock
from inventory.models import Part

NOBODY = "nobody"
REASONS = [
    (NOBODY, _("Nobody there")),
    ("part", _("A part is missing")),
    ("time", _("It takes longer")),
    ("unsafe", _("It is not safe")),
    ("other", _("Something else")),
]


class PartForm(PlainForm):
    """A part by its code, and how many."""

    code = forms.CharField(label=_("Part number"), max_length=60)
    quantity = forms.DecimalField(
        label=_("Quantity"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3, initial=1
    )

    def clean_code(self) -> Part:
        part = stock.find_part_by_code(self.cleaned_data["code"])
        if part is None:
            raise forms.ValidationError(
                _("There is no part %(code)s. Look at the label again, or ask the storekeeper."),
                params={"code": self.cleaned_data["code"]},
            )
        return part


class StepperForm(PlainForm):
    """One more or one less of a part."""

    part = forms.ModelChoiceField(queryset=Part.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].queryset = stock.parts()  # type: ignore[attr-defined]


class PhotoForm(PlainForm):
    """A picture and when it was taken."""

    photo = forms.FileField(label=_("Photo"), allow_empty_file=True)
    kind = forms.ChoiceField(choices=PhotoKind.choices)
    item_id = forms.IntegerField(required=False)

    def clean_photo(self) -> File[bytes]:
        photo: File[bytes] = self.cleaned_data["photo"]
        if (photo.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                _("The photo is larger than 20 MB. Choose a smaller size in the camera.")
            )
        return photo


class SignForm(PlainForm):
    """The customer's name with a drawing, or why nothing is drawn; and why they sign before the checklist is done."""

    signer_name = forms.CharField(
        label=_("Name of the person who signs"),
        max_length=120,
        error_messages={"required": _("Write the name of the person who signs.")},
    )
    signature = forms.CharField(required=False, max_length=300_000, widget=forms.HiddenInput)
    why_undrawn = forms.CharField(
        label=_("Why is there only the name?"),
        help_text=_("Only for somebody who cannot draw here."),
        max_length=140,
        required=False,
    )
    why_open = forms.CharField(
        label=_("Why sign before these are done?"),
        max_length=140,
        error_messages={"required": _("The checklist is not done yet. Do it first, or say why not.")},
    )

    def __init__(self, *args: Any, has_open_steps: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_open_steps:
            del self.fields["why_open"]

    @property
    def reason(self) -> str:
        """What is said beside the name; empty when nothing needs saying."""
        given = (self.cleaned_data.get(name, "") for name in ("why_open", "why_undrawn"))
        return "; ".join(text for text in given if text)


class NoSignatureForm(PlainForm):
    """Why nobody signs."""

    outcome = forms.ChoiceField(
        label=_("Why is there no signature?"),
        choices=[(c.value, c.label) for c in (SignatureOutcome.ABSENT, SignatureOutcome.REFUSED)],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("In a few words"), max_length=300)


class FinishForm(PlainForm):
    """What the office should know, and why another visit is needed, if one is."""

    remarks = forms.CharField(
        label=_("Remarks for the office"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    follow_up = forms.CharField(
        label=_("Another visit is needed because"),
        help_text=_("Leave it empty when the work is finished."),
        max_length=200,
        required=False,
    )


class GiveUpForm(PlainForm):
    """Why the work could not be completed."""

    why = forms.ChoiceField(label=_("What is in the way?"), choices=REASONS, widget=forms.RadioSelect)
    detail = forms.CharField(
        label=_("What should the next engineer know?"),
        max_length=150,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("why") == "other" and not cleaned.get("detail"):
            self.add_error("detail", _("Say what is in the way."))
        return cleaned

    @property
    def is_no_show(self) -> bool:
        """Whether nobody was there."""
        return bool(self.cleaned_data["why"] == NOBODY)

    @property
    def reason(self) -> str:
        """The choice in words, with the detail."""
        word, detail = str(dict(REASONS)[self.cleaned_data["why"]]), self.cleaned_data["detail"]
        if self.cleaned_data["why"] == "other":
            return str(detail)
        return f"{word}: {detail}" if detail else word


class NoShowForm(PlainForm):
    """What the dispatcher was told of a visit where nobody was."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class DelayForm(PlainForm):
    """By how many minutes the engineer will be late."""

    minutes = forms.TypedChoiceField(coerce=int, choices=[(n, n) for n in DELAYS])


class ChecklistForm(PlainForm):
    """What the procedure is called; `after_version` is the version its writer saw."""

    name = forms.CharField(label=_("Name"), max_length=120)
    after_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


def _small(kind: type[forms.Widget]) -> forms.Widget:
    return kind({"class": "input", "size": 6} if kind is forms.TextInput else {"class": "input"})


def _limit(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=12,
        decimal_places=3,
        required=False,
        widget=forms.NumberInput({"class": "input", "step": "any"}),
    )


class StepForm(PlainForm):
    """One step. A step without words is left out; steps go by their number."""

    position = forms.IntegerField(
        label=_("Number"), min_value=1, max_value=999, required=False, widget=_small(forms.NumberInput)
    )
    label = forms.CharField(
        label=_("Step"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"class": "input", "size": 40}),
    )
    kind = forms.ChoiceField(
        label=_("Answer"), choices=ItemKind.choices, required=False, widget=_small(forms.Select)
    )
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False, widget=_small(forms.TextInput))
    minimum = _limit(_("Least"))
    maximum = _limit(_("Most"))
    is_required = forms.BooleanField(label=_("Required"), required=False)


BLANK_STEPS = 4
MOST_STEPS = 200
StepFormSet = forms.formset_factory(StepForm, extra=0, max_num=MOST_STEPS, validate_max=True)


def steps_of(checklist: Checklist | None) -> list[dict[str, Any]]:
    """What a page of steps starts with: those of the version, then blank ones."""
    names = ("label", "kind", "unit", "minimum", "maximum", "is_required")
    items = list(checklist.items.all()) if checklist else []
    known = [
        {"position": n, **{name: _plain(getattr(item, name)) for name in names}}
        for n, item in enumerate(items, 1)
    ]
    blank = {"kind": ItemKind.CHECK, "is_required": True}
    return known + [{"position": len(known) + n, **blank} for n in range(1, BLANK_STEPS + 1)]


def _plain(value: Any) -> Any:
    """A limit without the zeros that its column adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def items_of(steps: Any) -> list[dict[str, Any]]:
    """What the service takes, from a valid set of steps."""
    written = [step.cleaned_data for step in steps if step.cleaned_data.get("label", "").strip()]
    written.sort(key=lambda step: step.get("position") or MOST_STEPS * 10)
    return [
        {
            "label": step["label"].strip(),
            "kind": step["kind"] or ItemKind.CHECK,
            "is_required": step["is_required"],
            **(_reading(step) if step["kind"] == ItemKind.READING else {}),
        }
        for step in written
    ]


def _reading(step: dict[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in ("unit", "minimum", "maximum")}
