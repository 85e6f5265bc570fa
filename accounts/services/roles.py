"""What may be done to roles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import rules
from accounts.enums import ROLE_PERMISSIONS, Permission
from accounts.models import Role
from accounts.services.grants import check_grant, check_someone_still_manages, lock_roles
from core.clock import now
from core.errors import BadInput, NotFound
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def create_default_roles(*, actor: Actor) -> list[Role]:
    """Give the active tenant its starting roles. Running it again adds only what is missing."""
    roles = []
    for code, permissions in ROLE_PERMISSIONS.items():
        role, created = Role.objects.get_or_create(code=code, defaults={"permissions": list(permissions)})
        if created:
            journal.record(actor=actor, verb="created", thing=role, at=now())
        roles.append(role)
    return roles


@transaction.atomic
def create_role(*, name: str, permissions: Iterable[str], actor: Actor, at: datetime) -> Role:
    """Add a role of the tenant's own. Nobody can make a role that may do more than they may."""
    taken = [role.code for role in lock_roles().values()]
    actor.require(Permission.MEMBER_MANAGE)
    wanted = _known(permissions)
    check_grant(actor, wanted)
    if not name.strip():
        raise BadInput(_("A role needs a name."), errors={"name": [_("Enter a name.")]})
    role = Role.objects.create(code=rules.role_code(name, taken), name=name.strip()[:80], permissions=wanted)
    journal.record(actor=actor, verb="created", thing=role, at=at, changes={"permissions": wanted})
    return role


@transaction.atomic
def update_role(*, role_id: int, permissions: Iterable[str], actor: Actor, at: datetime) -> Role:
    """Say anew what people of this role may do; it holds from their next click."""
    role = lock_roles().get(role_id)
    if role is None:
        raise NotFound(_("There is no such role in this tenant. Look at the list of roles."))
    actor.require(Permission.MEMBER_MANAGE, role)
    wanted, before = _known(permissions), sorted(role.permissions)
    check_grant(actor, set(wanted) ^ set(before))
    if wanted != before:
        role.permissions = wanted
        role.save(update_fields=["permissions"])
        check_someone_still_manages()
        changes = {
            "given": sorted(set(wanted) - set(before)),
            "taken_away": sorted(set(before) - set(wanted)),
        }
        journal.record(actor=actor, verb="changed", thing=role, at=at, changes=changes)
    return role


def _known(permissions: Iterable[str]) -> list[str]:
    wanted = sorted({str(p) for p in permissions})
    if unknown := sorted(set(wanted) - set(Permission.values)):
        raise BadInput(_("Unknown permissions: %(unknown)s.") % {"unknown": ", ".join(unknown)})
    return wanted
