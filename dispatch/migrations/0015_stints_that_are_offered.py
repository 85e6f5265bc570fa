from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0014_times_that_are_meant")]

    operations = [
        migrations.AddField(model_name="offer", name="stints", field=models.JSONField(blank=True, default=list)),
    ]
