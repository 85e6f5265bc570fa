from django.db import migrations

MAKE = """
CREATE TABLE accounts_limit (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX accounts_limit_expires_idx ON accounts_limit (expires);
"""


class Migration(migrations.Migration):
    """Where limits are counted while Valkey is away: see core.cache."""

    dependencies = [("accounts", "0003_joining")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE accounts_limit")]
