from django.db import migrations, models

NUMBER = """
    UPDATE planning_planrun run SET number = known.number
    FROM (
      SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS number FROM planning_planrun
    ) known
    WHERE known.id = run.id
"""
COUNT = """
    INSERT INTO tenants_counter (tenant_id, kind, value)
    SELECT tenant_id, 'plan_run', max(number) FROM planning_planrun GROUP BY tenant_id
"""
FORGET = "DELETE FROM tenants_counter WHERE kind = 'plan_run'"


class Migration(migrations.Migration):
    """Runs are numbered by company: until now their numbers went through all of them."""

    dependencies = [("planning", "0009_with_overtime"), ("tenants", "0003_let_the_app_analyze")]

    operations = [
        migrations.AddField(model_name="planrun", name="number", field=models.PositiveIntegerField(null=True)),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, FORGET),
        migrations.AlterField(model_name="planrun", name="number", field=models.PositiveIntegerField()),
        migrations.AddConstraint(
            model_name="planrun",
            constraint=models.UniqueConstraint(fields=["tenant", "number"], name="plan_run_number_uniq"),
        ),
    ]
