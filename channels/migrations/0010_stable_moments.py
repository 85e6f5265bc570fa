from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models.functions import Coalesce

from tenants.postgres.operations import definer_function

STABLE, VOLATILE = "statement_timestamp()", "clock_timestamp()"
DUE_AT_ONCE = "coalesce(d.due_at, '0001-01-01 00:00:00+00'::timestamptz)"


def claim_outbound(is_due, first):
    """A volatile moment is no bound of an index, nor is one of two conditions: all that waits would be read.

    What is looked up for each row stays volatile: joined as a whole it would be gathered before the first row.
    """
    return definer_function(
        name="claim_outbound",
        arguments="lim int, lease interval",
        returns="TABLE (tenant_id bigint, id bigint)",
        body=f"""
            UPDATE channels_outboundmessage m
            SET due_at = clock_timestamp() + lease, claimed_at = clock_timestamp(), attempts = m.attempts + 1
            FROM (
              SELECT d.id FROM channels_outboundmessage d
              WHERE d.status = 'queued' AND {is_due}
                AND NOT EXISTS (
                  SELECT FROM channels_channelaccount a WHERE a.id = d.account_id AND a.held_until > clock_timestamp())
                AND NOT EXISTS (
                  SELECT FROM channels_outboundmessage b
                  WHERE b.claimed_at > clock_timestamp() - interval '60 seconds'
                    AND b.tenant_id = d.tenant_id AND b.channel = d.channel
                    AND b.account_id IS NOT DISTINCT FROM d.account_id)
              ORDER BY {first}, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
            ) due
            WHERE m.id = due.id RETURNING m.tenant_id, m.id
        """,  # noqa: S608  our own words
        needs=["SELECT, UPDATE ON channels_outboundmessage", "SELECT ON channels_channelaccount"],
    )


def claim_files(moment):
    return definer_function(
        name="claim_files",
        arguments="lim int, lease interval",
        returns="TABLE (tenant_id bigint, id bigint)",
        body=f"""
            UPDATE channels_inboundmessage m
            SET files_due_at = clock_timestamp() + lease, files_claimed_at = clock_timestamp(),
                files_tries = m.files_tries + 1
            FROM (
              SELECT d.id FROM channels_inboundmessage d
              WHERE d.files_due_at <= {moment}
                AND NOT EXISTS (
                  SELECT FROM channels_inboundmessage b
                  WHERE b.files_due_at IS NOT NULL
                    AND b.files_claimed_at > clock_timestamp() - interval '60 seconds'
                    AND b.tenant_id = d.tenant_id AND b.account_id = d.account_id)
              ORDER BY d.files_due_at, d.id LIMIT lim FOR UPDATE OF d SKIP LOCKED
            ) due
            WHERE m.id = due.id RETURNING m.tenant_id, m.id
        """,  # noqa: S608  our own words
        needs=["SELECT, UPDATE ON channels_inboundmessage"],
    )


class Migration(migrations.Migration):
    dependencies = [("channels", "0009_files_due")]

    operations = [
        migrations.RemoveIndex("outboundmessage", "outbound_due_idx"),
        migrations.AddIndex(
            "outboundmessage",
            models.Index(
                Coalesce("due_at", datetime(1, 1, 1, tzinfo=UTC)),
                "id",
                condition=models.Q(status="queued"),
                name="outbound_due_idx",
            ),
        ),
        migrations.RunSQL(
            claim_outbound(f"{DUE_AT_ONCE} <= {STABLE}", DUE_AT_ONCE).sql,
            claim_outbound(f"(d.due_at IS NULL OR d.due_at <= {VOLATILE})", "d.due_at NULLS FIRST").sql,
        ),
        migrations.RunSQL(claim_files(STABLE).sql, claim_files(VOLATILE).sql),
    ]
