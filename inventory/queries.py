"""Reads of parts and stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.errors import NotFound
from inventory.models import Movement, Part, StockLevel, StockLocation

NOTHING = Decimal(0)
_EXACT: DecimalField[Decimal, Decimal] = DecimalField(max_digits=20, decimal_places=3)


@dataclass(frozen=True)
class OutOfStep:
    """A stock level that does not equal the sum of its movements: never, while the database keeps it."""

    part_id: int
    location_id: int
    on_hand: Decimal
    ledger: Decimal


def get_part(part_id: int) -> Part:
    """Raises `NotFound`."""
    part = Part.objects.filter(pk=part_id).first()
    if part is None:
        raise NotFound(_("There is no part with the id %(id)s. Choose one from the list.") % {"id": part_id})
    return part


def part_for_update(part_id: int) -> Part:
    """The part, locked. Raises `NotFound`."""
    part = Part.objects.select_for_update().filter(pk=part_id).first()
    return part or get_part(part_id)


def get_location(location_id: int) -> StockLocation:
    """Raises `NotFound`."""
    location = StockLocation.objects.select_related("engineer").filter(pk=location_id).first()
    if location is None:
        message = _("There is no stock location with the id %(id)s. Choose one from the list.")
        raise NotFound(message % {"id": location_id})
    return location


def level_for_update(part_id: int, location_id: int) -> StockLevel | None:
    """The level, locked until the transaction ends; None when the part never lay there."""
    return StockLevel.objects.select_for_update().filter(part_id=part_id, location_id=location_id).first()


def lock_levels(part_id: int, location_ids: Iterable[int]) -> None:
    """Lock a part's levels at several places, always in one order: two transfers never deadlock."""
    levels = StockLevel.objects.filter(part_id=part_id, location_id__in=list(location_ids))
    list(levels.select_for_update().order_by("pk").values_list("pk", flat=True))


def find_movement(key: str) -> Movement | None:
    """The movement that this key made, or None."""
    return Movement.objects.filter(key=key).first()


def parts(text: str = "", *, only_active: bool = False) -> QuerySet[Part]:
    """Parts whose code or name contains the text."""
    found = Part.objects.all()
    if only_active:
        found = found.filter(is_active=True)
    return found.filter(Q(code__icontains=text) | Q(name__icontains=text)) if text else found


def find_part_by_code(code: str) -> Part | None:
    """The active part with this code, however it was typed, or None."""
    return Part.objects.filter(code__iexact=code.strip(), is_active=True).first()


def locations() -> QuerySet[StockLocation]:
    """Every place where parts lie: stores, branches, vans."""
    return StockLocation.objects.select_related("engineer")


def van_of(engineer_id: int) -> StockLocation | None:
    """The engineer's van, or None."""
    return locations().filter(engineer_id=engineer_id).first()


def van_stock(engineer_ids: Iterable[int] | None, part_ids: Iterable[int]) -> dict[int, dict[int, Decimal]]:
    """{engineer id: {part id: how many lie in the van}} of some parts (engineers None: all vans); nothing of what
    is not there."""
    found: dict[int, dict[int, Decimal]] = {}
    levels = StockLevel.objects.filter(part_id__in=list(part_ids), on_hand__gt=0)
    if engineer_ids is None:
        levels = levels.filter(location__engineer__isnull=False)
    else:
        levels = levels.filter(location__engineer_id__in=list(engineer_ids))
    for engineer_id, part_id, on_hand in levels.values_list("location__engineer_id", "part_id", "on_hand"):
        found.setdefault(engineer_id, {})[part_id] = on_hand
    return found


def stock_levels(*, text: str = "", location_id: int | None = None) -> QuerySet[StockLevel]:
    """Levels with part and location, those below their minimum first."""
    found = StockLevel.objects.select_related("part", "location")
    if location_id is not None:
        found = found.filter(location_id=location_id)
    if text:
        found = found.filter(Q(part__code__icontains=text) | Q(part__name__icontains=text))
    low_first = Case(When(on_hand__lt=F("minimum"), then=Value(0)), default=Value(1))
    return found.annotate(order=low_first).order_by("order", "part__code", "location__name", "id")


def low_stock_among(levels: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    """Of these levels, the ones below their minimum."""
    return levels.filter(on_hand__lt=F("minimum"))


def low_stock() -> QuerySet[StockLevel]:
    """Every level below its minimum."""
    return low_stock_among(stock_levels())


def parts_with_stock(text: str = "") -> QuerySet[Part]:
    """The catalogue with `on_hand`, how many of each the tenant has in all places together."""
    total = Coalesce(Sum("levels__on_hand"), Value(NOTHING), output_field=_EXACT)
    return parts(text).annotate(on_hand=total).order_by("-is_active", "code", "id")


def stock_at(location_id: int) -> QuerySet[StockLevel]:
    """What lies at a place, by part."""
    return StockLevel.objects.filter(location_id=location_id).select_related("part").order_by("part__code")


def stock_of_part(part_id: int) -> QuerySet[StockLevel]:
    """Where a part lies."""
    return StockLevel.objects.filter(part_id=part_id).select_related("location").order_by("location__name")


def movements_of_part(part_id: int) -> QuerySet[Movement]:
    """A part's ledger, newest first."""
    return Movement.objects.filter(part_id=part_id).select_related("location")


def levels_out_of_step() -> list[OutOfStep]:
    """Levels that differ from their ledger, also ledgers without a level. For `manage.py reconcile`."""
    ledger = Movement.objects.values("part_id", "location_id").annotate(total=Sum("quantity")).order_by()
    one = ledger.filter(part_id=OuterRef("part_id"), location_id=OuterRef("location_id")).values("total")
    levels = StockLevel.objects.annotate(
        ledger=Coalesce(Subquery(one, output_field=_EXACT), Value(NOTHING), output_field=_EXACT)
    )
    wrong = [
        OutOfStep(level.part_id, level.location_id, level.on_hand, level.ledger)
        for level in levels.exclude(on_hand=F("ledger"))
    ]
    known = set(StockLevel.objects.values_list("part_id", "location_id"))
    orphans = [row for row in ledger if (row["part_id"], row["location_id"]) not in known]
    return wrong + [OutOfStep(row["part_id"], row["location_id"], NOTHING, row["total"]) for row in orphans]
