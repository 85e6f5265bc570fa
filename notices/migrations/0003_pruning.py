"""Notices that were read long ago can be deleted."""

from django.db import migrations, models

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_claims")]

    operations = [
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=models.Q(("read_at__isnull", False)), fields=["read_at"], name="notice_read_idx"
            ),
        ),
        definer_function(
            name="prune_notices",
            arguments="lim int, kept interval",
            returns="bigint",
            body="""
                WITH gone AS (
                  DELETE FROM notices_notice WHERE id = ANY(ARRAY(
                    SELECT n.id FROM notices_notice n
                    WHERE n.read_at IS NOT NULL AND n.read_at < statement_timestamp() - kept
                    ORDER BY n.read_at LIMIT lim FOR UPDATE SKIP LOCKED
                  )) RETURNING 1
                ) SELECT count(*) FROM gone
            """,
            needs=["SELECT, UPDATE, DELETE ON notices_notice"],
        ),
    ]
