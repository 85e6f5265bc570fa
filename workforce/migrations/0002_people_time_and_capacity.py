import django.db.models.deletion
import tenants.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_limits"),
        ("tenants", "0003_let_the_app_analyze"),
        ("workforce", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CapacityRule",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("weekday", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Weekday")),
                (
                    "reserve_percent",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="Kept for emergencies, in per cent"
                    ),
                ),
                ("up_to_priority", models.PositiveSmallIntegerField(default=1, verbose_name="For priority")),
                (
                    "released_hours",
                    models.PositiveSmallIntegerField(default=0, verbose_name="Released hours before the day"),
                ),
                (
                    "max_minutes",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="Minutes a day at most"),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="capacity_rules",
                        to="workforce.skill",
                    ),
                ),
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
                (
                    "territory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="capacity_rules",
                        to="workforce.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Crew",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=40, verbose_name="Code")),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
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
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="CrewMember",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_lead", models.BooleanField(default=False, verbose_name="Leads")),
                (
                    "crew",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crew_members",
                        to="workforce.crew",
                    ),
                ),
                (
                    "engineer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="crew_members",
                        to="workforce.engineer",
                    ),
                ),
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
                "ordering": ["-is_lead", "id"],
            },
        ),
        migrations.CreateModel(
            name="EngineerPair",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "liking",
                    models.CharField(
                        choices=[("preferred", "Preferred"), ("excluded", "Never")],
                        max_length=10,
                        verbose_name="Together",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="Reason")),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs_first",
                        to="workforce.engineer",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs_second",
                        to="workforce.engineer",
                    ),
                ),
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
        ),
        migrations.CreateModel(
            name="ExtraShift",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("start_at", models.DateTimeField()),
                ("end_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="Reason")),
                (
                    "engineer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extra_shifts",
                        to="workforce.engineer",
                    ),
                ),
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
                "ordering": ["start_at"],
            },
        ),
        migrations.CreateModel(
            name="ProviderSkill",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provider_skills",
                        to="workforce.provider",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="provider_skills",
                        to="workforce.skill",
                    ),
                ),
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
        ),
        migrations.CreateModel(
            name="ProviderTerritory",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provider_territories",
                        to="workforce.provider",
                    ),
                ),
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
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provider_territories",
                        to="workforce.territory",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShiftBreak",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("earliest", models.TimeField(verbose_name="Begins at the earliest")),
                ("latest", models.TimeField(verbose_name="Begins at the latest")),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="Minutes")),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="breaks",
                        to="workforce.shift",
                    ),
                ),
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
                "ordering": ["earliest"],
            },
        ),
        migrations.AddField(
            model_name="engineer",
            name="hour_cost_minor",
            field=models.BigIntegerField(default=0, verbose_name="Cost of an hour"),
        ),
        migrations.AddField(
            model_name="engineer",
            name="km_cost_minor",
            field=models.BigIntegerField(default=0, verbose_name="Cost of a kilometre"),
        ),
        migrations.AddField(
            model_name="engineer",
            name="max_travel_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="Travel to one visit at most, in minutes"
            ),
        ),
        migrations.AddField(
            model_name="engineer",
            name="overtime_minutes",
            field=models.PositiveSmallIntegerField(
                default=0, verbose_name="Overtime a shift at most, in minutes"
            ),
        ),
        migrations.AddField(
            model_name="engineer",
            name="overtime_percent",
            field=models.PositiveSmallIntegerField(default=125, verbose_name="Overtime pay, in per cent"),
        ),
        migrations.AddField(
            model_name="engineerskill",
            name="certificate",
            field=models.CharField(blank=True, max_length=80, verbose_name="Certificate number"),
        ),
        migrations.AddField(
            model_name="provider",
            name="accept_minutes",
            field=models.PositiveSmallIntegerField(default=30, verbose_name="Minutes to accept an offer"),
        ),
        migrations.AddField(
            model_name="provider",
            name="phone",
            field=models.CharField(blank=True, max_length=40, verbose_name="Phone"),
        ),
        migrations.AddField(
            model_name="provider",
            name="visits_a_day",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="Visits a day at most"
            ),
        ),
        migrations.AddConstraint(
            model_name="engineer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("overtime_minutes__lte", 720),
                    ("overtime_percent__range", (100, 500)),
                    ("hour_cost_minor__gte", 0),
                    ("km_cost_minor__gte", 0),
                ),
                name="engineer_costs_possible",
            ),
        ),
        migrations.AddField(
            model_name="crew",
            name="members",
            field=models.ManyToManyField(
                related_name="crews", through="workforce.CrewMember", to="workforce.engineer"
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="skills",
            field=models.ManyToManyField(
                related_name="providers", through="workforce.ProviderSkill", to="workforce.skill"
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="territories",
            field=models.ManyToManyField(
                related_name="providers", through="workforce.ProviderTerritory", to="workforce.territory"
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("accept_minutes__range", (1, 10080))), name="provider_accepts_in"
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityrule",
            constraint=models.UniqueConstraint(
                fields=("tenant", "territory", "skill", "weekday"),
                name="capacity_rule_uniq",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reserve_percent__lte", 100),
                    ("up_to_priority__range", (1, 4)),
                    models.Q(("weekday__isnull", True), ("weekday__range", (0, 6)), _connector="OR"),
                ),
                name="capacity_rule_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="crewmember",
            constraint=models.UniqueConstraint(
                fields=("tenant", "crew", "engineer"), name="crew_member_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="crewmember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_lead", True)), fields=("tenant", "crew"), name="crew_lead_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="crew",
            constraint=models.UniqueConstraint(fields=("tenant", "code"), name="crew_code_uniq"),
        ),
        migrations.AddConstraint(
            model_name="engineerpair",
            constraint=models.UniqueConstraint(
                fields=("tenant", "first", "second"), name="engineer_pair_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="engineerpair",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="engineer_pair_in_order"
            ),
        ),
        migrations.AddIndex(
            model_name="extrashift",
            index=models.Index(fields=["tenant", "engineer", "end_at"], name="extra_shift_engineer_idx"),
        ),
        migrations.AddConstraint(
            model_name="extrashift",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_at__gt", models.F("start_at"))), name="extra_shift_ends_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerskill",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "skill"), name="provider_skill_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerterritory",
            constraint=models.UniqueConstraint(
                fields=("tenant", "provider", "territory"), name="provider_territory_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="shiftbreak",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__range", (1, 240))), name="shift_break_length"
            ),
        ),
    ]
