"""What pages with forms share: a service's refusal in its form, and what is wrong told in the product's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _

from core.errors import BadInput, Refusal

DIGITS = ("max_digits", "max_decimal_places", "max_whole_digits")
CHOSEN = (forms.ChoiceField, forms.FileField, forms.BooleanField)


def tell(form: forms.BaseForm, problem: Refusal) -> None:
    """Show a service's refusal in the form, beside its field where it names one."""
    errors = problem.errors if isinstance(problem, BadInput) else {}
    placed = {name: texts for name, texts in errors.items() if name in form.fields}
    for name, texts in placed.items():
        form.add_error(name, texts)
    if not placed:
        form.add_error(None, problem.message)


if TYPE_CHECKING:
    _Words = forms.BaseForm
else:
    _Words = object


class PlainWords(_Words):
    """Tells what is wrong with which field, and the way out, where a field has only the framework's own words.

    `bounds` are those of fields made of a model's columns: name → (least, most), as the field's label counts.
    """

    bounds: ClassVar[dict[str, tuple[int, int]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.bounds.keys() & self.fields.keys():
            _bound(self.fields[name], *self.bounds[name])

    def full_clean(self) -> None:
        for name, field in self.fields.items():
            _tell_plainly(field, str(field.label or name.replace("_", " ")))
        super().full_clean()


class PlainForm(PlainWords, forms.Form):
    """A form that tells what is wrong in the product's words."""


class PlainModelForm(PlainWords, forms.ModelForm):  # type: ignore[type-arg]
    """A form about one row that tells what is wrong in the product's words."""


def _bound(field: forms.Field, least: int, most: int) -> None:
    field.validators = [
        *(one for one in field.validators if getattr(one, "code", None) not in ("min_value", "max_value")),
        MinValueValidator(least),
        MaxValueValidator(most),
    ]
    field.widget.attrs |= {"min": least, "max": most}


def _tell_plainly(field: forms.Field, label: str) -> None:
    for code, text in _texts(field, label).items():
        if _is_frameworks(field, code):
            field.error_messages[code] = text


def _is_frameworks(field: forms.Field, code: str) -> bool:
    """Whether neither the field nor its class, where that is ours, says it in words of its own."""
    if code in DIGITS:
        return isinstance(field, forms.DecimalField) and code not in field.error_messages
    if code in field.error_messages:
        classes = (one for one in type(field).__mro__ if code in vars(one).get("default_error_messages", ()))
        first = next(classes, None)
        return (
            first is not None
            and first.__module__.startswith("django.")
            and str(field.error_messages[code]) == str(vars(first)["default_error_messages"][code])
        )
    checks = [one for one in field.validators if getattr(one, "code", None) == code]
    return bool(checks) and not any("message" in vars(one) for one in checks)


def _texts(field: forms.Field, label: str) -> dict[str, str]:
    """What to say of this field, by the framework's code. What is filled in when it happens stays as it is."""
    plain = {"field": label}
    filled = {
        "field": label.replace("%", "%%"),
        "value": "%(show_value)s",
        "limit": "%(limit_value)s",
    }
    chosen = isinstance(field, CHOSEN)
    return {
        **dict.fromkeys(DIGITS, _of_digits(field, filled)),
        "required": (
            _("Nothing is chosen for “%(field)s”. Please choose.")
            if chosen
            else _("“%(field)s” is empty. Please fill it in.")
        )
        % plain,
        "invalid": _of_wrong_form(field) % plain,
        "invalid_choice": _(
            "What was chosen for “%(field)s” is not in the list any more. Please choose again."
        )
        % {"field": filled["field"]},
        "min_value": _("“%(field)s” is %(value)s. It must be at least %(limit)s.") % filled,
        "max_value": _("“%(field)s” is %(value)s. It must be at most %(limit)s.") % filled,
        "min_length": _("“%(field)s” has %(value)s characters. Please write at least %(limit)s.") % filled,
        "max_length": _("“%(field)s” has %(value)s characters. Please shorten it to %(limit)s.") % filled,
    }


def _of_digits(field: forms.Field, filled: dict[str, str]) -> str:
    """What a number of so many digits must keep to; empty for what has no bound of them."""
    digits, places = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
    if digits is None:
        return ""
    most = f"{10 ** (digits - (places or 0)) - 1:,}"
    if not places:
        return _("“%(field)s” is %(value)s. Give a whole number, at most %(most)s.") % {
            "field": filled["field"],
            "value": "%(value)s",
            "most": most,
        }
    return _("“%(field)s” is %(value)s. Give at most %(most)s, with %(places)s digits after the point.") % {
        "field": filled["field"],
        "value": "%(value)s",
        "most": most,
        "places": places,
    }


def _of_wrong_form(field: forms.Field) -> str:
    if isinstance(field, forms.DecimalField | forms.FloatField):
        return _("“%(field)s” is not a number. Write it such as 12.5.")
    if isinstance(field, forms.IntegerField):
        return _("“%(field)s” is not a whole number. Write it such as 30.")
    if isinstance(field, forms.DateTimeField):
        return _("“%(field)s” is not a day with a time. Write it such as 2026-11-23 14:30.")
    if isinstance(field, forms.DateField):
        return _("“%(field)s” is not a day. Write it such as 2026-11-23.")
    if isinstance(field, forms.TimeField):
        return _("“%(field)s” is not a time of day. Write it such as 14:30.")
    if isinstance(field, forms.EmailField):
        return _("“%(field)s” is not an e-mail address. Write it such as name@example.com.")
    return _("“%(field)s” cannot be read. Please write it anew.")
