"""What a link between two work orders leaves to the one that waits. Pure; instants are whole seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.spans import whole_days
from dispatch.enums import LinkKind
from dispatch.evaluator import FOREVER

RIGHT_AFTER = 30 * 60
"""How much later than it could, work that goes right after other work may start."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Start from `after` and by `start_by`, by `engineer_id` (0: anybody)."""

    after: int
    start_by: int = FOREVER
    engineer_id: int = 0


def bound_of(kind: str, end: int, engineer_id: int, *, gap: int, zone: ZoneInfo) -> Bound:
    """The bound that work which ends at an instant, done by an engineer, sets to what hangs on it. `gap` is in
    seconds; the day of "same day" is that of `zone`."""
    after = end + gap
    if kind == LinkKind.IMMEDIATELY:
        return Bound(after, after + RIGHT_AFTER)
    if kind == LinkKind.SAME_DAY:
        day = datetime.fromtimestamp(end, UTC).astimezone(zone).date()
        return Bound(after, int(whole_days(day, day, zone)[1].timestamp()) - 60)
    return Bound(after, engineer_id=engineer_id if kind == LinkKind.SAME_ENGINEER else 0)


def merged(bounds: Iterable[Bound]) -> Bound:
    """All bounds as one: the latest start, the earliest end, the first engineer named."""
    known = list(bounds)
    return Bound(
        max((one.after for one in known), default=0),
        min((one.start_by for one in known), default=FOREVER),
        next((one.engineer_id for one in known if one.engineer_id), 0),
    )
