"""What may be done to engineers, their skills and their working time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict, NotFound
from journal import services as journal
from tenants.actors import Actor
from workforce import queries
from workforce.models import (
    Absence,
    Engineer,
    EngineerSkill,
    EngineerTerritory,
    Provider,
    Shift,
    Skill,
    Territory,
)

Week = Mapping[int, Sequence[tuple[time, time]]]
_ENGINEER_FIELDS = frozenset(
    {"name", "phone", "email", "home_latitude", "home_longitude", "time_zone", "is_active"}
    | {"membership_id", "provider_id"}
)


@dataclass(frozen=True, slots=True)
class Held:
    """A skill somebody has: level 1 to 5, and the last day its certificate holds (None: for good)."""

    skill_id: int
    level: int = 1
    expires_on: date | None = None


@transaction.atomic
def create_skill(*, code: str, name: str, actor: Actor, at: datetime) -> Skill:
    """Name something engineers can be able to do."""
    actor.require(Permission.WORKFORCE_EDIT)
    skill = Skill(code=code, name=name)
    _save(skill)
    journal.record(actor=actor, verb="created", thing=skill, at=at)
    return skill


@transaction.atomic
def update_skill(*, skill_id: int, actor: Actor, at: datetime, **changes: Any) -> Skill:
    """Change a skill's `code` or `name`."""
    skill = Skill.objects.select_for_update().filter(pk=skill_id).first()
    if skill is None:
        raise NotFound(_("Skill %(id)s: not found.") % {"id": skill_id})
    actor.require(Permission.WORKFORCE_EDIT, skill)
    _change(skill, changes, {"code", "name"}, actor, at)
    return skill


@transaction.atomic
def create_territory(*, code: str, name: str, areas: Iterable[str], actor: Actor, at: datetime) -> Territory:
    """Name a set of areas that engineers cover."""
    actor.require(Permission.WORKFORCE_EDIT)
    territory = Territory(code=code, name=name, areas=_areas(areas))
    _save(territory)
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
    _change(territory, changes, {"name", "areas"}, actor, at)
    return territory


@transaction.atomic
def create_provider(*, code: str, name: str, actor: Actor, at: datetime, email: str = "") -> Provider:
    """Name a downstream company that lends engineers."""
    actor.require(Permission.WORKFORCE_EDIT)
    provider = Provider(code=code, name=name, email=email)
    _save(provider)
    journal.record(actor=actor, verb="created", thing=provider, at=at)
    return provider


@transaction.atomic
def create_engineer(*, name: str, actor: Actor, at: datetime, **facts: Any) -> Engineer:
    """Add a person who can be sent.

    `facts`: phone, email, home_latitude, home_longitude (WGS-84), time_zone, membership_id, provider_id,
    is_active.
    """
    actor.require(Permission.WORKFORCE_EDIT)
    _check_known(facts, _ENGINEER_FIELDS)
    engineer = Engineer(name=name, **facts)
    _check_home(engineer.home_latitude, engineer.home_longitude)
    _save(engineer)
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
    _change(engineer, changes, _ENGINEER_FIELDS, actor, at)
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
    before = [str(s) for s in engineer.engineer_skills.select_related("skill")]
    engineer.engineer_skills.exclude(skill_id__in=wanted).delete()
    for held in wanted.values():
        EngineerSkill.objects.update_or_create(
            engineer=engineer,
            skill_id=held.skill_id,
            defaults={"level": held.level, "expires_on": held.expires_on},
        )
    after = [str(s) for s in engineer.engineer_skills.select_related("skill")]
    _touch(engineer, actor, at, {"skills": [before, after]})
    return engineer


