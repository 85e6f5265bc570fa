from django.db import migrations, models

from tenants.postgres.operations import definer_function

BATCH = """
    WITH gone AS (
      DELETE FROM {table} WHERE id IN (
        SELECT t.id FROM {table} t WHERE t.{column} < clock_timestamp() - kept {still_needed}
        ORDER BY t.{column} LIMIT lim FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    ) SELECT count(*) FROM gone
"""
FACT_IS_THERE = """
    AND NOT EXISTS (
      SELECT FROM journal_outboxevent o WHERE o.tenant_id = t.tenant_id AND o.event_id = t.event_id
    )
"""


def pruner(name: str, table: str, column: str, still_needed: str = "") -> migrations.RunSQL:
    return definer_function(
        name=name,
        arguments="lim int, kept interval",
        returns="bigint",
        body=BATCH.format(table=table, column=column, still_needed=still_needed),
        # Locking rows asks for UPDATE, too.
        needs=[f"SELECT, UPDATE, DELETE ON {table}"],
    )


class Migration(migrations.Migration):
    """What nothing will ask for again can be deleted, and only by the functions that know what that is."""

    dependencies = [("journal", "0002_claims_and_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="handledevent",
            index=models.Index(fields=["handled_at"], name="handled_at_idx"),
        ),
        migrations.AddIndex(
            model_name="idempotentact",
            index=models.Index(fields=["created_at"], name="idempotent_act_age_idx"),
        ),
        migrations.AddIndex(
            model_name="outboxevent",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", False)),
                fields=["delivered_at"],
                name="outbox_told_idx",
            ),
        ),
        migrations.RunSQL(
            """
            DROP TRIGGER append_only ON journal_handledevent;
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_handledevent
            FOR EACH ROW WHEN (current_user <> 'fsm_worker') EXECUTE FUNCTION refuse_change()
            """,
            """
            DROP TRIGGER append_only ON journal_handledevent;
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_handledevent
            FOR EACH ROW EXECUTE FUNCTION refuse_change()
            """,
        ),
        pruner("prune_outbox", "journal_outboxevent", "delivered_at"),
        pruner("prune_handled", "journal_handledevent", "handled_at", FACT_IS_THERE),
        pruner("prune_idempotent_acts", "journal_idempotentact", "created_at"),
    ]
