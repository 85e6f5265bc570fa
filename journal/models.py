"""The audit trail, the outbox, and the marks that make every unsafe act happen once."""

from __future__ import annotations

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

from tenants.models import TenantModel


class AuditEntry(TenantModel):
    """One act: who did what to which thing, and what changed. Append-only (a trigger refuses the rest)."""

    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    object_label = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    changes = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    actor_kind = models.CharField(max_length=10)
    actor_label = models.CharField(max_length=200)
    membership_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField()
    device_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "object_type", "object_id", "id"], name="audit_object_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_label}"


class OutboxEvent(TenantModel):
    """One fact to be told. Claimed by a lease on the database's clock; `id` is its place in line."""

    event_id = models.UUIDField(db_default=RandomUUID())
    name = models.CharField(max_length=80)
    payload = models.JSONField()
    occurred_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "event_id"], name="outbox_event_uniq"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(delivered_at__isnull=True, parked_at__isnull=True),
                name="outbox_due_idx",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=models.Q(delivered_at__isnull=False),
                name="outbox_told_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class HandledEvent(TenantModel):
    """This handler has dealt with this fact: written in the handler's own transaction, kept like the fact."""

    handler = models.CharField(max_length=120)
    event_id = models.UUIDField()
    handled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "handler", "event_id"], name="handled_event_uniq"),
        ]
        indexes = [models.Index(fields=["handled_at"], name="handled_at_idx")]

    def __str__(self) -> str:
        return f"{self.handler} {self.event_id}"


class IdempotentAct(TenantModel):
    """An unsafe request that was answered: the same key gets the same answer, and nothing happens twice."""

    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "scope", "key"], name="idempotent_act_uniq"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_act_age_idx")]

    def __str__(self) -> str:
        return self.key
