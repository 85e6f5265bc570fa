"""The model's own rules as refusals with the way out, without the queries of `full_clean`."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.errors import BadInput


def check_fields(thing: models.Model) -> None:
    """Raise `BadInput` when a value breaks its field's rules (length, choice, form).

    Foreign keys and constraints are left to the database: asking for each would cost a query.
    """
    exclude = {field.name for field in thing._meta.fields if field.is_relation}
    try:
        thing.clean_fields(exclude=exclude)
    except ValidationError as error:
        errors = {name: [str(text) for text in texts] for name, texts in error.message_dict.items()}
        first = next(iter(errors.items()))
        raise BadInput(
            _("%(thing)s: %(field)s cannot be used: %(why)s")
            % {"thing": thing._meta.verbose_name, "field": first[0], "why": " ".join(first[1])},
            errors=errors,
        ) from error


def in_plain_words(thing: models.Model, problem: ValidationError) -> ValidationError:
    """The same problem, naming the field where the framework says no more than that something is wrong."""
    for name, found in problem.error_dict.items():
        label = str(thing._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        filled = {"field": label.replace("%", "%%"), "value": "%(show_value)s", "limit": "%(limit_value)s"}
        words = {
            "min_value": _("“%(field)s” is %(value)s. It must be at least %(limit)s.") % filled,
            "max_value": _("“%(field)s” is %(value)s. It must be at most %(limit)s.") % filled,
        }
        for error in found:
            if error.code in ("blank", "null"):
                error.message = _("“%(field)s” is empty. Please fill it in.") % {"field": label}
            elif error.code in words:
                error.message = words[error.code]
    return problem


def refusal_of(constraint: str) -> str:
    """What people are told when this constraint of the database refuses; empty where nothing is said of it."""
    return str(_refusals().get(constraint, ""))


@cache
def _refusals() -> dict[str, Promise]:
    return {
        name: words for model in apps.get_models() for name, words in getattr(model, "refusals", {}).items()
    }


def field_of(constraint: models.BaseConstraint, *, leave_out: Collection[str]) -> str | None:
    """The one field that the constraint is about, or None where there are several."""
    if isinstance(constraint, models.UniqueConstraint):
        names = set(constraint.fields)
    elif isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, models.Q):
        names = _named(constraint.condition)
    else:
        return None
    named = names - set(leave_out)
    return named.pop() if len(named) == 1 else None


def _named(condition: models.Q) -> set[str]:
    found: set[str] = set()
    for child in condition.children:
        if isinstance(child, models.Q):
            found |= _named(child)
        elif isinstance(child, tuple):
            name, value = child
            found |= {
                name.split("__")[0],
                *([str(vars(value)["name"])] if isinstance(value, models.F) else []),
            }
    return found
