from django.db import migrations

from tenants.postgres.operations import append_only, definer_function


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        append_only("tickets_slasegment"),
        definer_function(
            name="claim_sla_timers",
            arguments="lim int, lease interval",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE tickets_slatimer t SET leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM tickets_slatimer d
                  WHERE d.done_at IS NULL AND d.due_at <= clock_timestamp()
                    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
                  ORDER BY d.due_at LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE t.id = due.id RETURNING t.tenant_id, t.id
            """,
            needs=["SELECT, UPDATE ON tickets_slatimer"],
        ),
        definer_function(
            name="search_tickets",
            arguments="needle text, wanted text[], lim int",
            returns="TABLE (id bigint)",
            body="""
                SELECT t.id FROM tickets_ticket t
                WHERE t.tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::bigint
                  AND t.search_grams @> wanted AND position(needle IN t.search_text) > 0
                ORDER BY t.id DESC LIMIT lim
            """,
            needs=["SELECT ON tickets_ticket"],
            volatility="STABLE",
        ),
        migrations.RunSQL(
            sql="""CREATE INDEX ticket_grams_idx ON tickets_ticket USING gin (tenant_id, search_grams)
                   WITH (fastupdate = off)""",
            reverse_sql="DROP INDEX ticket_grams_idx",
        ),
    ]
