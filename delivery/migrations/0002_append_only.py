from django.db import migrations

from tenants.postgres.operations import append_only


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]

    operations = [
        append_only("delivery_answer"),
        append_only("delivery_signature"),
    ]
