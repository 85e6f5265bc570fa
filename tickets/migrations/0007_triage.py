"""Wakes, mentions, and an owner and a time of the next action for every ticket past triage."""

import django.contrib.postgres.fields
from django.db import migrations, models

from tenants.postgres.operations import definer_function

OWNERS = """
    UPDATE tickets_ticket t SET owner_id = (
      SELECT m.id FROM accounts_membership m JOIN accounts_role r ON r.id = m.role_id
      WHERE m.tenant_id = t.tenant_id AND m.is_active AND r.permissions @> ARRAY['ticket_work']::varchar[]
      ORDER BY r.code = 'service_desk' DESC, m.id LIMIT 1
    )
    WHERE t.owner_id IS NULL AND t.status IN ('open', 'waiting', 'reopened')
"""
NOBODY_TO_OWN = """
    UPDATE tickets_ticket SET status = 'new', waiting_for = ''
    WHERE owner_id IS NULL AND status IN ('open', 'waiting', 'reopened')
"""
NEXT_ACTIONS = """
    UPDATE tickets_ticket SET next_action_at = COALESCE(due_at, now())
    WHERE next_action_at IS NULL AND status IN ('open', 'waiting', 'reopened')
"""
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_limits"),
        ("tickets", "0006_sla_columns_go"),
    ]

    operations = [
        migrations.AddField("ticket", "visit_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("ticket", "wake_leased_until", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "ticketmessage",
            "mentions",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        *[migrations.RunSQL(sql, "") for sql in (OWNERS, NOBODY_TO_OWN, NEXT_ACTIONS, CHECKED)],
        migrations.AddConstraint(
            "ticket",
            models.CheckConstraint(
                condition=~models.Q(status__in=("open", "waiting", "reopened"))
                | models.Q(owner__isnull=False, next_action_at__isnull=False),
                name="ticket_owned_and_timed",
            ),
        ),
        migrations.AddIndex(
            "ticket",
            models.Index(
                fields=["next_action_at", "id"], condition=models.Q(status="waiting"), name="ticket_wake_idx"
            ),
        ),
        definer_function(
            name="claim_waking_tickets",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE tickets_ticket t SET wake_leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM tickets_ticket d
                  WHERE d.status = 'waiting' AND d.next_action_at <= clock_timestamp()
                    AND (d.wake_leased_until IS NULL OR d.wake_leased_until < clock_timestamp())
                  ORDER BY d.next_action_at LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE t.id = due.id RETURNING t.tenant_id, t.id
            """,
            needs=["SELECT, UPDATE ON tickets_ticket"],
        ),
    ]
