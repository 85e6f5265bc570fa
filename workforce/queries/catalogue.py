"""Reads of skills, territories and providers."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from workforce.models import Provider, Skill, Territory


def skills() -> QuerySet[Skill]:
    """What engineers can be able to do, by name."""
    return Skill.objects.all()


def skills_with_counts() -> QuerySet[Skill]:
    """Skills with how many engineers hold each, as `holders`."""
    return Skill.objects.annotate(holders=Count("engineer_skills")).order_by("name", "id")


def territories() -> QuerySet[Territory]:
    """Sets of areas, by name."""
    return Territory.objects.all()


def territories_with_counts() -> QuerySet[Territory]:
    """Territories with how many engineers cover each, as `covered_by`."""
    return Territory.objects.annotate(covered_by=Count("engineer_territories")).order_by("name", "id")


def get_territory(territory_id: int) -> Territory:
    """One territory. Raises `NotFound`."""
    found = Territory.objects.filter(pk=territory_id).first()
    if found is None:
        raise NotFound(_("Territory %(id)s: not found.") % {"id": territory_id})
    return found


def providers() -> QuerySet[Provider]:
    """Downstream companies, by name."""
    return Provider.objects.all()
