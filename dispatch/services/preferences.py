"""Which engineers a customer wants to see, and which never."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from customers import queries as customers
from dispatch.models import EngineerPreference
from journal import services as journal
from tenants.actors import Actor
from workforce import queries as workforce
from workforce.enums import Liking


@transaction.atomic
def set_preference(
    *, customer_id: int, engineer_id: int, liking: str, actor: Actor, at: datetime, reason: str = ""
) -> EngineerPreference:
    """Say that a customer's work goes to this engineer if it can ("preferred"), or never ("excluded").

    Said again of the same two, it replaces what was said. Visits already planned stay.
    """
    actor.require(Permission.VISIT_PLAN)
    customer = customers.customer_for_update(customer_id)
    engineer = workforce.engineer_for_update(engineer_id)
    if liking not in Liking.values:
        raise BadInput(_("An engineer is either preferred or never sent."))
    row, _is_new = EngineerPreference.objects.update_or_create(
        customer=customer, engineer=engineer, defaults={"liking": liking, "reason": reason.strip()[:200]}
    )
    told = {"engineer": engineer.name, "liking": liking, "reason": row.reason}
    journal.record(actor=actor, verb="changed", thing=customer, at=at, changes={"engineer": told})
    return row


@transaction.atomic
def remove_preference(*, preference_id: int, actor: Actor, at: datetime) -> None:
    """Forget what was said of a customer and an engineer. What is gone already changes nothing."""
    found = EngineerPreference.objects.select_for_update(of=("self",)).select_related("customer", "engineer")
    row = found.filter(pk=preference_id).first()
    actor.require(Permission.VISIT_PLAN, row)
    if row is None:
        return
    told = {"engineer": [f"{row.engineer.name} {row.liking}", None]}
    journal.record(actor=actor, verb="changed", thing=row.customer, at=at, changes=told)
    row.delete()
