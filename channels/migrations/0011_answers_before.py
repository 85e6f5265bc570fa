from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0010_stable_moments")]

    operations = [
        migrations.AddIndex(
            "inboundmessage",
            models.Index(
                condition=models.Q(("channel", "email"), models.Q(("reference", ""), _negated=True)),
                fields=["tenant", "reference"],
                name="inbound_answer_idx",
            ),
        ),
    ]
