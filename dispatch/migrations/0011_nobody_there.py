from importlib import import_module

from django.db import migrations

BEFORE = import_module("dispatch.migrations.0002_visit_transitions").LEGAL
# Who finds nobody on site says so, and a paused visit may end. tests/dispatch/test_rules.py compares.
AFTER = (
    BEFORE.rstrip()
    + """,
    ('on_site', 'no_show'),
    ('paused', 'done'),
    ('paused', 'no_show')
"""
)


def refusing(legal: str) -> str:
    """The function of the trigger, with other pairs."""
    return f"""
    CREATE OR REPLACE FUNCTION refuse_illegal_visit_transition() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $body$
    BEGIN
      IF (OLD.status, NEW.status) IN ({legal}) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'visit %: % may not become %', OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_transition', TABLE = 'dispatch_visit';
    END $body$
    """


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0010_former_factors")]

    operations = [migrations.RunSQL(sql=refusing(AFTER), reverse_sql=refusing(BEFORE))]
