"""Who may carry out a visit, and who may look at what was done."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed
from dispatch.models import Visit
from tenants.actors import Actor
from workforce import queries as workforce


def check_performs(actor: Actor, visit: Visit) -> None:
    """Raise `NotAllowed` unless the actor is the visit's engineer, or corrects as a dispatcher.

    A program that holds VISIT_PERFORM acts for the visit's engineer.
    """
    if actor.can(Permission.VISIT_PLAN):
        return
    actor.require(Permission.VISIT_PERFORM, visit)
    if actor.kind == "token":
        return
    engineer = workforce.find_engineer_of(actor)
    if engineer is None or engineer.pk != visit.engineer_id:
        raise NotAllowed(
            _("%(visit)s belongs to %(engineer)s. Ask a dispatcher to move it to you.")
            % {"visit": visit, "engineer": visit.engineer}
        )


def check_sees(actor: Actor, visit: Visit) -> None:
    """Raise `NotAllowed` unless the actor may look at the visit's evidence.

    A provider's people see the visits of their own engineers only.
    """
    if actor.can(Permission.WORK_VIEW) and not actor.provider_code:
        return
    if actor.provider_code:
        provider = visit.engineer.provider
        if provider is not None and provider.code == actor.provider_code and actor.can(Permission.WORK_VIEW):
            return
    check_performs(actor, visit)
