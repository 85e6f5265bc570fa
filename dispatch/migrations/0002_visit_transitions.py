from django.db import migrations

# Made from dispatch.rules.TRANSITIONS; tests/dispatch/test_transitions.py compares the two.
LEGAL = """
    ('proposed', 'scheduled'),
    ('proposed', 'cancelled'),
    ('scheduled', 'dispatched'),
    ('scheduled', 'cancelled'),
    ('dispatched', 'accepted'),
    ('dispatched', 'scheduled'),
    ('dispatched', 'cancelled'),
    ('dispatched', 'no_show'),
    ('accepted', 'travelling'),
    ('accepted', 'on_site'),
    ('accepted', 'dispatched'),
    ('accepted', 'cancelled'),
    ('accepted', 'no_show'),
    ('travelling', 'on_site'),
    ('travelling', 'cancelled'),
    ('travelling', 'no_show'),
    ('on_site', 'paused'),
    ('on_site', 'done'),
    ('on_site', 'could_not_complete'),
    ('paused', 'on_site'),
    ('paused', 'could_not_complete')
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=f"""
            CREATE FUNCTION refuse_illegal_visit_transition() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, public AS $body$
            BEGIN
              IF (OLD.status, NEW.status) IN ({LEGAL}) THEN
                RETURN NEW;
              END IF;
              RAISE EXCEPTION 'visit %: % may not become %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_transition', TABLE = 'dispatch_visit';
            END $body$;
            CREATE TRIGGER visit_transition BEFORE UPDATE OF status ON dispatch_visit
            FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
            EXECUTE FUNCTION refuse_illegal_visit_transition()
            """,
            reverse_sql="""
            DROP TRIGGER visit_transition ON dispatch_visit;
            DROP FUNCTION refuse_illegal_visit_transition()
            """,
        )
    ]
