from django.db import migrations

from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        definer_function(
            name="find_api_token",
            arguments="wanted_hash text",
            returns="TABLE (tenant_id bigint, id bigint)",
            body="SELECT t.tenant_id, t.id FROM accounts_apitoken t WHERE t.secret_hash = wanted_hash",
            needs=["SELECT ON accounts_apitoken"],
            volatility="STABLE",
        ),
    ]
