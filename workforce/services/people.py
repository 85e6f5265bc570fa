"""Engineers: who they are, what they cost, what they can do and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from core.places import check_place
from journal import services as journal
from tenants.actors import Actor
from workforce import queries
from workforce.models import Engineer, EngineerSkill, EngineerTerritory
from workforce.services.saving import change, check_known, save, touch

ENGINEER_FIELDS = frozenset(
    {"name", "phone", "email", "home_latitude", "home_longitude", "time_zone", "is_active"}
    | {"membership_id", "provider_id", "max_travel_minutes", "overtime_minutes", "overtime_percent"}
    | {"hour_cost_minor", "km_cost_minor", "overtime_week_minutes"}
)


@dataclass(frozen=True, slots=True)
class Held:
    """A skill somebody has: level 1 to 5, the last day its certificate holds (None: for good), its number."""

    skill_id: int
    level: int = 1
    expires_on: date | None = None
    certificate: str = ""


@transaction.atomic
def create_engineer(*, name: str, actor: Actor, at: datetime, **facts: Any) -> Engineer:
    """Add a person who can be sent.

    `facts`: phone, email, home_latitude, home_longitude (WGS-84), time_zone, membership_id, provider_id,
    is_active, max_travel_minutes (None: as the policy says), overtime_minutes (a shift at most),
    overtime_week_minutes (a week at most, None: no limit), overtime_percent (125: a quarter more),
    hour_cost_minor and km_cost_minor (minor units).
    """
    actor.require(Permission.WORKFORCE_EDIT)
    check_known(facts, ENGINEER_FIELDS)
    engineer = Engineer(name=name, **facts)
    _check_home(engineer.home_latitude, engineer.home_longitude)
    _check_limits(engineer.overtime_minutes, engineer.overtime_week_minutes, engineer.overtime_percent)
    save(engineer)
    journal.record(actor=actor, verb="created", thing=engineer, at=at)
    return engineer


@transaction.atomic
def update_engineer(*, engineer_id: int, actor: Actor, at: datetime, **changes: Any) -> Engineer:
    """Change facts of an engineer. One who is not active keeps the visits already planned."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    _check_home(
        changes.get("home_latitude", engineer.home_latitude),
        changes.get("home_longitude", engineer.home_longitude),
    )
    _check_limits(
        changes.get("overtime_minutes", engineer.overtime_minutes),
        changes.get("overtime_week_minutes", engineer.overtime_week_minutes),
        changes.get("overtime_percent", engineer.overtime_percent),
    )
    change(engineer, changes, ENGINEER_FIELDS, actor, at)
    return engineer


@transaction.atomic
def set_engineer_skills(*, engineer_id: int, skills: Iterable[Held], actor: Actor, at: datetime) -> Engineer:
    """Say anew everything the engineer can do; what is not named is taken away."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    wanted = {held.skill_id: held for held in skills}
    wrong = sorted({h.level for h in wanted.values() if not 1 <= h.level <= 5})
    if wrong:
        raise BadInput(_("A level is from 1 to 5, not %(level)s.") % {"level": wrong[0]})
    before = _told_skills(engineer)
    engineer.engineer_skills.exclude(skill_id__in=wanted).delete()
    for held in wanted.values():
        EngineerSkill.objects.update_or_create(
            engineer=engineer,
            skill_id=held.skill_id,
            defaults={
                "level": held.level,
                "expires_on": held.expires_on,
                "certificate": held.certificate.strip()[:80],
            },
        )
    touch(engineer, actor, at, {"skills": [before, _told_skills(engineer)]})
    return engineer


@transaction.atomic
def assign_territories(
    *, engineer_id: int, territory_ids: Iterable[int], actor: Actor, at: datetime
) -> Engineer:
    """Say anew which territories the engineer covers; none means everywhere."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    wanted = set(territory_ids)
    before = sorted(engineer.territories.values_list("name", flat=True))
    engineer.engineer_territories.exclude(territory_id__in=wanted).delete()
    have = set(engineer.engineer_territories.values_list("territory_id", flat=True))
    EngineerTerritory.objects.bulk_create(
        [EngineerTerritory(engineer=engineer, territory_id=pk) for pk in sorted(wanted - have)]
    )
    after = sorted(engineer.territories.values_list("name", flat=True))
    touch(engineer, actor, at, {"territories": [before, after]})
    return engineer


def _told_skills(engineer: Engineer) -> list[str]:
    """The skills as the record keeps them: "Gas 3", "Gas 3, G-17, until 2027-03-31"."""
    return [
        ", ".join(
            part
            for part in (str(row), row.certificate, f"until {row.expires_on}" if row.expires_on else "")
            if part
        )
        for row in engineer.engineer_skills.select_related("skill")
    ]


def _check_home(latitude: float | None, longitude: float | None) -> None:
    check_place(latitude, longitude, ("home_latitude", "home_longitude"))


def _check_limits(overtime_minutes: int, week_minutes: int | None, overtime_percent: int) -> None:
    if not 0 <= overtime_minutes <= 720:
        text = _("Overtime is at most 720 minutes a shift.")
        raise BadInput(text, errors={"overtime_minutes": [text]})
    if week_minutes is not None and not 0 <= week_minutes <= 5040:
        text = _("Overtime is at most 5,040 minutes a week.")
        raise BadInput(text, errors={"overtime_week_minutes": [text]})
    if not 100 <= overtime_percent <= 500:
        text = _("Overtime is paid from 100 to 500 per cent.")
        raise BadInput(text, errors={"overtime_percent": [text]})
