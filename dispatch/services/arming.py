"""Timers are set, and taken off, in one order, so that two who do it never wait for each other.

Whoever plans locks a work order, then its visits, then timers; so whoever sets timers locks all the work first and only
then reads what they are set by: a visit that is just being moved is read as it will be. It takes a transaction in
which nothing else was locked before (turns at parts, tickets). Rows of one kind are locked by their ids.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from dispatch.models import DispatchTimer, WorkOrder


def hold_work(work_order_ids: Collection[int]) -> None:
    """Lock work orders."""
    held = WorkOrder.objects.select_for_update(no_key=True).filter(pk__in=work_order_ids)
    list(held.order_by("id").values_list("pk"))


def forget_timers(timers: QuerySet[DispatchTimer]) -> None:
    """Take timers off that wait still."""
    waiting = timers.filter(done_at=None).select_for_update(of=("self",))
    ids = list(waiting.order_by("id").values_list("pk", flat=True))
    DispatchTimer.objects.filter(pk__in=ids).delete()