@transaction.atomic
def set_shifts(*, engineer_id: int, weekly: Week, actor: Actor, at: datetime) -> Engineer:
    """Say anew the engineer's week: {0 (Monday): [(09:00, 17:30)], …}. An end at or before its start is
    overnight."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    if any(not 0 <= day <= 6 for day in weekly):
        raise BadInput(_("A weekday is from 0 (Monday) to 6 (Sunday)."))
    before = [str(s) for s in engineer.shifts.all()]
    engineer.shifts.all().delete()
    rows = [
        Shift(engineer=engineer, weekday=day, starts=starts, ends=ends)
        for day, spans in sorted(weekly.items())
        for starts, ends in sorted(set(spans))
    ]
    if len({(row.weekday, row.starts) for row in rows}) != len(rows):
        raise BadInput(_("Two shifts of one day start at the same time. Keep one of them."))
    Shift.objects.bulk_create(rows)
    _touch(engineer, actor, at, {"shifts": [before, [str(row) for row in rows]]})
    return engineer


@transaction.atomic
def add_absence(
    *, engineer_id: int, start_at: datetime, end_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> Absence:
    """Keep a time free of visits. Visits already planned in it stay, and are for the dispatcher to move."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    if end_at <= start_at:
        raise BadInput(_("The absence ends before it starts. Swap the two times."))
    absence = Absence.objects.create(engineer=engineer, start_at=start_at, end_at=end_at, reason=reason[:200])
    facts = {"from": start_at.isoformat(), "to": end_at.isoformat(), "reason": absence.reason}
    _touch(engineer, actor, at, {"absence": facts})
    return absence


@transaction.atomic
def remove_absence(*, absence_id: int, actor: Actor, at: datetime) -> None:
    """Take an absence back. One that is gone already changes nothing."""
    absence = Absence.objects.select_for_update().select_related("engineer").filter(pk=absence_id).first()
    actor.require(Permission.WORKFORCE_EDIT, absence)
    if absence is None:
        return
    _touch(absence.engineer, actor, at, {"absence": [absence.start_at.isoformat(), None]})
    absence.delete()


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
    _touch(engineer, actor, at, {"territories": [before, after]})
    return engineer


def _areas(areas: Iterable[str]) -> list[str]:
    return sorted({area.strip()[:80] for area in areas if area.strip()})


def _check_home(latitude: float | None, longitude: float | None) -> None:
    if (latitude is None) != (longitude is None):
        raise BadInput(_("A home base needs both a latitude and a longitude, or neither."))
    if abs(latitude or 0) > 90 or abs(longitude or 0) > 180:
        raise BadInput(_("A latitude is from -90 to 90, a longitude from -180 to 180."))


def _check_known(facts: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")


def _save(thing: models.Model) -> None:
    """Check and save; a code that is taken is a conflict, everything else bad input."""
    try:
        thing.full_clean()
    except ValidationError as problem:
        raise _refusal(problem, thing) from problem
    thing.save()


def _refusal(problem: ValidationError, thing: models.Model) -> BadInput | Conflict:
    text = " ".join(problem.messages)
    if any(error.code in {"unique", "unique_together"} for error in _errors(problem)):
        return Conflict(
            _("%(thing)s: %(text)s Use the one that exists, or choose another code.")
            % {"thing": thing, "text": text}
        )
    return BadInput(text, errors=problem.message_dict)


def _errors(problem: ValidationError) -> list[ValidationError]:
    return [error for errors in problem.error_dict.values() for error in errors]


def _change(
    thing: models.Model, changes: Mapping[str, Any], known: Iterable[str], actor: Actor, at: datetime
) -> None:
    _check_known(changes, known)
    told = {
        field: [_plain(getattr(thing, field)), _plain(value)]
        for field, value in changes.items()
        if getattr(thing, field) != value
    }
    for field, value in changes.items():
        setattr(thing, field, value)
    if told:
        _save(thing)
        journal.record(actor=actor, verb="changed", thing=thing, at=at, changes=told)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


def _touch(engineer: Engineer, actor: Actor, at: datetime, changes: dict[str, Any]) -> None:
    engineer.save(update_fields=["updated_at"])
    journal.record(actor=actor, verb="changed", thing=engineer, at=at, changes=changes)
