"""Who may take parts."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed
from inventory.models import StockLocation
from tenants.actors import Actor


def check_takes(actor: Actor, location: StockLocation) -> None:
    """Raise `NotAllowed` unless the actor may use parts from here or put them back.

    Storekeepers and dispatchers may everywhere, an engineer only at the own van, a program that carries out
    visits for the visit's engineer.
    """
    if actor.can(Permission.STOCK_EDIT, Permission.VISIT_PLAN):
        return
    actor.require(Permission.VISIT_PERFORM, location)
    if actor.kind == "token" or _is_own_van(actor, location):
        return
    message = _(
        "%(actor)s may not take parts from %(location)s, another's van. Ask a storekeeper to move them."
    )
    raise NotAllowed(message % {"actor": actor.label, "location": location})


def _is_own_van(actor: Actor, location: StockLocation) -> bool:
    engineer = location.engineer
    return engineer is not None and engineer.membership_id == actor.membership_id is not None
