from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outboundmessage",
            name="in_reply_to",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="outboundmessage",
            name="is_automatic",
            field=models.BooleanField(default=False),
        ),
    ]
