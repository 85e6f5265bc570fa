"""Reads of skills, territories, providers, crews and capacity rules."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from workforce.models import CapacityRule, Crew, CrewMember, Provider, Skill, Territory


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


def providers_with_scope() -> QuerySet[Provider]:
    """Providers with their scope, and how many active engineers each lends, as `lends`."""
    lends = Count("engineers", filter=Q(engineers__is_active=True), distinct=True)
    scoped = Provider.objects.prefetch_related("skills", "territories")
    return scoped.annotate(lends=lends).order_by("name", "id")


def get_provider(provider_id: int) -> Provider:
    """One provider with its scope and engineers. Raises `NotFound`."""
    found = Provider.objects.prefetch_related("skills", "territories", "engineers__engineer_skills__skill")
    provider = found.filter(pk=provider_id).first()
    if provider is None:
        raise NotFound(_("Provider %(id)s: not found.") % {"id": provider_id})
    return provider


def provider_for_update(provider_id: int) -> Provider:
    """One provider, locked. Raises `NotFound`."""
    provider = Provider.objects.select_for_update().filter(pk=provider_id).first()
    if provider is None:
        raise NotFound(_("Provider %(id)s: not found.") % {"id": provider_id})
    return provider


def crews() -> QuerySet[Crew]:
    """Crews by name, with their members (`crew_members`, who leads first)."""
    members = CrewMember.objects.select_related("engineer")
    return Crew.objects.prefetch_related(Prefetch("crew_members", members))


def get_crew(crew_id: int) -> Crew:
    """One crew with its members. Raises `NotFound`."""
    crew = crews().filter(pk=crew_id).first()
    if crew is None:
        raise NotFound(_("Crew %(id)s: not found.") % {"id": crew_id})
    return crew


def crew_for_update(crew_id: int) -> Crew:
    """One crew, locked. Raises `NotFound`."""
    crew = Crew.objects.select_for_update().filter(pk=crew_id).first()
    if crew is None:
        raise NotFound(_("Crew %(id)s: not found.") % {"id": crew_id})
    return crew


def capacity_rules() -> QuerySet[CapacityRule]:
    """Every capacity rule with its territory and skill, those for everything first."""
    named = CapacityRule.objects.select_related("territory", "skill")
    return named.order_by("territory__name", "skill__name", "weekday", "id")


def get_capacity_rule(rule_id: int) -> CapacityRule:
    """One capacity rule. Raises `NotFound`."""
    rule = capacity_rules().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("Capacity rule %(id)s: not found.") % {"id": rule_id})
    return rule


def capacity_rule_for_update(rule_id: int) -> CapacityRule:
    """One capacity rule, locked. Raises `NotFound`."""
    rule = CapacityRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("Capacity rule %(id)s: not found.") % {"id": rule_id})
    return rule
