"""The stock ledger: every change is a movement; the database adds it to the level.

A `key` names the order, not the attempt: the same key again answers the first movement and moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, Refusal
from inventory import permissions, queries, rules
from inventory.enums import MovementKind
from inventory.events import StockMoved, StockRanLow
from inventory.models import Movement, Part, StockLevel, StockLocation
from journal import services as journal
from tenants.actors import Actor

LONGEST_KEY = 100


class OutOfStock(Refusal):
    """Fewer lie there than were asked for. `facts` holds part, location, on_hand and asked."""

    code = "out_of_stock"


@dataclass(frozen=True)
class _Order:
    """One wish to move a part, by whom and why."""

    part: Part
    location: StockLocation
    kind: MovementKind
    key: str
    actor: Actor
    at: datetime
    reason: str


@transaction.atomic
def receive_stock(
    *,
    part_id: int,
    location_id: int,
    quantity: Decimal,
    key: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> Movement:
    """Put parts that arrived on the shelf."""
    part, location = queries.get_part(part_id), queries.get_location(location_id)
    actor.require(Permission.STOCK_EDIT, location)
    _check_movable(quantity, key)
    return _move(_Order(part, location, MovementKind.RECEIVED, key, actor, at, reason), quantity)


@transaction.atomic
def transfer_stock(
    *,
    part_id: int,
    from_id: int,
    to_id: int,
    quantity: Decimal,
    key: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> tuple[Movement, Movement]:
    """Move parts between two places: both movements, out and in, or none. Raises `OutOfStock`."""
    part = queries.get_part(part_id)
    source, target = queries.get_location(from_id), queries.get_location(to_id)
    queries.lock_levels(part.pk, (source.pk, target.pk))
    actor.require(Permission.STOCK_EDIT, source)
    _check_movable(quantity, key)
    if source == target:
        message = _("%(location)s is both ends of the transfer. Choose two places.") % {"location": source}
        raise BadInput(message, errors={"to_id": [message]})
    order = _Order(part, source, MovementKind.TRANSFERRED, f"{key}:out", actor, at, reason)
    out = _take(order, quantity)
    return out, _move(replace(order, location=target, key=f"{key}:in"), quantity)


@transaction.atomic
def use_part(
    *,
    part_id: int,
    location_id: int,
    quantity: Decimal,
    key: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> Movement:
    """Take parts for work. Raises `OutOfStock` naming part, place and how many lie there."""
    part, location = queries.get_part(part_id), queries.get_location(location_id)
    permissions.check_takes(actor, location)
    _check_movable(quantity, key)
    return _take(_Order(part, location, MovementKind.USED, key, actor, at, reason), quantity)


@transaction.atomic
def return_stock(
    *,
    part_id: int,
    location_id: int,
    quantity: Decimal,
    key: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> Movement:
    """Put parts back that were taken and not needed."""
    part, location = queries.get_part(part_id), queries.get_location(location_id)
    permissions.check_takes(actor, location)
    _check_movable(quantity, key)
    return _move(_Order(part, location, MovementKind.RETURNED, key, actor, at, reason), quantity)


@transaction.atomic
def count_stock(
    *,
    part_id: int,
    location_id: int,
    counted: Decimal,
    key: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> Movement | None:
    """Set the ledger right after a count. None when the count agrees: there is nothing to move."""
    part, location = queries.get_part(part_id), queries.get_location(location_id)
    actor.require(Permission.STOCK_EDIT, location)
    level, _created = StockLevel.objects.select_for_update().get_or_create(part=part, location=location)
    if not rules.is_countable(counted):
        raise BadInput(_not_a_quantity(counted), errors={"counted": [_not_a_quantity(counted)]})
    _check_key(key)
    difference = counted - level.on_hand
    done = queries.find_movement(key)
    if done is not None or difference == 0:
        return done
    return _move(_Order(part, location, MovementKind.COUNTED, key, actor, at, reason), difference)


def _take(order: _Order, quantity: Decimal) -> Movement:
    """Lock the level, refuse what is not there, then move."""
    level = queries.level_for_update(order.part.pk, order.location.pk)
    on_hand = level.on_hand if level else Decimal(0)
    if not rules.is_enough(on_hand, quantity) and queries.find_movement(order.key) is None:
        message = _(
            "%(part)s: %(location)s holds %(on_hand)s, asked for were %(asked)s. "
            "Take fewer, or have more moved there."
        )
        holds, asked = formats.quantity(on_hand), formats.quantity(quantity)
        raise OutOfStock(
            message % {"part": order.part, "location": order.location, "on_hand": holds, "asked": asked},
            part=order.part.code,
            location=order.location.code,
            on_hand=str(on_hand),
            asked=str(quantity),
        )
    return _move(order, -quantity)


def _move(order: _Order, quantity: Decimal) -> Movement:
    movement, created = Movement.objects.get_or_create(
        key=order.key,
        defaults={
            "part": order.part,
            "location": order.location,
            "kind": order.kind,
            "quantity": quantity,
            "reason": order.reason[:200],
            "actor_label": order.actor.label[:200],
            "at": order.at,
        },
    )
    if not created:
        _check_same(movement, order, quantity)
        return movement
    changes = {"quantity": str(quantity), "location": str(order.location), "kind": str(order.kind)}
    journal.record(
        actor=order.actor,
        verb="stock_moved",
        thing=order.part,
        at=order.at,
        changes=changes,
        reason=order.reason[:200],
    )
    _tell(movement)
    return movement


def _tell(movement: Movement) -> None:
    level = StockLevel.objects.get(part_id=movement.part_id, location_id=movement.location_id)
    journal.publish(
        StockMoved(
            part_id=level.part_id,
            location_id=level.location_id,
            quantity=movement.quantity,
            occurred_at=movement.at,
        )
    )
    if rules.ran_low(level.on_hand - movement.quantity, level.on_hand, level.minimum):
        journal.publish(
            StockRanLow(part_id=level.part_id, location_id=level.location_id, occurred_at=movement.at)
        )


def _check_same(movement: Movement, order: _Order, quantity: Decimal) -> None:
    wanted = (order.part.pk, order.location.pk, order.kind, quantity)
    if wanted != (movement.part_id, movement.location_id, movement.kind, movement.quantity):
        message = _("The key %(key)s already belongs to another movement. Send a new key for a new movement.")
        raise Conflict(message % {"key": movement.key}, key=movement.key)


def _check_movable(quantity: Decimal, key: str) -> None:
    if not rules.is_movable(quantity):
        raise BadInput(_not_a_quantity(quantity), errors={"quantity": [_not_a_quantity(quantity)]})
    _check_key(key)


def _check_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY:
        message = _("A movement needs a key of 1 to %(limit)d characters: your own number of the order.")
        text = message % {"limit": LONGEST_KEY}
        raise BadInput(text, errors={"key": [text]})


def _not_a_quantity(number: Decimal) -> str:
    message = _("%(number)s is not a quantity that can move: at most 999,999, above nothing, three decimals.")
    return message % {"number": number}
