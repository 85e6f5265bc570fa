from django.db import migrations, models

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_chat_indexes")]

    operations = [
        migrations.AlterField(
            "outboundmessage",
            "status",
            models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sent", "Sent"),
                    ("delivered", "Delivered"),
                    ("failed", "Failed"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        definer_function(
            name="claim_outbound",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE channels_outboundmessage m
                SET due_at = clock_timestamp() + lease, attempts = m.attempts + 1
                FROM (
                  SELECT d.id FROM channels_outboundmessage d
                  WHERE d.status = 'queued' AND (d.due_at IS NULL OR d.due_at <= clock_timestamp())
                  ORDER BY d.due_at NULLS FIRST, d.id LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE m.id = due.id RETURNING m.tenant_id, m.id
            """,
            needs=["SELECT, UPDATE ON channels_outboundmessage"],
        ),
        definer_function(
            name="claim_polls",
            arguments="spoken text[], lim int, lease interval, pause interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE channels_channelaccount a SET leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM channels_channelaccount d
                  WHERE d.is_active AND d.adapter = ANY (spoken)
                    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
                    AND (d.checked_at IS NULL OR d.checked_at < clock_timestamp() - pause)
                  ORDER BY d.checked_at NULLS FIRST LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE a.id = due.id RETURNING a.tenant_id, a.id
            """,
            needs=["SELECT, UPDATE ON channels_channelaccount"],
        ),
    ]
