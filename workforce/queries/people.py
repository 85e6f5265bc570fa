"""Reads of engineers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.text import clean
from tenants.actors import Actor
from workforce.models import Absence, Engineer, EngineerPair, EngineerSkill, ExtraShift


def active_engineers() -> QuerySet[Engineer]:
    """Everybody who can be sent, by name."""
    return Engineer.objects.filter(is_active=True)


def engineers_with_everything(ids: Collection[int] | None = None) -> QuerySet[Engineer]:
    """Engineers with all that their pages show: a fixed number of queries."""
    return engineers_to_plan(ids).prefetch_related("engineer_skills__skill")


def engineers_to_plan(
    ids: Collection[int] | None = None, *, since: datetime | None = None
) -> QuerySet[Engineer]:
    """Engineers with levels of skills, territories, provider and its scope, shifts with breaks, extra shifts and
    absences loaded: a fixed number of queries. `since` leaves out extra shifts and absences that had ended
    by then."""
    chosen = Engineer.objects.all() if ids is None else Engineer.objects.filter(pk__in=ids)
    over = Q() if since is None else Q(end_at__gt=since)
    return chosen.select_related("tenant", "provider", "membership").prefetch_related(
        "engineer_skills",
        "territories",
        "provider__skills",
        "provider__territories",
        "shifts__breaks",
        Prefetch("extra_shifts", ExtraShift.objects.filter(over)),
        Prefetch("absences", Absence.objects.filter(over)),
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


def check_visible(actor: Actor, engineer: Engineer) -> None:
    """Raise `NotFound` when a provider's person asks for somebody else's engineer."""
    if actor.provider_code and (engineer.provider is None or engineer.provider.code != actor.provider_code):
        raise NotFound(_("Engineer %(id)s: not found.") % {"id": engineer.pk})


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


def pairs_of(engineer_id: int) -> QuerySet[EngineerPair]:
    """What is said of the engineer and others, with both."""
    mine = EngineerPair.objects.filter(Q(first_id=engineer_id) | Q(second_id=engineer_id))
    return mine.select_related("first", "second").order_by("liking", "id")


def certificates_ending(first: date, last: date) -> QuerySet[EngineerSkill]:
    """Certificates of active engineers whose last day is between two days (both included), soonest first."""
    dated = EngineerSkill.objects.filter(expires_on__range=(first, last), engineer__is_active=True)
    return dated.select_related("engineer__provider", "skill").order_by("expires_on", "engineer__name", "id")
