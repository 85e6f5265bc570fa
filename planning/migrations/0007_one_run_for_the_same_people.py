from django.db import migrations


class Migration(migrations.Migration):
    """An engineer of two territories is planned by one run at a time too."""

    dependencies = [("planning", "0006_consents"), ("workforce", "0002_people_time_and_capacity")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION refuse_run_of_same_people() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, public AS $body$
            DECLARE other bigint;
            BEGIN
              PERFORM pg_advisory_xact_lock(hashtextextended('planning_planrun', NEW.tenant_id));
              SELECT r.id INTO other FROM planning_planrun r
              WHERE r.tenant_id = NEW.tenant_id AND r.id <> NEW.id AND r.state IN ('queued', 'running')
                AND (NEW.territory_id IS NULL OR r.territory_id IS NULL OR EXISTS (
                  SELECT 1 FROM workforce_engineerterritory one
                  JOIN workforce_engineerterritory also ON also.tenant_id = one.tenant_id
                    AND also.engineer_id = one.engineer_id AND also.territory_id = r.territory_id
                  JOIN workforce_engineer e ON e.tenant_id = one.tenant_id AND e.id = one.engineer_id
                    AND e.is_active
                  WHERE one.tenant_id = NEW.tenant_id AND one.territory_id = NEW.territory_id
                ))
              ORDER BY r.id LIMIT 1;
              IF FOUND THEN
                RAISE EXCEPTION 'planning run % plans some of the same engineers', other
                  USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'plan_run_same_people';
              END IF;
              RETURN NEW;
            END $body$;
            CREATE TRIGGER plan_run_same_people BEFORE INSERT ON planning_planrun
              FOR EACH ROW WHEN (NEW.state IN ('queued', 'running'))
              EXECUTE FUNCTION refuse_run_of_same_people();
            CREATE TRIGGER plan_run_same_people_again BEFORE UPDATE OF state ON planning_planrun
              FOR EACH ROW WHEN (OLD.state NOT IN ('queued', 'running') AND NEW.state IN ('queued', 'running'))
              EXECUTE FUNCTION refuse_run_of_same_people();
            """,
            reverse_sql="""
            DROP TRIGGER plan_run_same_people_again ON planning_planrun;
            DROP TRIGGER plan_run_same_people ON planning_planrun;
            DROP FUNCTION refuse_run_of_same_people();
            """,
        ),
    ]
