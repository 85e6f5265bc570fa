"""Skills and territories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotFound
from journal import services as journal
from tenants.actors import Actor
from workforce.models import Skill, Territory
from workforce.services.saving import change, save


@transaction.atomic
def create_skill(*, code: str, name: str, actor: Actor, at: datetime) -> Skill:
    """Name something engineers can be able to do."""
    actor.require(Permission.WORKFORCE_EDIT)
    skill = Skill(code=code, name=name)
    save(skill)
    journal.record(actor=actor, verb="created", thing=skill, at=at)
    return skill


@transaction.atomic
def update_skill(*, skill_id: int, actor: Actor, at: datetime, **changes: Any) -> Skill:
    """Change a skill's `code` or `name`."""
    skill = Skill.objects.select_for_update().filter(pk=skill_id).first()
    if skill is None:
        raise NotFound(_("Skill %(id)s: not found.") % {"id": skill_id})
    actor.require(Permission.WORKFORCE_EDIT, skill)
    change(skill, changes, {"code", "name"}, actor, at)
    return skill


@transaction.atomic
def create_territory(*, code: str, name: str, areas: Iterable[str], actor: Actor, at: datetime) -> Territory:
    """Name a set of areas that engineers cover."""
    actor.require(Permission.WORKFORCE_EDIT)
    territory = Territory(code=code, name=name, areas=_areas(areas))
    save(territory)
    journal.record(actor=actor, verb="created", thing=territory, at=at, changes={"areas": territory.areas})
    return territory


@transaction.atomic
def update_territory(*, territory_id: int, actor: Actor, at: datetime, **changes: Any) -> Territory:
    """Change a territory's `name` or `areas`."""
    territory = Territory.objects.select_for_update().filter(pk=territory_id).first()
    if territory is None:
        raise NotFound(_("Territory %(id)s: not found.") % {"id": territory_id})
    actor.require(Permission.WORKFORCE_EDIT, territory)
    if "areas" in changes:
        changes["areas"] = _areas(changes["areas"])
    change(territory, changes, {"name", "areas"}, actor, at)
    return territory


def _areas(areas: Iterable[str]) -> list[str]:
    return sorted({area.strip()[:80] for area in areas if area.strip()})
