"""Refusing windows of a work order that nobody could keep."""

from __future__ import annotations

from collections.abc import Collection

from core.errors import BadInput
from dispatch.models import WorkOrder
from dispatch.windows import PROMISE, WINDOWS, Windows

NAMED = {*WINDOWS, "duration_minutes"}


def check_windows(work_order: WorkOrder, named: Collection[str]) -> None:
    """Raise `BadInput` with the field when the windows contradict each other or the work's length; only when one
    of them is `named` by whoever changes the work."""
    told = NAMED & set(named)
    if not told:
        return
    windows = Windows(work_order.duration_minutes, **{name: getattr(work_order, name) for name in WINDOWS})
    faults = windows.faults(is_promised=bool(told & PROMISE))
    if faults:
        raise BadInput(" ".join(faults.values()), errors={name: [text] for name, text in faults.items()})
