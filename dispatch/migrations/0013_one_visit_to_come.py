from django.db import migrations, models

AWAITED = "'scheduled', 'dispatched', 'accepted', 'travelling'"
NOTE = """
    CREATE FUNCTION note_shared_work() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $body$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        NEW.shares_work := OLD.shares_work;
      ELSE
        NEW.shares_work := EXISTS (
          SELECT FROM dispatch_workorder w
          WHERE w.tenant_id = NEW.tenant_id AND w.id = NEW.work_order_id AND (w.may_split OR w.crew_size > 1)
        );
      END IF;
      RETURN NEW;
    END $body$;
    CREATE TRIGGER visit_shares_work_new BEFORE INSERT ON dispatch_visit
    FOR EACH ROW EXECUTE FUNCTION note_shared_work();
    CREATE TRIGGER visit_shares_work_kept BEFORE UPDATE ON dispatch_visit
    FOR EACH ROW WHEN (OLD.shares_work IS DISTINCT FROM NEW.shares_work)
    EXECUTE FUNCTION note_shared_work()
"""
FORGET = """
    DROP TRIGGER visit_shares_work_new ON dispatch_visit;
    DROP TRIGGER visit_shares_work_kept ON dispatch_visit;
    DROP FUNCTION note_shared_work()
"""
# Work that was given two visits before keeps them: the rule holds for visits made from now on.
FILL = f"""
    UPDATE dispatch_visit v SET shares_work = true
    FROM dispatch_workorder w
    WHERE w.tenant_id = v.tenant_id AND w.id = v.work_order_id
      AND (w.may_split OR w.crew_size > 1 OR v.status IN ({AWAITED}) AND EXISTS (
        SELECT FROM dispatch_visit o
        WHERE o.tenant_id = v.tenant_id AND o.work_order_id = v.work_order_id AND o.id <> v.id
          AND o.status IN ({AWAITED})))
"""  # noqa: S608  no value of anybody's


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0012_world_changes")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="shares_work",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(NOTE, FORGET),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(
                fields=["tenant", "work_order"],
                condition=models.Q(
                    status__in=["scheduled", "dispatched", "accepted", "travelling"], shares_work=False
                ),
                name="visit_one_to_come",
            ),
        ),
    ]
