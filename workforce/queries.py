"""Reads of engineers, skills, territories and working time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.intervals import Interval, without
from core.text import clean
from tenants.actors import Actor
from workforce import rules
from workforce.models import Absence, Engineer, Provider, Skill, Territory


def active_engineers() -> QuerySet[Engineer]:
    """Everybody who can be sent, by name."""
    return Engineer.objects.filter(is_active=True)


def engineers_with_everything(ids: Collection[int] | None = None) -> QuerySet[Engineer]:
    """Engineers with skills, territories, shifts and absences loaded: a fixed number of queries."""
    chosen = Engineer.objects.all() if ids is None else Engineer.objects.filter(pk__in=ids)
    return chosen.select_related("tenant", "provider", "membership").prefetch_related(
        "engineer_skills__skill", "territories", "shifts", "absences"
    )


def engineers_matching(
    *, text: str = "", territory_id: int | None = None, is_active: bool | None = None
) -> QuerySet[Engineer]:
    """The list page's engineers, with everything it shows."""
    found = engineers_with_everything().order_by("name", "id")
    if words := clean(text).strip():
        found = found.filter(
            Q(name__icontains=words) | Q(engineer_skills__skill__name__icontains=words)
        ).distinct()
    if territory_id:
        found = found.filter(territories=territory_id)
    return found if is_active is None else found.filter(is_active=is_active)


def visible_to(actor: Actor, engineers: QuerySet[Engineer]) -> QuerySet[Engineer]:
    """A provider's people see only their own engineers."""
    if actor.provider_code:
        return engineers.filter(provider__code=actor.provider_code)
    return engineers


def get_engineer(engineer_id: int) -> Engineer:
    """One engineer with everything. Raises `NotFound`."""
    engineer = engineers_with_everything([engineer_id]).first()
    if engineer is None:
        raise NotFound(_("Engineer %(id)s: not found.") % {"id": engineer_id})
    return engineer


def engineer_for_update(engineer_id: int) -> Engineer:
    """One engineer, locked. Raises `NotFound`."""
    engineer = Engineer.objects.select_for_update().filter(pk=engineer_id).first()
    if engineer is None:
        raise NotFound(_("Engineer %(id)s: not found.") % {"id": engineer_id})
    return engineer


def find_engineer_of(actor: Actor) -> Engineer | None:
    """The engineer that this member is, or None."""
    if actor.membership_id is None:
        return None
    return Engineer.objects.filter(membership_id=actor.membership_id).first()


def skills() -> QuerySet[Skill]:
    """What engineers can be able to do, by name."""
    return Skill.objects.all()


def territories() -> QuerySet[Territory]:
    """Sets of areas, by name."""
    return Territory.objects.all()


def providers() -> QuerySet[Provider]:
    """Downstream companies, by name."""
    return Provider.objects.all()


def weekly_shifts(engineer: Engineer) -> list[rules.WeeklyShift]:
    """The engineer's week as values, for the pure rules."""
    return [rules.WeeklyShift(s.weekday, s.starts, s.ends) for s in engineer.shifts.all()]


def shift_intervals(engineer: Engineer, from_at: datetime, to_at: datetime) -> list[Interval]:
    """The engineer's shifts between two instants, absences left in; UTC, half-open, in order."""
    zone = engineer.zone or engineer.tenant.zone
    return rules.working_intervals(weekly_shifts(engineer), zone, from_at, to_at)


def working_intervals(engineer: Engineer, from_at: datetime, to_at: datetime) -> list[Interval]:
    """When the engineer works between two instants, absences taken out; UTC, half-open, in order."""
    hours = shift_intervals(engineer, from_at, to_at)
    return without(hours, [(a.start_at, a.end_at) for a in engineer.absences.all()])


def absences_from(engineer_id: int, at: datetime) -> QuerySet[Absence]:
    """Absences that have not ended."""
    return Absence.objects.filter(engineer_id=engineer_id, end_at__gt=at)


def check_visible(actor: Actor, engineer: Engineer) -> None:
    """Raise `NotFound` when a provider's person asks for somebody else's engineer."""
    if actor.provider_code and (engineer.provider is None or engineer.provider.code != actor.provider_code):
        raise NotFound(_("Engineer %(id)s: not found.") % {"id": engineer.pk})


def skills_with_counts() -> QuerySet[Skill]:
    """Skills with how many engineers hold each, as `holders`."""
    return Skill.objects.annotate(holders=Count("engineer_skills")).order_by("name", "id")


def get_territory(territory_id: int) -> Territory:
    """One territory. Raises `NotFound`."""
    found = Territory.objects.filter(pk=territory_id).first()
    if found is None:
        raise NotFound(_("Territory %(id)s: not found.") % {"id": territory_id})
    return found


def territories_with_counts() -> QuerySet[Territory]:
    """Territories with how many engineers cover each, as `covered_by`."""
    return Territory.objects.annotate(covered_by=Count("engineer_territories")).order_by("name", "id")
