"""Guards that the services of people, roles and tokens share."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts import queries, rules
from accounts.enums import Permission
from accounts.models import Role
from core.errors import Conflict, NotAllowed
from tenants.actors import Actor


def check_grant(actor: Actor, permissions: Iterable[str]) -> None:
    """Raise `NotAllowed` when the actor would give, or take, what it does not hold itself.

    A provider's people are narrowed to their own work, tokens and roles are not: they give nothing.
    """
    if actor.provider_code:
        raise NotAllowed(
            _("%(actor)s works for a provider and may not decide what others may do. Ask a tenant admin.")
            % {"actor": actor.label}
        )
    lacking = [] if actor.is_unbound else rules.lacking(actor.permissions, permissions)
    if lacking:
        words = ", ".join(f"“{Permission(code).label}”" for code in lacking)
        raise NotAllowed(
            _("%(actor)s may not decide about %(permissions)s without having it. Ask a tenant admin.")
            % {"actor": actor.label, "permissions": words},
            lacking=lacking,
        )


def lock_roles() -> dict[int, Role]:
    """Lock every role of the tenant: whoever changes people or roles does so one after the other."""
    list(Role.objects.select_for_update().order_by("id").values_list("id"))
    # Read again: the locking statement does not see a role that was made while it waited.
    return {role.pk: role for role in Role.objects.order_by("id")}


def check_someone_still_manages() -> None:
    """Raise `Conflict` when the change just made would leave nobody who may let people in."""
    if not queries.someone_manages_people():
        raise Conflict(_("Nobody would be left who may manage people. Give somebody else such a role first."))
