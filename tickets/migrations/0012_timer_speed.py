"""Many timers due at once: each writes few pages, and no look walks past timers that wait."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.postgres.operations import definer_function


def claim_waking(moment):
    """A volatile moment is no bound of a range: the whole index would be read for it."""
    return definer_function(
        name="claim_waking_tickets",
        arguments="lim int, lease interval",
        returns="TABLE (tenant_id bigint, id bigint)",
        body=f"""
            UPDATE tickets_ticket t SET wake_leased_until = clock_timestamp() + lease
            WHERE t.id = ANY(ARRAY(
              SELECT d.id FROM tickets_ticket d
              WHERE d.status = 'waiting' AND d.next_action_at <= {moment}
                AND (d.wake_leased_until IS NULL OR d.wake_leased_until < {moment})
              ORDER BY d.next_action_at LIMIT lim FOR UPDATE SKIP LOCKED
            )) RETURNING t.tenant_id, t.id
        """,  # noqa: S608  our own words
        needs=["SELECT, UPDATE ON tickets_ticket"],
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0011_escalation_claims")]

    operations = [
        migrations.RunSQL("DROP FUNCTION claim_sla_timers(int, interval)", migrations.RunSQL.noop),
        migrations.RemoveIndex("slatimer", "timer_due_idx"),
        migrations.AddIndex(
            "slatimer",
            models.Index(
                fields=["tenant", "due_at"], condition=models.Q(done_at__isnull=True), name="timer_due_idx"
            ),
        ),
        migrations.AlterField(
            "slatimer",
            "clock",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="timers",
                to="tickets.slaclock",
            ),
        ),
        # Marking a clock as late touches no index, and finds room for its new row on the same page.
        migrations.RemoveIndex("slaclock", "clock_due_idx"),
        migrations.AddIndex(
            "slaclock",
            models.Index(
                fields=["tenant", "due_at"],
                condition=models.Q(stopped_at__isnull=True),
                name="clock_living_idx",
            ),
        ),
        migrations.AlterField(
            "slaclock",
            "ticket",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clocks",
                to="tickets.ticket",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE tickets_slaclock SET (fillfactor = 85)",
            "ALTER TABLE tickets_slaclock RESET (fillfactor)",
        ),
        definer_function(
            name="tenants_with_due_timers",
            arguments="",
            returns="TABLE (tenant_id bigint)",
            body="""
                SELECT n.id FROM tenants_tenant n CROSS JOIN LATERAL (
                  SELECT t.due_at FROM tickets_slatimer t
                  WHERE t.tenant_id = n.id AND t.done_at IS NULL AND t.due_at <= statement_timestamp()
                    AND (t.leased_until IS NULL OR t.leased_until < statement_timestamp())
                  ORDER BY t.due_at LIMIT 1
                ) first ORDER BY first.due_at
            """,
            needs=["SELECT ON tickets_slatimer", "SELECT ON tenants_tenant"],
            volatility="STABLE",
        ),
        migrations.RunSQL(claim_waking("statement_timestamp()").sql, claim_waking("clock_timestamp()").sql),
    ]
