"""Who may do this to that visit."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed
from dispatch.models import Visit
from tenants.actors import Actor


def check_may_progress(actor: Actor, visit: Visit) -> None:
    """The engineer of the visit, or somebody who plans visits; a program acts for the engineer.

    `visit.engineer` should be loaded.
    """
    if actor.can(Permission.VISIT_PLAN):
        return
    actor.require(Permission.VISIT_PERFORM, visit)
    if actor.kind == "token":
        return
    if actor.membership_id is None or visit.engineer.membership_id != actor.membership_id:
        raise NotAllowed(
            _("%(visit)s belongs to %(engineer)s. Ask the dispatcher to move it to you.")
            % {"visit": visit, "engineer": visit.engineer.name}
        )
