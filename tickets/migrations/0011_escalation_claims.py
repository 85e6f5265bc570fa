from django.db import migrations

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_escalations")]

    operations = [
        definer_function(
            name="claim_escalations",
            arguments="lim int, lease interval, moment timestamptz",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE tickets_escalationtimer t SET leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM tickets_escalationtimer d
                  WHERE d.done_at IS NULL AND d.due_at <= moment
                    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
                  ORDER BY d.due_at LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE t.id = due.id RETURNING t.tenant_id, t.id
            """,
            needs=["SELECT, UPDATE ON tickets_escalationtimer"],
        ),
    ]
