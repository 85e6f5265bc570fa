from django.db import migrations

from tenants.postgres.operations import definer_function

STABLE, VOLATILE = "statement_timestamp()", "clock_timestamp()"
FACT_IS_THERE = """
    AND NOT EXISTS (
      SELECT FROM journal_outboxevent o WHERE o.tenant_id = t.tenant_id AND o.event_id = t.event_id
    )
"""


def claim(moment):
    return definer_function(
        name="claim_outbox",
        arguments="lim int, lease interval",
        returns="TABLE (tenant_id bigint, id bigint)",
        body=f"""
            UPDATE journal_outboxevent e
            SET due_at = clock_timestamp() + lease, attempts = attempts + 1
            FROM (
              SELECT d.id FROM journal_outboxevent d
              WHERE d.delivered_at IS NULL AND d.parked_at IS NULL AND d.due_at <= {moment}
              ORDER BY d.due_at, d.id LIMIT lim FOR UPDATE SKIP LOCKED
            ) due
            WHERE e.id = due.id RETURNING e.tenant_id, e.id
        """,  # noqa: S608  our own words
        needs=["SELECT, UPDATE ON journal_outboxevent"],
    )


def pruner(name, table, column, moment, still_needed=""):
    return definer_function(
        name=name,
        arguments="lim int, kept interval",
        returns="bigint",
        body=f"""
            WITH gone AS (
              DELETE FROM {table} WHERE id IN (
                SELECT t.id FROM {table} t WHERE t.{column} < {moment} - kept {still_needed}
                ORDER BY t.{column} LIMIT lim FOR UPDATE SKIP LOCKED
              ) RETURNING 1
            ) SELECT count(*) FROM gone
        """,  # noqa: S608  our own words
        needs=[f"SELECT, UPDATE, DELETE ON {table}"],
    )


def functions(moment):
    """Those that look for rows up to a moment. A volatile one is no bound of an index: all of it would be read."""
    return [
        claim(moment),
        pruner("prune_outbox", "journal_outboxevent", "delivered_at", moment),
        pruner("prune_handled", "journal_handledevent", "handled_at", moment, FACT_IS_THERE),
        pruner("prune_idempotent_acts", "journal_idempotentact", "created_at", moment),
    ]


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_one_index_fewer")]

    operations = [
        migrations.RunSQL(new.sql, old.sql)
        for new, old in zip(functions(STABLE), functions(VOLATILE), strict=True)
    ]
