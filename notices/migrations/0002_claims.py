from django.db import migrations

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        definer_function(
            name="claim_notices",
            arguments="lim int, lease interval, moment timestamptz",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE notices_notice n SET leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM notices_notice d
                  WHERE d.delivered_at IS NULL AND d.due_at <= moment
                    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
                  ORDER BY d.due_at LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE n.id = due.id RETURNING n.tenant_id, n.id
            """,
            needs=["SELECT, UPDATE ON notices_notice"],
        ),
    ]
