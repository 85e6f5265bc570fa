from django.db import migrations


class Migration(migrations.Migration):
    """An import tells the planner what it wrote (tenants/postgres/statistics.py); ANALYZE needs MAINTAIN."""

    dependencies = [
        ('tenants', '0002_three_decimals_of_tax'),
    ]

    operations = [
        migrations.RunSQL(
            sql="""
            GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO fsm_app;
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT MAINTAIN ON TABLES TO fsm_app;
            """,
            reverse_sql="""
            ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE MAINTAIN ON TABLES FROM fsm_app;
            REVOKE MAINTAIN ON ALL TABLES IN SCHEMA public FROM fsm_app;
            """,
        ),
    ]
