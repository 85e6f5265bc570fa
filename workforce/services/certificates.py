"""Telling in time that a certificate ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from accounts import queries as accounts
from accounts.enums import Permission
from core.clock import now
from notices import services as notices
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import active_tenant_ids, current_tenant
from workforce import queries

KEEPER = Actor.system("certificates")
TOLD_DAYS = 30
"""How long before its last day a certificate is told of."""


def tell_of_certificates() -> int:
    """Tell of certificates that end within `TOLD_DAYS`, in every company; returns how many notices that made."""
    count = 0
    for tenant_id in active_tenant_ids():
        with tenant_active(tenant_id):
            count += tell_of_certificates_here(actor=KEEPER, at=now())
    return count


@transaction.atomic
def tell_of_certificates_here(*, actor: Actor, at: datetime) -> int:
    """Tell those who keep the engineers of the active company, once for each certificate and its last day.

    Returns how many notices that made. A certificate that was renewed meanwhile is told of anew when the new
    one ends.
    """
    tenant = current_tenant()
    today = at.astimezone(tenant.zone).date()
    ending = queries.certificates_ending(today, today + timedelta(days=TOLD_DAYS))
    people = [
        member.pk
        for member in accounts.members().filter(is_active=True)
        if Permission.WORKFORCE_EDIT in member.role.permissions
    ]
    made = 0
    for held in ending:
        made += len(
            notices.notify(
                membership_ids=people,
                kind="certificate_ends",
                facts={
                    "engineer": held.engineer.name,
                    "skill": held.skill.name,
                    "number": held.certificate,
                    "last_day": f"{held.expires_on}",
                },
                path=reverse("workforce:engineer_detail", args=[tenant.slug, held.engineer_id]),
                key=f"certificate:{held.engineer_id}:{held.skill_id}:{held.expires_on}",
                actor=actor,
                at=at,
            )
        )
    return made
