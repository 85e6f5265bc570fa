from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("planning", "0007_one_run_for_the_same_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="planchange",
            name="ways_out",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
