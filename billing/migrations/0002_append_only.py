from django.db import migrations

from tenants.postgres.operations import append_only


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        append_only("billing_invoiceline"),
        append_only("billing_ledgerentry"),
        append_only("billing_ledgerline"),
        append_only("billing_payment"),
    ]
