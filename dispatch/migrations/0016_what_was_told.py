from django.db import migrations, models

FILL = "UPDATE dispatch_visit SET told_start_at = start_at WHERE sent_at IS NOT NULL"
NOTE = """
    CREATE FUNCTION note_told_start() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $body$
    BEGIN
      NEW.told_start_at := NEW.start_at;
      RETURN NEW;
    END $body$;
    CREATE TRIGGER visit_told_start BEFORE INSERT OR UPDATE ON dispatch_visit
    FOR EACH ROW WHEN (NEW.sent_at IS NOT NULL AND NEW.told_start_at IS NULL)
    EXECUTE FUNCTION note_told_start()
"""
FORGET = """
    DROP TRIGGER visit_told_start ON dispatch_visit;
    DROP FUNCTION note_told_start()
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0015_stints_that_are_offered")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="told_start_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(NOTE, FORGET),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(told_start_at__isnull=False),
                name="visit_sent_is_told",
            ),
        ),
    ]
