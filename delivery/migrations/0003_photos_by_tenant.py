from django.db import migrations, models

import delivery.models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0002_append_only")]

    operations = [
        migrations.AlterField(
            model_name="photo",
            name="file",
            field=models.FileField(max_length=200, upload_to=delivery.models.photo_path),
        ),
    ]
