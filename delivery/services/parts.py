"""Parts used at a visit: one movement out of the engineer's van each, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from delivery.models import PartUse
from delivery.services.collecting import tell, visit_collecting
from dispatch.models import Visit
from inventory import queries as stock
from inventory import services as inventory
from inventory.models import StockLocation
from tenants.actors import Actor


@transaction.atomic
def use_part(
    *, visit_id: int, part_id: int, quantity: Decimal, key: str, actor: Actor, at: datetime
) -> PartUse:
    """Take a part from the van of the visit's engineer. `key` makes a repeated tap the same use.

    Raises `OutOfStock` when the van holds fewer.
    """
    visit = visit_collecting(visit_id, actor)
    known = stock.find_movement(_key(visit, key))
    movement = inventory.use_part(
        part_id=part_id,
        location_id=_van(visit).pk,
        quantity=quantity,
        key=_key(visit, key),
        actor=actor,
        at=at,
        reason=str(visit.work_order),
    )
    if known is not None:
        return _use_of(known.pk)
    use = PartUse.objects.create(
        visit=visit,
        part=movement.part,
        movement=movement,
        quantity_used=quantity,
        quantity_billed=quantity,
        at=at,
    )
    changes = {"part_code": movement.part.code, "quantity": str(quantity)}
    tell(visit, use, kind="part", verb="part_used", actor=actor, at=at, changes=changes)
    return use


@transaction.atomic
def return_part(
    *, visit_id: int, part_id: int, quantity: Decimal, key: str, actor: Actor, at: datetime
) -> None:
    """Put back what was taken too much: the van has it again, the visit has used less."""
    visit = visit_collecting(visit_id, actor)
    if stock.find_movement(_key(visit, key)) is not None:
        return
    uses = list(PartUse.objects.filter(visit=visit, part_id=part_id).select_related("part").order_by("-id"))
    if sum((use.quantity_used for use in uses), Decimal(0)) < quantity:
        raise Conflict(_("%(visit)s has not used that many. Look at the parts again.") % {"visit": visit})
    movement = inventory.return_stock(
        part_id=part_id,
        location_id=_van(visit).pk,
        quantity=quantity,
        key=_key(visit, key),
        actor=actor,
        at=at,
        reason=str(visit.work_order),
    )
    _use_less(uses, quantity)
    changes = {"part_code": movement.part.code, "quantity": str(quantity)}
    tell(visit, movement, kind="part", verb="part_returned", actor=actor, at=at, changes=changes)


def _use_less(uses: list[PartUse], quantity: Decimal) -> None:
    """Take `quantity` off the newest uses first. The movements keep the whole story."""
    for use in uses:
        taken = min(use.quantity_used, quantity)
        quantity -= taken
        if taken == use.quantity_used:
            use.delete()
        elif taken:
            use.quantity_used -= taken
            use.quantity_billed = max(use.quantity_billed - taken, Decimal(0))
            use.save(update_fields=["quantity_used", "quantity_billed"])


def _use_of(movement_id: int) -> PartUse:
    use = PartUse.objects.filter(movement_id=movement_id).first()
    if use is None:
        raise Conflict(_("This part was put back meanwhile. Add it again if it was used."))
    return use


def _van(visit: Visit) -> StockLocation:
    van = stock.van_of(visit.engineer_id)
    if van is None:
        raise Conflict(
            _("%(engineer)s has no van with stock. Ask a storekeeper to add one.")
            % {"engineer": visit.engineer}
        )
    return van


def _key(visit: Visit, key: str) -> str:
    return f"{visit.stock_key}{key}" if key else ""
