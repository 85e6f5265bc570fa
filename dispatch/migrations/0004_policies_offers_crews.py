import django.db.models.deletion
import tenants.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_visiting_hours"),
        ("dispatch", "0003_work_types_may_rest"),
        ("tenants", "0003_let_the_app_analyze"),
        ("tickets", "0011_escalation_claims"),
        ("workforce", "0002_people_time_and_capacity"),
    ]

    operations = [
        migrations.CreateModel(
            name="DispatchPolicy",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Replaced")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("verdicts", models.JSONField(blank=True, default=dict)),
                ("weights", models.JSONField(blank=True, default=dict)),
                ("limits", models.JSONField(blank=True, default=dict)),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="What changed")),
                ("created_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("published_by", models.CharField(blank=True, max_length=200)),
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
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="DispatchRuleVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("actor_label", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="dispatch.dispatchrule",
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
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="EngineerPreference",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "liking",
                    models.CharField(
                        choices=[("preferred", "Preferred"), ("excluded", "Never")],
                        max_length=10,
                        verbose_name="Which",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="Reason")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="engineer_preferences",
                        to="customers.customer",
                    ),
                ),
                (
                    "engineer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
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
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("round_key", models.UUIDField()),
                ("step", models.PositiveSmallIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("engineer", "Engineer"),
                            ("pool", "Several engineers"),
                            ("provider", "Provider"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                ("start_at", models.DateTimeField(blank=True, null=True)),
                ("end_at", models.DateTimeField(blank=True, null=True)),
                ("offered_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_by", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "engineer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="workforce.engineer",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="workforce.provider",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="offers",
                        to="dispatch.dispatchrun",
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
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="offers",
                        to="dispatch.visit",
                    ),
                ),
                (
                    "work_order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="dispatch.workorder",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="TravelProfile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "source",
                    models.CharField(default="estimate", max_length=10, verbose_name="Travel times from"),
                ),
                ("base_url", models.URLField(blank=True, verbose_name="Address of the service")),
                ("factors", models.JSONField(blank=True, default=dict)),
                ("samples", models.PositiveIntegerField(default=0)),
                ("calibrated_at", models.DateTimeField(blank=True, null=True)),
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
            name="WorkOrderLink",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("after", "After it"),
                            ("same_day", "After it, on the same day"),
                            ("immediately", "Right after it"),
                            ("same_engineer", "After it, by the same engineer"),
                        ],
                        default="after",
                        max_length=20,
                        verbose_name="How",
                    ),
                ),
                ("gap_minutes", models.PositiveIntegerField(default=0, verbose_name="Minutes between")),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_after",
                        to="dispatch.workorder",
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
                    "then",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links_before",
                        to="dispatch.workorder",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DispatchTimer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("offer_expires", "An offer expires"),
                            ("rule_runs", "A rule runs"),
                            ("engineer_late", "An engineer is late"),
                        ],
                        max_length=20,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timers",
                        to="dispatch.dispatchrule",
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
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timers",
                        to="dispatch.visit",
                    ),
                ),
                (
                    "work_order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timers",
                        to="dispatch.workorder",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timers",
                        to="dispatch.offer",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="workorder",
            name="work_order_duration",
        ),
        migrations.RemoveConstraint(
            model_name="worktype",
            name="work_type_duration",
        ),
        migrations.AddField(
            model_name="dispatchrule",
            name="event",
            field=models.CharField(
                choices=[
                    ("work_created", "Work appears"),
                    ("sla_share", "An SLA clock has used a share of its time"),
                    ("part_arrived", "A missing part has arrived"),
                    ("engineer_late", "An engineer is late"),
                    ("visit_cancelled", "A visit is called off"),
                    ("visit_ended", "A visit ends"),
                    ("schedule", "At a set time"),
                ],
                default="work_created",
                max_length=20,
                verbose_name="When",
            ),
        ),
        migrations.AddField(
            model_name="dispatchrule",
            name="event_facts",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="dispatchrule",
            name="expression",
            field=models.TextField(blank=True, verbose_name="Condition"),
        ),
        migrations.AddField(
            model_name="dispatchrule",
            name="steps",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="dispatchrun",
            name="event",
            field=models.CharField(
                choices=[
                    ("work_created", "Work appears"),
                    ("sla_share", "An SLA clock has used a share of its time"),
                    ("part_arrived", "A missing part has arrived"),
                    ("engineer_late", "An engineer is late"),
                    ("visit_cancelled", "A visit is called off"),
                    ("visit_ended", "A visit ends"),
                    ("schedule", "At a set time"),
                ],
                default="work_created",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="dispatchrun",
            name="inputs",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="visit",
            name="crew_key",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="visit",
            name="policy_version",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="workorder",
            name="crew_cover",
            field=models.CharField(
                choices=[("all", "Each engineer"), ("any", "The crew together")],
                default="all",
                max_length=4,
                verbose_name="Skills are needed of",
            ),
        ),
        migrations.AddField(
            model_name="workorder",
            name="crew_size",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="Engineers needed"),
        ),
        migrations.AddField(
            model_name="workorder",
            name="may_split",
            field=models.BooleanField(default=False, verbose_name="May take several days"),
        ),
        migrations.AddField(
            model_name="worktype",
            name="crew_cover",
            field=models.CharField(
                choices=[("all", "Each engineer"), ("any", "The crew together")],
                default="all",
                max_length=4,
                verbose_name="Skills are needed of",
            ),
        ),
        migrations.AddField(
            model_name="worktype",
            name="crew_size",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="Engineers needed"),
        ),
        migrations.AddField(
            model_name="worktype",
            name="may_split",
            field=models.BooleanField(default=False, verbose_name="May take several days"),
        ),
        migrations.AlterField(
            model_name="dispatchrule",
            name="strategy",
            field=models.CharField(
                choices=[
                    ("earliest", "Earliest arrival"),
                    ("nearest", "Nearest"),
                    ("least_loaded", "Least loaded"),
                    ("best", "Best by policy"),
                    ("last_engineer", "Who was there last"),
                    ("round_robin", "In turn"),
                    ("offer_pool", "Offer to several engineers"),
                    ("offer_provider", "Offer to a provider"),
                    ("optimise_later", "Leave it to the next planning run"),
                ],
                default="earliest",
                max_length=20,
                verbose_name="Strategy",
            ),
        ),
        migrations.AlterField(
            model_name="dispatchrun",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("assigned", "Assigned"),
                    ("nobody", "Nobody can"),
                    ("no_rule", "No rule applies"),
                    ("skipped", "Not needed"),
                    ("offered", "Offered"),
                    ("deferred", "Left to planning"),
                    ("stopped", "Stopped: it went in circles"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("crew_key__isnull", False)),
                fields=["tenant", "crew_key"],
                name="visit_crew_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="workorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("duration_minutes__range", (1, 1440)),
                    models.Q(("duration_minutes__range", (1, 28800)), ("may_split", True)),
                    _connector="OR",
                ),
                name="work_order_duration",
            ),
        ),
        migrations.AddConstraint(
            model_name="workorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("crew_size__range", (1, 8))), name="work_order_crew"
            ),
        ),
        migrations.AddConstraint(
            model_name="worktype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("duration_minutes__range", (1, 1440)),
                    models.Q(("duration_minutes__range", (1, 28800)), ("may_split", True)),
                    _connector="OR",
                ),
                name="work_type_duration",
            ),
        ),
        migrations.AddConstraint(
            model_name="worktype",
            constraint=models.CheckConstraint(
                condition=models.Q(("crew_size__range", (1, 8))), name="work_type_crew"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatchpolicy",
            constraint=models.UniqueConstraint(
                fields=("tenant", "version"), name="dispatch_policy_version_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatchpolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["draft", "published"])),
                fields=("tenant", "status"),
                name="dispatch_policy_one_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatchruleversion",
            constraint=models.UniqueConstraint(
                fields=("tenant", "rule", "version"), name="dispatch_rule_version_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="engineerpreference",
            constraint=models.UniqueConstraint(
                fields=("tenant", "engineer", "customer"), name="engineer_preference_uniq"
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["tenant", "work_order", "-id"], name="offer_work_order_idx"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["tenant", "provider", "status"], name="offer_provider_idx"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["tenant", "engineer", "status"], name="offer_engineer_idx"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "accepted")),
                fields=("tenant", "round_key"),
                name="offer_accepted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "provider"), ("provider__isnull", False)),
                    models.Q(models.Q(("kind", "provider"), _negated=True), ("engineer__isnull", False)),
                    _connector="OR",
                ),
                name="offer_has_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("offered_at"))), name="offer_expires_later"
            ),
        ),
        migrations.AddIndex(
            model_name="dispatchtimer",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["due_at"],
                name="dispatch_timer_due_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatchtimer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True)),
                fields=("tenant", "kind", "offer", "rule", "visit", "work_order"),
                name="dispatch_timer_waits_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="travelprofile",
            constraint=models.UniqueConstraint(fields=("tenant",), name="travel_profile_uniq"),
        ),
        migrations.AddConstraint(
            model_name="workorderlink",
            constraint=models.UniqueConstraint(
                fields=("tenant", "first", "then", "kind"), name="work_order_link_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="workorderlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("first", models.F("then")), _negated=True),
                name="work_order_link_to_other",
            ),
        ),
    ]
