"""Reads of the record."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext as _

from core.errors import NotFound
from journal.models import AuditEntry, OutboxEvent


def entries_about(thing: models.Model) -> models.QuerySet[AuditEntry]:
    """Everything that was done to this thing, newest first."""
    return entries_of(thing._meta.label_lower, thing.pk)


def entries_of(object_type: str, object_id: int) -> models.QuerySet[AuditEntry]:
    """Everything that was done to the thing of this type ("tickets.ticket") and id, newest first."""
    return AuditEntry.objects.filter(object_type=object_type, object_id=object_id).order_by("-id")


def recent_entries() -> models.QuerySet[AuditEntry]:
    """The whole tenant's acts, newest first."""
    return AuditEntry.objects.order_by("-id")


def entries_matching(
    *, person: str = "", verb: str = "", object_type: str = "", before_id: int | None = None
) -> models.QuerySet[AuditEntry]:
    """The tenant's acts that fit, newest first; `before_id` continues an earlier page."""
    wanted: dict[str, object] = {"actor_label": person, "verb": verb, "object_type": object_type}
    found = recent_entries().filter(**{field: value for field, value in wanted.items() if value})
    return found.filter(pk__lt=before_id) if before_id is not None else found


def values_used(field: str, *, among: int = 5000) -> list[str]:
    """The distinct values of a text field in the latest acts: what a filter can offer."""
    latest = recent_entries().values_list(field, flat=True)[:among]
    return sorted(set(latest))


def parked_events() -> models.QuerySet[OutboxEvent]:
    """Facts whose handlers kept failing, which a person must look at; the latest first."""
    return OutboxEvent.objects.filter(parked_at__isnull=False).order_by("-id")


def outbox_event_for_update(outbox_id: int) -> OutboxEvent:
    """The fact, locked; raises NotFound."""
    found = OutboxEvent.objects.select_for_update().filter(pk=outbox_id).first()
    if found is None:
        raise NotFound(_("Fact %(id)s is not here.") % {"id": outbox_id})
    return found
