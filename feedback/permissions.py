"""Who may do what in feedback."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed
from dispatch.models import Visit
from tenants.actors import Actor
from workforce import queries as workforce


def check_may_show_code(actor: Actor, visit: Visit) -> None:
    """Raise `NotAllowed` unless it is the actor's own visit or the actor records ratings for customers."""
    if actor.can(Permission.RESPONSE_RECORD):
        return
    engineer = workforce.find_engineer_of(actor)
    if engineer is None or engineer.pk != visit.engineer_id:
        raise NotAllowed(
            _("%(visit)s is not your visit, so its rating code is not yours to show. Open one of yours.")
            % {"visit": visit}
        )
