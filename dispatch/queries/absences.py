"""Reads of the visits that somebody's absence leaves without an engineer."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from dispatch.models import EngineerPreference, Visit
from dispatch.queries.work import visits
from dispatch.rules import OCCUPYING


def visits_touched(engineer_id: int, start_at: datetime, end_at: datetime) -> QuerySet[Visit]:
    """The engineer's visits that take time between two instants and have not ended, in order."""
    planned = visits().filter(engineer_id=engineer_id, status__in=OCCUPYING)
    return planned.filter(start_at__lt=end_at, end_at__gt=start_at).order_by("start_at", "id")


def preferences_of_customer(customer_id: int) -> QuerySet[EngineerPreference]:
    """What is said of a customer and engineers: who is wanted first, then who never goes."""
    said = EngineerPreference.objects.filter(customer_id=customer_id).select_related("engineer")
    return said.order_by("-liking", "engineer__name", "id")
