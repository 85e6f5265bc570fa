"""The database keeps every stock level equal to the sum of its movements, and lets nobody else change it."""

from django.db import migrations

APPLY = """
CREATE FUNCTION apply_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Two statements: a check constraint judges the proposed row before ON CONFLICT is looked at.
  INSERT INTO inventory_stocklevel (tenant_id, part_id, location_id, on_hand, minimum, updated_at)
    VALUES (NEW.tenant_id, NEW.part_id, NEW.location_id, 0, 0, clock_timestamp())
    ON CONFLICT (tenant_id, part_id, location_id) DO NOTHING;
  UPDATE inventory_stocklevel SET on_hand = on_hand + NEW.quantity, updated_at = clock_timestamp()
    WHERE tenant_id = NEW.tenant_id AND part_id = NEW.part_id AND location_id = NEW.location_id;
  RETURN NULL;
END $$;
CREATE TRIGGER apply_movement AFTER INSERT ON inventory_movement
  FOR EACH ROW EXECUTE FUNCTION apply_movement();
"""

GUARD = """
CREATE FUNCTION guard_level() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Depth 1 is a statement of a program; apply_movement() arrives here at depth 2.
  IF pg_trigger_depth() < 2 AND NEW.on_hand IS DISTINCT FROM
     (CASE WHEN TG_OP = 'INSERT' THEN 0 ELSE OLD.on_hand END) THEN
    RAISE EXCEPTION 'A stock level follows its movements: insert a movement instead.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_level BEFORE INSERT OR UPDATE ON inventory_stocklevel
  FOR EACH ROW EXECUTE FUNCTION guard_level();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            APPLY, "DROP TRIGGER apply_movement ON inventory_movement; DROP FUNCTION apply_movement()"
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER guard_level ON inventory_stocklevel; DROP FUNCTION guard_level()"),
    ]
