"""Queues and search that cost the same among a million tickets."""

import django.contrib.postgres.indexes
from django.db import migrations, models

import tickets.models.fields
from tenants.postgres.operations import definer_function
from tickets.grams import BLOCK, grams_of

BATCH = 1_000
LIVING = ["new", "open", "reopened", "waiting"]
IS_LIVING = "t.status IN ('new', 'open', 'reopened', 'waiting')"
NEWEST = 400
"""So many rows are simply read before an index is asked: what stands in every tenth ticket is found there."""
BLOCKS = 8
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


def write_grams(apps, schema_editor):
    """The grams of the tickets that are here already, in the new form."""
    tickets = apps.get_model("tickets", "Ticket")._base_manager
    last = 0
    while True:
        rest = tickets.filter(pk__gt=last).order_by("pk").only("pk", "number", "tenant_id", "search_text")
        batch = list(rest[:BATCH])
        if not batch:
            return
        for ticket in batch:
            ticket.search_grams = grams_of(ticket.search_text, ticket.number, ticket.tenant_id)
        tickets.bulk_update(batch, ["search_grams"])
        last = batch[-1].pk


def hits(where):
    """All tickets that an index finds. They are gathered before numbers are compared, or the planner would
    walk all numbers of the tenant instead."""
    return f"""WITH hits AS MATERIALIZED (
        SELECT t.id, t.number FROM tickets_ticket t
        WHERE t.tenant_id = tenant AND {where} AND position(needle IN t.search_text) > 0)
      SELECT h.id, h.number FROM hits h WHERE h.number < top ORDER BY h.number DESC LIMIT lim - got"""  # noqa: S608  our own words


def newest(where):
    return f"""SELECT r.id, r.number FROM (
        SELECT t.id, t.number, t.search_text FROM tickets_ticket t
        WHERE t.tenant_id = tenant AND {where} AND t.number < top ORDER BY t.number DESC LIMIT {NEWEST}) r
      WHERE position(needle IN r.search_text) > 0 ORDER BY r.number DESC LIMIT lim"""  # noqa: S608  our own words


SEARCH = f"""
#variable_conflict use_column
DECLARE
  tenant CONSTANT bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
  top bigint := below;
  block bigint;
  got int := 0;
  n int;
BEGIN
  IF tenant IS NULL OR lim < 1 THEN RETURN; END IF;
  IF living THEN
    top := COALESCE(top, 9223372036854775807);
    RETURN QUERY {newest(IS_LIVING)};
    GET DIAGNOSTICS got = ROW_COUNT;
    IF got >= lim THEN RETURN; END IF;
    SELECT min(r.number), count(*) INTO top, n FROM (SELECT t.number FROM tickets_ticket t
      WHERE t.tenant_id = tenant AND {IS_LIVING} AND t.number < top ORDER BY t.number DESC LIMIT {NEWEST}) r;
    IF n < {NEWEST} THEN RETURN; END IF;
    RETURN QUERY {hits(f"{IS_LIVING} AND t.search_grams @> wanted")};
    RETURN;
  END IF;
  IF top IS NULL THEN
    SELECT max(t.number) + 1 INTO top FROM tickets_ticket t WHERE t.tenant_id = tenant;
    IF top IS NULL THEN RETURN; END IF;
  END IF;
  RETURN QUERY {newest(f"t.number >= top - {NEWEST}")};
  GET DIAGNOSTICS got = ROW_COUNT;
  top := top - {NEWEST};
  FOR i IN 1..{BLOCKS} LOOP
    IF got >= lim OR top <= 0 THEN RETURN; END IF;
    block := (top - 1) / {BLOCK};
    RETURN QUERY {hits("t.search_grams @> (wanted || (-1 - (tenant * 1000003 + block) % 2147483646)::int)")};
    GET DIAGNOSTICS n = ROW_COUNT;
    got := got + n;
    top := block * {BLOCK};
  END LOOP;
  IF got >= lim OR top <= 0 THEN RETURN; END IF;
  RETURN QUERY {hits("t.search_grams @> wanted")};
END
"""  # noqa: S608  our own words


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_triage")]

    operations = [
        migrations.RunSQL(
            sql="DROP FUNCTION search_tickets(text, text[], int); DROP INDEX ticket_grams_idx",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RemoveField("ticket", "search_grams"),
        migrations.AddField(
            "ticket",
            "search_grams",
            tickets.models.fields.GramsField(
                base_field=models.IntegerField(), default=list, editable=False, size=None
            ),
        ),
        migrations.RunPython(write_grams, migrations.RunPython.noop),
        # Deferred checks of what was written stand in the way of the indexes.
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
        migrations.RemoveIndex("ticket", "ticket_inbox_idx"),
        migrations.AddIndex(
            "ticket", models.Index(fields=["tenant", "status", "-number"], name="ticket_status_idx")
        ),
        migrations.AddIndex(
            "ticket",
            models.Index(
                condition=models.Q(("status__in", LIVING)),
                fields=["tenant", "due_at", "id"],
                name="ticket_living_due_idx",
            ),
        ),
        migrations.AddIndex(
            "ticket",
            models.Index(
                condition=models.Q(("status__in", LIVING)),
                fields=["tenant", "owner", "due_at", "id"],
                name="ticket_living_owner_idx",
            ),
        ),
        migrations.AddIndex(
            "ticket",
            models.Index(
                condition=models.Q(("status__in", LIVING)),
                fields=["tenant", "-number"],
                name="ticket_living_number_idx",
            ),
        ),
        migrations.AddIndex(
            "ticket",
            django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["search_grams"], name="ticket_grams_idx"
            ),
        ),
        migrations.AddIndex(
            "ticket",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("status__in", LIVING)),
                fastupdate=False,
                fields=["search_grams"],
                name="ticket_living_grams_idx",
            ),
        ),
        definer_function(
            name="search_tickets",
            arguments="needle text, wanted int[], lim int, below bigint, living boolean",
            returns="TABLE (id bigint, number bigint)",
            body=SEARCH,
            needs=["SELECT ON tickets_ticket"],
            volatility="STABLE",
            language="plpgsql",
        ),
    ]
