"""Columns that follow from other columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tickets.grams import grams_of

if TYPE_CHECKING:
    _IntegerArray = ArrayField[list[int], list[int]]
else:
    _IntegerArray = ArrayField


class GramsField(_IntegerArray):
    """What a ticket is found by, written with its `search_text`: no caller can forget it."""

    def __init__(self, base_field: models.Field[Any, Any] | None = None, **options: Any) -> None:
        super().__init__(base_field or models.IntegerField(), **options)

    def pre_save(self, model_instance: models.Model, add: bool) -> list[int]:
        """The grams of the ticket as it is saved."""
        ticket: Any = model_instance
        grams = grams_of(ticket.search_text, ticket.number, ticket.tenant_id)
        setattr(ticket, self.attname, grams)
        return grams
