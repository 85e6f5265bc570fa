from django.db import migrations, models

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    """The company whose turn is longest ago comes first, whoever asked first: one planner is shared too."""

    dependencies = [("planning", "0003_one_run_at_a_time")]

    operations = [
        migrations.AddIndex(
            model_name="planrun",
            index=models.Index(fields=["tenant", "-started_at"], name="plan_run_turn_idx"),
        ),
        definer_function(
            name="claim_plan_runs",
            arguments="lim int, lease interval, moment timestamptz",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE planning_planrun r SET state = 'running', attempts = r.attempts + 1,
                  started_at = moment, leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM planning_planrun d
                  WHERE d.state = 'queued' OR d.state = 'running' AND d.leased_until < statement_timestamp()
                  ORDER BY (
                    SELECT count(*) FROM planning_planrun o WHERE o.tenant_id = d.tenant_id
                      AND o.state = 'running' AND o.leased_until >= statement_timestamp()
                  ), (
                    SELECT max(o.started_at) FROM planning_planrun o WHERE o.tenant_id = d.tenant_id
                      AND o.started_at IS NOT NULL
                  ) NULLS FIRST, d.asked_at, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
                ) due
                WHERE r.id = due.id RETURNING r.tenant_id, r.id
            """,
            needs=["SELECT, UPDATE ON planning_planrun"],
        ),
    ]
