from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_outbound_thread")]

    operations = [
        migrations.AddField("outboundmessage", "is_secret", models.BooleanField(default=False)),
    ]
