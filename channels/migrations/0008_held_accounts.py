from django.db import migrations, models

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("channels", "0007_sender_index")]

    operations = [
        migrations.AddField(
            "channelaccount", "held_until", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "outboundmessage", "claimed_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddIndex(
            "inboundmessage",
            models.Index(
                condition=models.Q(("status", "received"), models.Q(("reference", ""), _negated=True)),
                fields=["tenant", "account", "reference"],
                name="inbound_receipt_idx",
            ),
        ),
        migrations.AddIndex(
            "outboundmessage",
            models.Index(
                condition=models.Q(("claimed_at__isnull", False)),
                fields=["tenant", "channel", "account"],
                name="outbound_claimed_idx",
            ),
        ),
        definer_function(
            name="claim_outbound",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE channels_outboundmessage m
                SET due_at = clock_timestamp() + lease, claimed_at = clock_timestamp(),
                    attempts = m.attempts + 1
                FROM (
                  SELECT d.id FROM channels_outboundmessage d
                  WHERE d.status = 'queued' AND (d.due_at IS NULL OR d.due_at <= clock_timestamp())
                    AND NOT EXISTS (
                      SELECT FROM channels_channelaccount a
                      WHERE a.id = d.account_id AND a.held_until > clock_timestamp())
                    AND NOT EXISTS (
                      SELECT FROM channels_outboundmessage b
                      WHERE b.claimed_at > clock_timestamp() - interval '60 seconds'
                        AND b.tenant_id = d.tenant_id AND b.channel = d.channel
                        AND b.account_id IS NOT DISTINCT FROM d.account_id)
                  ORDER BY d.due_at NULLS FIRST, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
                ) due
                WHERE m.id = due.id RETURNING m.tenant_id, m.id
            """,
            needs=["SELECT, UPDATE ON channels_outboundmessage", "SELECT ON channels_channelaccount"],
        ),
    ]
