"""Reads of the record."""

from __future__ import annotations

from django.db import models

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


def parked_events() -> models.QuerySet[OutboxEvent]:
    """Facts whose handlers kept failing, which a person must look at."""
    return OutboxEvent.objects.filter(parked_at__isnull=False).order_by("id")
