from django.db import migrations, models

# Made from dispatch.rules.OFFER_TRANSITIONS; tests/dispatch/test_offers.py compares the two.
LEGAL = """
    ('offered', 'accepted'),
    ('offered', 'declined'),
    ('offered', 'expired'),
    ('offered', 'withdrawn')
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0005_crews_and_timers")]

    operations = [
        migrations.RunSQL(
            sql=f"""
            CREATE FUNCTION refuse_illegal_offer_transition() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, public AS $body$
            BEGIN
              IF (OLD.status, NEW.status) IN ({LEGAL}) THEN
                RETURN NEW;
              END IF;
              RAISE EXCEPTION 'offer %: % may not become %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_transition', TABLE = 'dispatch_offer';
            END $body$;
            CREATE TRIGGER offer_transition BEFORE UPDATE OF status ON dispatch_offer
            FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
            EXECUTE FUNCTION refuse_illegal_offer_transition()
            """,
            reverse_sql="""
            DROP TRIGGER offer_transition ON dispatch_offer;
            DROP FUNCTION refuse_illegal_offer_transition()
            """,
        ),
        migrations.AddIndex(
            model_name="dispatchrun",
            index=models.Index(fields=["tenant", "rule", "-id"], name="run_rule_idx"),
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
                    ("send_next", "Send the engineer's next visit"),
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
                    ("sent", "Sent"),
                    ("deferred", "Left to planning"),
                    ("stopped", "Stopped: it went in circles"),
                ],
                max_length=10,
            ),
        ),
    ]
