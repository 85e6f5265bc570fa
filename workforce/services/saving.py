"""What every service of workforce does alike: check, save, tell what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor
from workforce.models import Engineer


def check_known(facts: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise TypeError for a fact that the service does not take: a caller's mistake."""
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")


def save(thing: models.Model) -> None:
    """Check and save; what is taken is a conflict, everything else bad input."""
    try:
        thing.full_clean()
    except ValidationError as problem:
        raise _refusal(problem) from problem
    thing.save()


def change(
    thing: models.Model, changes: Mapping[str, Any], known: Iterable[str], actor: Actor, at: datetime
) -> None:
    """Set what is named; save and record it when something really changed."""
    check_known(changes, known)
    told = {
        field: [plain(getattr(thing, field)), plain(value)]
        for field, value in changes.items()
        if getattr(thing, field) != value
    }
    for field, value in changes.items():
        setattr(thing, field, value)
    if told:
        save(thing)
        journal.record(actor=actor, verb="changed", thing=thing, at=at, changes=told)


def touch(engineer: Engineer, actor: Actor, at: datetime, changes: dict[str, Any]) -> None:
    """Record a change of what belongs to the engineer; programs that poll see it as changed."""
    engineer.save(update_fields=["updated_at"])
    journal.record(actor=actor, verb="changed", thing=engineer, at=at, changes=changes)


def plain(value: Any) -> Any:
    """A value as the record keeps it."""
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


def _refusal(problem: ValidationError) -> BadInput | Conflict:
    text = " ".join(problem.messages)
    if any(error.code in {"unique", "unique_together"} for error in _errors(problem)):
        return Conflict(text)
    return BadInput(text, errors=problem.message_dict)


def _errors(problem: ValidationError) -> list[ValidationError]:
    return [error for errors in problem.error_dict.values() for error in errors]
