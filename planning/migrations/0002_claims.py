from django.db import migrations

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_initial")]

    operations = [
        definer_function(
            name="claim_plan_runs",
            arguments="lim int, lease interval, moment timestamptz",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE planning_planrun r SET state = 'running', attempts = r.attempts + 1,
                  started_at = coalesce(r.started_at, moment), leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM planning_planrun d
                  WHERE d.state = 'queued' OR d.state = 'running' AND d.leased_until < clock_timestamp()
                  ORDER BY (
                    SELECT count(*) FROM planning_planrun o WHERE o.tenant_id = d.tenant_id
                      AND o.state = 'running' AND o.leased_until >= clock_timestamp()
                  ), d.asked_at, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
                ) due
                WHERE r.id = due.id RETURNING r.tenant_id, r.id
            """,
            needs=["SELECT, UPDATE ON planning_planrun"],
        ),
    ]
