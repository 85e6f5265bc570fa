"""Kinds of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, NotFound
from dispatch.enums import CrewCover
from dispatch.models import WorkOrder, WorkType, WorkTypePart, WorkTypeSkill
from journal import services as journal
from tenants.actors import Actor

LONGEST_WHOLE, LONGEST_SPLIT = 1_440, 28_800
"""Minutes: as the database has them (`models.work.DURATION_POSSIBLE`)."""
_CHANGEABLE = (
    "name",
    "duration_minutes",
    "topic_id",
    "crew_size",
    "crew_cover",
    "may_split",
    "calendar_id",
    "is_active",
)


@transaction.atomic
def create_work_type(
    *,
    code: str,
    name: str,
    actor: Actor,
    at: datetime,
    duration_minutes: int = 60,
    topic_id: int | None = None,
    skills: Mapping[int, int] | None = None,
    crew_size: int = 1,
    crew_cover: str = CrewCover.ALL,
    may_split: bool = False,
    parts: Mapping[int, Decimal] | None = None,
    calendar_id: int | None = None,
) -> WorkType:
    """Name a kind of work: how long it takes, how many engineers and which skills {skill id: least level} it
    needs; `crew_cover` says whether each of them must have the skills or all together.

    What `may_split` may take several days; `parts` {part id:
    quantity} are those it usually takes. Where a site names no visiting hours, work that is not urgent keeps the
    hours of the calendar `calendar_id` (None: at any time). Tickets of the topic `topic_id` become work of this
    kind by themselves.
    """
    actor.require(Permission.RULE_EDIT)
    work_type = WorkType(code=code, name=name, duration_minutes=duration_minutes, topic_id=topic_id)
    work_type.calendar_id = calendar_id
    work_type.crew_size, work_type.crew_cover, work_type.may_split = crew_size, crew_cover, may_split
    check_extent(work_type)
    save_checked(work_type)
    _set_skills(work_type, skills or {})
    _set_parts(work_type, parts or {})
    facts = {"duration_minutes": duration_minutes, "skills": len(skills or {})}
    journal.record(actor=actor, verb="created", thing=work_type, at=at, changes=facts)
    return work_type


@transaction.atomic
def update_work_type(
    *,
    work_type_id: int,
    actor: Actor,
    at: datetime,
    skills: Mapping[int, int] | None = None,
    parts: Mapping[int, Decimal] | None = None,
    **changes: Any,
) -> WorkType:
    """Change `name`, `duration_minutes`, `topic_id`, `crew_size`, `crew_cover`, `may_split`, `calendar_id`,
    `is_active` or all skills or parts; earlier work orders stay."""
    work_type = WorkType.objects.select_for_update().filter(pk=work_type_id).first()
    if work_type is None:
        raise NotFound(_("Work type %(id)s: not found.") % {"id": work_type_id})
    actor.require(Permission.RULE_EDIT, work_type)
    told = apply(work_type, changes, _CHANGEABLE)
    check_extent(work_type)
    save_checked(work_type)
    if skills is not None:
        _set_skills(work_type, skills)
        told["skills"] = len(skills)
    if parts is not None:
        _set_parts(work_type, parts)
        told["parts"] = len(parts)
    journal.record(actor=actor, verb="changed", thing=work_type, at=at, changes=told)
    return work_type


def _set_skills(work_type: WorkType, skills: Mapping[int, int]) -> None:
    work_type.work_type_skills.exclude(skill_id__in=skills).delete()
    for skill_id, level in skills.items():
        WorkTypeSkill.objects.update_or_create(
            work_type=work_type, skill_id=skill_id, defaults={"level": level}
        )


def _set_parts(work_type: WorkType, parts: Mapping[int, Decimal]) -> None:
    work_type.work_type_parts.exclude(part_id__in=parts).delete()
    for part_id, quantity in parts.items():
        WorkTypePart.objects.update_or_create(
            work_type=work_type, part_id=part_id, defaults={"quantity": quantity}
        )


def check_extent(work: WorkType | WorkOrder) -> None:
    """Raise `BadInput` unless the work takes a possible time, of people who can be planned for so long."""
    minutes = work.duration_minutes
    problem = ""
    if minutes < 1:
        problem = _("Work takes a minute or more, not %(n)s. Say how long it takes.") % {"n": minutes}
    elif minutes > LONGEST_SPLIT:
        facts = {"time": formats.minutes(minutes), "most": formats.minutes(LONGEST_SPLIT)}
        problem = _("%(time)s is too long for one work order: %(most)s at most. Make several.") % facts
    elif minutes > LONGEST_WHOLE and not work.may_split:
        problem = _("%(time)s is more than a day. Say that the work may take several days, or shorten it.")
        problem %= {"time": formats.minutes(minutes)}
    if problem:
        raise BadInput(problem, errors={"duration_minutes": [problem]})


def apply(thing: models.Model, changes: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Set the changes on the thing; returns {field: [old, new]} of those that differ."""
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")
    told = {f: [getattr(thing, f), value] for f, value in changes.items() if getattr(thing, f) != value}
    for field_name, value in changes.items():
        setattr(thing, field_name, value)
    return told


def save_checked(thing: models.Model) -> None:
    """Save what is well-formed. Raises `BadInput` naming the fields, or `Conflict` for a code in use."""
    try:
        thing.full_clean()
    except ValidationError as problem:
        errors = [error for found in problem.error_dict.values() for error in found]
        text = " ".join(problem.messages)
        if any(error.code in {"unique", "unique_together"} for error in errors):
            raise Conflict(text) from problem
        raise BadInput(text, errors=problem.message_dict) from problem
    thing.save()
