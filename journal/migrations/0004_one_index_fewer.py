"""The newest acts of a tenant are found by the unique (tenant, id) that every table has, read backwards."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_pruning")]

    operations = [migrations.RemoveIndex("auditentry", "audit_recent_idx")]
