from django.db import migrations, models

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("channels", "0008_held_accounts")]

    operations = [
        migrations.AddField("inboundmessage", "files_due_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "inboundmessage", "files_claimed_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "inboundmessage", "files_tries", models.PositiveSmallIntegerField(default=0, editable=False)
        ),
        migrations.AddIndex(
            "inboundmessage",
            models.Index(
                condition=models.Q(("files_due_at__isnull", False)),
                fields=["files_due_at", "id"],
                name="inbound_files_due_idx",
            ),
        ),
        definer_function(
            name="claim_files",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE channels_inboundmessage m
                SET files_due_at = clock_timestamp() + lease, files_claimed_at = clock_timestamp(),
                    files_tries = m.files_tries + 1
                FROM (
                  SELECT d.id FROM channels_inboundmessage d
                  WHERE d.files_due_at <= clock_timestamp()
                    AND NOT EXISTS (
                      SELECT FROM channels_inboundmessage b
                      WHERE b.files_due_at IS NOT NULL
                        AND b.files_claimed_at > clock_timestamp() - interval '60 seconds'
                        AND b.tenant_id = d.tenant_id AND b.account_id = d.account_id)
                  ORDER BY d.files_due_at, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
                ) due
                WHERE m.id = due.id RETURNING m.tenant_id, m.id
            """,
            needs=["SELECT, UPDATE ON channels_inboundmessage"],
        ),
    ]
