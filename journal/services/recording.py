"""Writing who did what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models

from journal.bulk import insert_rows
from journal.models import AuditEntry
from tenants.actors import Actor


class Named(NamedTuple):
    """A thing by its table's label ("tickets.ticket"), id and name, where loading it would cost too much."""

    label: str
    pk: int
    name: str


def record(
    *,
    actor: Actor,
    verb: str,
    thing: models.Model,
    at: datetime,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    source: str = "",
    device_at: datetime | None = None,
) -> None:
    """Write who did what to `thing`. `changes` maps a field to [old, new] or to a plain fact."""
    same = _act(actor, verb, at) | {"reason": reason, "source": source, "device_at": device_at}
    insert_rows(AuditEntry, [_about(thing) | {"changes": changes or {}}], same)


def record_many(
    *,
    actor: Actor,
    verb: str,
    things: Iterable[models.Model | Named],
    at: datetime,
    source: str,
    changes: Iterable[dict[str, Any]] | None = None,
) -> None:
    """Write the same act on many things in one statement. `changes` holds one for each of them, in order."""
    told = zip(things, changes, strict=True) if changes is not None else ((thing, None) for thing in things)
    rows = [_about(thing) | {"changes": change or {}} for thing, change in told]
    insert_rows(AuditEntry, rows, _act(actor, verb, at) | {"source": source, "reason": ""})


def _about(thing: models.Model | Named) -> dict[str, Any]:
    named = thing if isinstance(thing, Named) else Named(thing._meta.label_lower, thing.pk, str(thing))
    return {"object_type": named.label, "object_id": named.pk, "object_label": named.name[:200]}


def _act(actor: Actor, verb: str, at: datetime) -> dict[str, Any]:
    return {
        "verb": verb,
        "actor_kind": actor.kind,
        "actor_label": actor.label[:200],
        "membership_id": actor.membership_id,
        "token_id": actor.token_id,
        "at": at,
    }
