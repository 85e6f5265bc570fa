"""The record: who did what, what happened, and telling those who care, once.

Owns: AuditEntry, OutboxEvent, HandledEvent, IdempotentAct. Publishes: nothing of its own.
May call: tenants, core.

`record` writes the audit trail, `publish` writes a fact to the outbox; both in the caller's transaction.
`deliver_due` claims outbox rows and runs their handlers, each exactly once. Celery only nudges it.
"""
