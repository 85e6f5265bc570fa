"""What a tenant promises, and the labels of its tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.calendars import Calendar
from core.errors import BadInput
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets.enums import Priority
from tickets.models import SlaPolicy, Topic


@transaction.atomic
def create_topic(
    *, code: str, name: str, actor: Actor, at: datetime, default_priority: int = Priority.P3
) -> Topic:
    """Add a label for what tickets are about; the same code again is the same topic."""
    actor.require(Permission.TENANT_MANAGE)
    topic, created = Topic.objects.get_or_create(
        code=code, defaults={"name": name, "default_priority": default_priority}
    )
    if created:
        check_fields(topic)
        journal.record(actor=actor, verb="created", thing=topic, at=at)
    return topic


@transaction.atomic
def create_policy(
    *,
    name: str,
    actor: Actor,
    at: datetime,
    priority: int | None = None,
    tier: str = "",
    calendar: dict[str, Any] | None = None,
    first_response_minutes: int | None = None,
    arrival_minutes: int | None = None,
    resolution_minutes: int | None = None,
    warn_percent: int = 70,
) -> SlaPolicy:
    """Promise something for a priority, a tier, both or every ticket. Minutes are business minutes."""
    actor.require(Permission.TENANT_MANAGE)
    try:
        Calendar.from_json(calendar or {})
    except ValueError as error:
        raise BadInput(
            _("The calendar cannot be used: %(why)s") % {"why": error}, errors={"calendar": [str(error)]}
        ) from error
    policy = SlaPolicy(
        name=name,
        priority=priority,
        tier=tier,
        calendar=calendar or {},
        first_response_minutes=first_response_minutes,
        arrival_minutes=arrival_minutes,
        resolution_minutes=resolution_minutes,
        warn_percent=warn_percent,
    )
    check_fields(policy)
    policy.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=policy, at=at)
    return policy
