"""Who may do this to that visit."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed, NotFound
from dispatch.models import Offer, Visit
from tenants.actors import Actor
from workforce.models import Engineer


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


def check_may_answer(actor: Actor, offer: Offer) -> None:
    """Whoever the offer went to, or somebody who plans visits and answers for them.

    To anybody else an offer is not there: `NotFound`. `offer.engineer` and `offer.provider` should be loaded.
    """
    if actor.can(Permission.VISIT_PLAN):
        return
    provider, engineer = offer.provider, offer.engineer
    is_manager = bool(actor.provider_code) and actor.can(Permission.WORK_VIEW)
    if is_manager and provider is not None and provider.code == actor.provider_code:
        return
    is_own = engineer is not None and engineer.membership_id is not None
    if is_own and engineer is not None and engineer.membership_id == actor.membership_id:
        return
    if is_manager and engineer is not None and _works_for(engineer, actor.provider_code):
        return
    raise NotFound(_("Offer %(id)s: not found.") % {"id": offer.pk})


def _works_for(engineer: Engineer, provider_code: str) -> bool:
    return engineer.provider is not None and engineer.provider.code == provider_code
