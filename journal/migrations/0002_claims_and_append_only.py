from django.db import migrations

from tenants.postgres.operations import append_only, definer_function


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        append_only("journal_auditentry"),
        append_only("journal_handledevent"),
        definer_function(
            name="claim_outbox",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE journal_outboxevent e
                SET due_at = clock_timestamp() + lease, attempts = attempts + 1
                FROM (
                  SELECT d.id FROM journal_outboxevent d
                  WHERE d.delivered_at IS NULL AND d.parked_at IS NULL AND d.due_at <= clock_timestamp()
                  ORDER BY d.due_at, d.id LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE e.id = due.id RETURNING e.tenant_id, e.id
            """,
            needs=["SELECT, UPDATE ON journal_outboxevent"],
        ),
    ]
