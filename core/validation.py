"""The model's own field rules as a refusal with the way out, without the queries of `full_clean`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
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
