"""Parts, the places where they lie, and how many should lie there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from core.text import clean
from inventory import queries, rules
from inventory.enums import LocationKind, PartUnit
from inventory.models import Part, StockLevel, StockLocation
from journal import services as journal
from tenants.actors import Actor

_PART_FIELDS = frozenset({"code", "name", "unit", "price_minor", "is_active"})


@transaction.atomic
def create_part(
    *,
    code: str,
    name: str,
    actor: Actor,
    at: datetime,
    unit: str = PartUnit.PIECE,
    price_minor: int = 0,
) -> Part:
    """Put a part into the catalogue. `price_minor` is the list price in the tenant's currency."""
    actor.require(Permission.STOCK_EDIT)
    part = Part(code=clean(code).strip(), name=clean(name).strip(), unit=unit, price_minor=price_minor)
    _save(part)
    journal.record(actor=actor, verb="created", thing=part, at=at)
    return part


@transaction.atomic
def update_part(*, part_id: int, actor: Actor, at: datetime, **changes: Any) -> Part:
    """Change code, name, unit, price_minor or is_active. What did not change is not recorded."""
    part = queries.part_for_update(part_id)
    actor.require(Permission.STOCK_EDIT, part)
    unknown = sorted(set(changes) - _PART_FIELDS)
    if unknown:
        raise TypeError(f"A part has no {', '.join(unknown)}.")
    changed = {key: [getattr(part, key), new] for key, new in changes.items() if getattr(part, key) != new}
    if changed:
        for key, (_old, new) in changed.items():
            setattr(part, key, new)
        _save(part)
        journal.record(actor=actor, verb="changed", thing=part, at=at, changes=changed)
    return part


@transaction.atomic
def create_location(
    *, code: str, name: str, kind: str, actor: Actor, at: datetime, engineer_id: int | None = None
) -> StockLocation:
    """Add a store, a branch's shelf or a van. A van belongs to one engineer, and an engineer has one van."""
    actor.require(Permission.STOCK_EDIT)
    if (kind == LocationKind.VAN) != (engineer_id is not None):
        message = _("A van needs its engineer; a store or a branch has none.")
        raise BadInput(message, errors={"engineer_id": [message]})
    location = StockLocation(code=code, name=clean(name).strip(), kind=kind, engineer_id=engineer_id)
    _save(location)
    journal.record(actor=actor, verb="created", thing=location, at=at)
    return location


@transaction.atomic
def set_minimum(
    *, part_id: int, location_id: int, minimum: Decimal, actor: Actor, at: datetime
) -> StockLevel:
    """Say below how many a part runs low at a place."""
    part, location = queries.get_part(part_id), queries.get_location(location_id)
    actor.require(Permission.STOCK_EDIT, part)
    if not rules.is_countable(minimum):
        message = _("The minimum must be a number from 0 to 999,999.")
        raise BadInput(message, errors={"minimum": [message]})
    level, _created = StockLevel.objects.select_for_update().get_or_create(part=part, location=location)
    if level.minimum != minimum:
        changes = {"minimum": [str(level.minimum), str(minimum)], "location": str(location)}
        level.minimum = minimum
        level.save(update_fields=["minimum", "updated_at"])
        journal.record(actor=actor, verb="minimum_set", thing=part, at=at, changes=changes)
    return level


def _save(thing: models.Model) -> None:
    """Save, or say per field what cannot be."""
    try:
        thing.full_clean()
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), errors=error.message_dict) from error
    thing.save()
