import django.db.models.deletion
from django.db import migrations, models

import tenants.fields
from tenants.postgres.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0007_work_of_several_days"), ("tenants", "0003_let_the_app_analyze")]

    operations = [
        migrations.AddField(
            model_name="travelprofile",
            name="ask_again_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="travelprofile",
            name="band_samples",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="travelprofile",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="travelprofile",
            name="learns_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="travelprofile",
            name="problem",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="travelprofile",
            name="source",
            field=models.CharField(
                choices=[
                    ("estimate", "Estimated from the distance"),
                    ("osrm", "OSRM"),
                    ("valhalla", "Valhalla"),
                ],
                default="estimate",
                max_length=10,
                verbose_name="Travel times from",
            ),
        ),
        migrations.AlterField(
            model_name="travelprofile",
            name="base_url",
            field=models.CharField(blank=True, max_length=200, verbose_name="Address of the service"),
        ),
        migrations.CreateModel(
            name="TravelLeg",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("from_key", models.BigIntegerField()),
                ("to_key", models.BigIntegerField()),
                ("seconds", models.PositiveIntegerField(null=True)),
                ("metres", models.PositiveIntegerField(default=0)),
                ("known_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                (
                    "tenant",
                    tenants.fields.TenantKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "to_key"], name="travel_leg_to_idx"),
                    models.Index(fields=["tenant", "asked_at"], name="travel_leg_asked_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "from_key", "to_key"), name="travel_leg_uniq"
                    )
                ],
            },
        ),
        definer_function(
            name="tenants_asking_for_roads",
            arguments="moment timestamptz",
            returns="TABLE (tenant_id bigint)",
            body="""
                SELECT p.tenant_id FROM dispatch_travelprofile p JOIN tenants_tenant t ON t.id = p.tenant_id
                WHERE t.is_active AND p.source <> 'estimate'
                  AND (p.ask_again_at IS NULL OR p.ask_again_at <= moment)
                ORDER BY p.tenant_id
            """,
            needs=["SELECT ON dispatch_travelprofile", "SELECT ON tenants_tenant"],
        ),
    ]
