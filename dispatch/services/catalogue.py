"""Kinds of work, and the rules that plan them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict, NotFound
from dispatch import queries
from dispatch.models import DispatchRule, WorkType, WorkTypeSkill
from journal import services as journal
from tenants.actors import Actor

_RULE_FIELDS = ("name", "position", "conditions", "strategy", "horizon_days", "sends_at_once", "is_enabled")
_CONDITIONS = ("work_types", "areas", "max_priority")


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
) -> WorkType:
    """Name a kind of work: how long it takes and which skills {skill id: least level} it needs.

    Tickets of the topic `topic_id` become work of this kind by themselves.
    """
    actor.require(Permission.RULE_EDIT)
    work_type = WorkType(code=code, name=name, duration_minutes=duration_minutes, topic_id=topic_id)
    _save(work_type)
    _set_skills(work_type, skills or {})
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
    **changes: Any,
) -> WorkType:
    """Change `name`, `duration_minutes`, `topic_id`, `is_active` or all skills; earlier work orders stay."""
    work_type = WorkType.objects.select_for_update().filter(pk=work_type_id).first()
    if work_type is None:
        raise NotFound(_("Work type %(id)s: not found.") % {"id": work_type_id})
    actor.require(Permission.RULE_EDIT, work_type)
    told = _apply(work_type, changes, ("name", "duration_minutes", "topic_id", "is_active"))
    _save(work_type)
    if skills is not None:
        _set_skills(work_type, skills)
        told["skills"] = len(skills)
    journal.record(actor=actor, verb="changed", thing=work_type, at=at, changes=told)
    return work_type


@transaction.atomic
def create_rule(*, name: str, actor: Actor, at: datetime, **facts: Any) -> DispatchRule:
    """Add an auto-dispatch rule. `facts`: position, conditions, strategy, horizon_days, sends_at_once,
    is_enabled."""
    actor.require(Permission.RULE_EDIT)
    rule = DispatchRule(name=name)
    _apply(rule, facts, _RULE_FIELDS)
    _check_conditions(rule.conditions)
    _save(rule)
    journal.record(actor=actor, verb="created", thing=rule, at=at, changes={"conditions": rule.conditions})
    return rule


@transaction.atomic
def update_rule(*, rule_id: int, actor: Actor, at: datetime, **changes: Any) -> DispatchRule:
    """Change a rule. Its version grows, and every run says which version it was."""
    rule = DispatchRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("Rule %(id)s: not found.") % {"id": rule_id})
    actor.require(Permission.RULE_EDIT, rule)
    told = _apply(rule, changes, _RULE_FIELDS)
    _check_conditions(rule.conditions)
    if told:
        rule.version += 1
        _save(rule)
        journal.record(actor=actor, verb="changed", thing=rule, at=at, changes=told)
    return rule


def set_rule_enabled(*, rule_id: int, is_enabled: bool, actor: Actor, at: datetime) -> DispatchRule:
    """Switch a rule on or off."""
    return update_rule(rule_id=rule_id, actor=actor, at=at, is_enabled=is_enabled)


def _check_conditions(conditions: Mapping[str, Any]) -> None:
    unknown = sorted(set(conditions) - set(_CONDITIONS))
    if unknown:
        text = _("%(name)s is not a condition. Use work_types, areas or max_priority.") % {"name": unknown[0]}
        raise BadInput(text, errors={"conditions": [text]})
    known = set(queries.work_types().values_list("code", flat=True))
    missing = sorted(set(conditions.get("work_types") or ()) - known)
    if missing:
        text = _("There is no work type %(code)s here.") % {"code": missing[0]}
        raise BadInput(text, errors={"conditions": [text]})
    most = conditions.get("max_priority")
    if most is not None and most not in (1, 2, 3, 4):
        text = _("A priority is from 1 to 4.")
        raise BadInput(text, errors={"conditions": [text]})


def _set_skills(work_type: WorkType, skills: Mapping[int, int]) -> None:
    work_type.work_type_skills.exclude(skill_id__in=skills).delete()
    for skill_id, level in skills.items():
        WorkTypeSkill.objects.update_or_create(
            work_type=work_type, skill_id=skill_id, defaults={"level": level}
        )


def _apply(thing: models.Model, changes: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")
    told = {f: [getattr(thing, f), value] for f, value in changes.items() if getattr(thing, f) != value}
    for field_name, value in changes.items():
        setattr(thing, field_name, value)
    return told


def _save(thing: models.Model) -> None:
    try:
        thing.full_clean()
    except ValidationError as problem:
        errors = [error for found in problem.error_dict.values() for error in found]
        text = " ".join(problem.messages)
        if any(error.code in {"unique", "unique_together"} for error in errors):
            message = _("%(thing)s: %(text)s Use the one that exists, or choose another code.")
            raise Conflict(message % {"thing": thing, "text": text}) from problem
        raise BadInput(text, errors=problem.message_dict) from problem
    thing.save()
