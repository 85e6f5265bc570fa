from django.db import migrations

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0004_policies_offers_crews")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION refuse_part_of_a_crew() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, public AS $body$
            DECLARE needed int; booked int; starts int; works int;
            BEGIN
              SELECT count(*), count(DISTINCT v.start_at), count(DISTINCT v.work_order_id), max(w.crew_size)
                INTO booked, starts, works, needed
                FROM dispatch_visit v JOIN dispatch_workorder w ON w.id = v.work_order_id
                WHERE v.tenant_id = NEW.tenant_id AND v.crew_key = NEW.crew_key AND v.status <> 'cancelled';
              IF booked = 0 OR (booked = needed AND starts = 1 AND works = 1) THEN
                RETURN NULL;
              END IF;
              RAISE EXCEPTION 'crew %: % of % visits at % times', NEW.crew_key, booked, needed, starts
                USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_crew_whole', TABLE = 'dispatch_visit';
            END $body$;
            CREATE CONSTRAINT TRIGGER visit_crew_whole
            AFTER INSERT OR UPDATE OF status, start_at, crew_key, work_order_id ON dispatch_visit
            DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.crew_key IS NOT NULL) EXECUTE FUNCTION refuse_part_of_a_crew()
            """,
            reverse_sql="""
            DROP TRIGGER visit_crew_whole ON dispatch_visit;
            DROP FUNCTION refuse_part_of_a_crew()
            """,
        ),
        definer_function(
            name="claim_dispatch_timers",
            arguments="lim int, lease interval, moment timestamptz",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="""
                UPDATE dispatch_dispatchtimer t SET leased_until = clock_timestamp() + lease
                FROM (
                  SELECT d.id FROM dispatch_dispatchtimer d
                  WHERE d.done_at IS NULL AND d.due_at <= moment
                    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
                  ORDER BY d.due_at LIMIT lim FOR UPDATE SKIP LOCKED
                ) due
                WHERE t.id = due.id RETURNING t.tenant_id, t.id
            """,
            needs=["SELECT, UPDATE ON dispatch_dispatchtimer"],
        ),
    ]
