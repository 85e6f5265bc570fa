"""Who may change the on-call roster: who runs the company, its plan or its figures."""

from __future__ import annotations

from accounts.enums import Permission
from tenants.actors import Actor

ROSTER = (Permission.TENANT_MANAGE, Permission.VISIT_PLAN, Permission.DIRECTOR_VIEW)


def check_roster(actor: Actor) -> None:
    """Raise `NotAllowed` unless the actor may say who is on call."""
    if not actor.can(*ROSTER):
        actor.require(ROSTER[0])
