import core.moments
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0013_one_visit_to_come")]

    operations = [
        migrations.AlterField(
            model_name="workorder",
            name=name,
            field=models.DateTimeField(blank=True, null=True, validators=[core.moments.check_meant]),
        )
        for name in ("promised_end_at", "promised_start_at", "window_end_at", "window_start_at")
    ]
