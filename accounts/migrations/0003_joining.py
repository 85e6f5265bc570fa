from django.db import migrations, models

FILL = """
UPDATE accounts_membership m
SET name = CASE WHEN u.name = '' THEN left(u.email, 120) ELSE u.name END, joined_at = m.created_at
FROM accounts_user u WHERE u.id = m.user_id
"""


class Migration(migrations.Migration):
    """Whoever has a place already has joined; the name on it is the person's own until the tenant says another."""

    dependencies = [("accounts", "0002_find_api_token")]

    operations = [
        migrations.AddField("user", "proven_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "membership", "name", models.CharField(default="", max_length=120), preserve_default=False
        ),
        migrations.AddField("membership", "joined_at", models.DateTimeField(null=True)),
        migrations.AddField("membership", "invited_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "membership", "invited_by", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AlterField("membership", "invited_by", models.CharField(blank=True, max_length=200)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=models.Q(("is_active", False), ("joined_at__isnull", False), _connector="OR"),
                name="membership_joined_before_active",
            ),
        ),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=models.Q(
                    ("joined_at__isnull", False), ("invited_at__isnull", False), _connector="OR"
                ),
                name="membership_joined_or_invited",
            ),
        ),
    ]
