from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_accounts_files_chat")]

    operations = [
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(("channel", "chat")),
                fields=["tenant", "reference", "id"],
                name="inbound_chat_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="outboundmessage",
            index=models.Index(
                condition=models.Q(("channel", "chat")),
                fields=["tenant", "recipient", "id"],
                name="outbound_chat_idx",
            ),
        ),
    ]
