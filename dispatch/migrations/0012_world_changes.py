"""Triggers tell what changed of engineers and their visits, so that kept worlds need not count all rows."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.fields
from tenants.postgres.operations import definer_function

TELL = """
    INSERT INTO dispatch_worldchange (tenant_id, engineer_id, is_plan, xact, at, is_edge)
    SELECT DISTINCT r.tenant_id, {engineer}, {is_plan}, pg_current_xact_id()::text::bigint,
      statement_timestamp(), false
    FROM {rows} r
"""
BOTH = "(SELECT * FROM gone UNION ALL SELECT * FROM come)"
DIFFERING = """(
    SELECT g.* FROM gone g JOIN come c ON c.id = g.id WHERE ({old}) IS DISTINCT FROM ({new})
    UNION ALL SELECT c.* FROM gone g JOIN come c ON c.id = g.id WHERE ({old}) IS DISTINCT FROM ({new})
)"""
PLANNED = ("engineer_id", "work_order_id", "start_at", "end_at", "status", "arrived_at", "ended_at")
OF_BREAK = """coalesce((
    SELECT s.engineer_id FROM workforce_shift s WHERE s.tenant_id = r.tenant_id AND s.id = r.shift_id
), 0)"""
PEOPLE = {
    "workforce_engineer": "r.id",
    "workforce_engineerskill": "r.engineer_id",
    "workforce_engineerterritory": "r.engineer_id",
    "workforce_shift": "r.engineer_id",
    "workforce_shiftbreak": OF_BREAK,
    "workforce_extrashift": "r.engineer_id",
    "workforce_absence": "r.engineer_id",
    "workforce_territory": "0",
    "workforce_provider": "0",
    "workforce_providerskill": "0",
    "workforce_providerterritory": "0",
}
"""Whose row it is, by table."""
THERE = """
    dispatch_workorder w JOIN dispatch_visit v ON v.tenant_id = w.tenant_id AND v.work_order_id = w.id
    WHERE w.tenant_id = NEW.tenant_id AND {which}
"""


def function(table: str, body: str) -> str:
    return f"""
        CREATE FUNCTION tell_change_of_{table}() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, public AS $body$ BEGIN {body}; RETURN NULL; END $body$;
    """


def told(
    table: str, engineer: str, *, is_plan: bool = False, columns: tuple[str, ...] = ()
) -> migrations.RunSQL:
    """A row for each engineer of a statement; of updates only where one of the columns, if any, differs."""
    names = [", ".join(f"{row}.{column}" for column in columns) for row in ("g", "c")]
    changed = DIFFERING.format(old=names[0], new=names[1]) if columns else BOTH
    by_act = [
        TELL.format(engineer=engineer, is_plan=is_plan, rows=rows) for rows in ("come", "gone", changed)
    ]
    body = "IF TG_OP = 'INSERT' THEN {}; ELSIF TG_OP = 'DELETE' THEN {}; ELSE {}; END IF".format(*by_act)
    triggers = "".join(
        f"""
        CREATE TRIGGER tell_{act.lower()} AFTER {act} ON {table} REFERENCING {rows}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_change_of_{table}();
        """
        for act, rows in (
            ("INSERT", "NEW TABLE AS come"),
            ("DELETE", "OLD TABLE AS gone"),
            ("UPDATE", "OLD TABLE AS gone NEW TABLE AS come"),
        )
    )
    return migrations.RunSQL(
        function(table, body) + triggers, f"DROP FUNCTION tell_change_of_{table}() CASCADE"
    )


def told_of_visits(table: str, which: str, columns: tuple[str, ...]) -> migrations.RunSQL:
    """A row for each engineer whose visits hang on one of these columns: they are seldom written."""
    body = f"""
        INSERT INTO dispatch_worldchange (tenant_id, engineer_id, is_plan, xact, at, is_edge)
        SELECT DISTINCT v.tenant_id, v.engineer_id, true, pg_current_xact_id()::text::bigint,
          statement_timestamp(), false
        FROM {THERE.format(which=which)}
    """
    differs = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    trigger = f"""
        CREATE TRIGGER tell_update AFTER UPDATE OF {", ".join(columns)} ON {table}
        FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION tell_change_of_{table}();
    """
    return migrations.RunSQL(
        function(table, body) + trigger, f"DROP FUNCTION tell_change_of_{table}() CASCADE"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_visiting_hours"),
        ("dispatch", "0011_nobody_there"),
        ("tenants", "0003_let_the_app_analyze"),
        ("workforce", "0002_people_time_and_capacity"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorldChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("engineer_id", models.BigIntegerField()),
                ("is_plan", models.BooleanField(default=False)),
                ("xact", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("is_edge", models.BooleanField(default=False)),
                (
                    "tenant",
                    tenants.fields.TenantKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "xact"], name="world_change_xact_idx")],
            },
        ),
        *(told(table, engineer) for table, engineer in PEOPLE.items()),
        told("dispatch_visit", "r.engineer_id", is_plan=True, columns=PLANNED),
        told_of_visits("dispatch_workorder", "w.id = NEW.id", ("site_id", "number")),
        told_of_visits("customers_site", "w.site_id = NEW.id", ("latitude", "longitude")),
        migrations.RunSQL(
            """
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dispatch_worldchange
            FOR EACH ROW WHEN (current_user <> 'fsm_worker') EXECUTE FUNCTION refuse_change()
            """,
            "DROP TRIGGER append_only ON dispatch_worldchange",
        ),
        definer_function(
            name="prune_world_changes",
            arguments="kept interval",
            returns="bigint",
            body="""
                WITH old AS (
                  SELECT c.id, row_number() OVER (PARTITION BY c.tenant_id ORDER BY c.xact DESC, c.id DESC) AS age
                  FROM dispatch_worldchange c
                  WHERE c.at < statement_timestamp() - kept
                    AND c.xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                ), edge AS (
                  UPDATE dispatch_worldchange c SET is_edge = true FROM old
                  WHERE c.id = old.id AND old.age = 1 AND NOT c.is_edge
                ), gone AS (
                  DELETE FROM dispatch_worldchange c USING old WHERE c.id = old.id AND old.age > 1 RETURNING 1
                ) SELECT count(*) FROM gone
            """,
            needs=["SELECT, UPDATE, DELETE ON dispatch_worldchange"],
        ),
    ]
