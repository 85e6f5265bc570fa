"""Parts, places and stock, inside the active tenant."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from inventory import services
from inventory.enums import LocationKind
from inventory.models import Movement, Part, StockLocation
from tenants.actors import Actor
from tests.cast import AT
from workforce.models import Engineer

KEEPER = Actor.system("factory")
_numbers = count(1)


def make_part(**facts: Any) -> Part:
    """A part with a code of its own."""
    number = next(_numbers)
    given = {"code": f"P-{number}", "name": f"Part {number}", "price_minor": 1200, **facts}
    return services.create_part(actor=KEEPER, at=AT, **given)


def make_store(**facts: Any) -> StockLocation:
    """A central store."""
    number = next(_numbers)
    given = {"code": f"store-{number}", "name": f"Store {number}", "kind": LocationKind.STORE, **facts}
    return services.create_location(actor=KEEPER, at=AT, **given)


def make_van(engineer: Engineer, **facts: Any) -> StockLocation:
    """The engineer's van."""
    given = {"code": f"van-{engineer.pk}", "name": f"Van {engineer.name}", **facts}
    return services.create_location(
        kind=LocationKind.VAN, engineer_id=engineer.pk, actor=KEEPER, at=AT, **given
    )


def make_stock(part: Part, location: StockLocation, quantity: int | str) -> Movement:
    """So many more of the part at the place."""
    return services.receive_stock(
        part_id=part.pk,
        location_id=location.pk,
        quantity=Decimal(quantity),
        key=uuid4().hex,
        actor=KEEPER,
        at=AT,
    )
