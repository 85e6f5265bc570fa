from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0006_claims")]

    operations = [
        migrations.AddIndex(
            "inboundmessage",
            models.Index(
                condition=models.Q(("channel__in", ["sms", "line", "wechat"])),
                fields=["tenant", "channel", "sender_address", "-id"],
                name="inbound_sender_idx",
            ),
        ),
    ]
