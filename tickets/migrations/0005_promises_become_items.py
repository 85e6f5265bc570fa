"""Minutes and hours that stood on policies become items, calendars and their first versions."""

import json

from django.db import migrations
from django.utils import timezone

PROMISES = (
    ("first_response", "first_response_minutes", "we_replied"),
    ("arrival", "arrival_minutes", "arrived"),
    ("resolution", "resolution_minutes", "resolved"),
)
BATCH = 2_000


class Calendars:
    """The calendars of each tenant by their hours, made when first met."""

    def __init__(self, apps):
        self.calendars = apps.get_model("tickets", "BusinessCalendar")
        self.versions = apps.get_model("tickets", "CalendarVersion")
        self.known = {}
        self.counts = {}

    def of(self, tenant_id, hours):
        """The calendar with these hours; None around the clock."""
        if not hours:
            return None
        key = tenant_id, json.dumps(hours, sort_keys=True)
        if key not in self.known:
            self.known[key] = self._make(tenant_id, hours)
        return self.known[key]

    def _make(self, tenant_id, hours):
        self.counts[tenant_id] = count = self.counts.get(tenant_id, 0) + 1
        name = "Business hours" if count == 1 else f"Business hours {count}"
        calendar = self.calendars.objects.create(tenant_id=tenant_id, name=name)
        own = {day: {"on": day, "name": "", "open": rows} for day, rows in hours.get("days", {}).items()}
        for day in hours.get("holidays", ()):
            own.setdefault(day, {"on": day, "name": "", "open": []})
        calendar.current = self.versions.objects.create(
            tenant_id=tenant_id,
            calendar=calendar,
            number=1,
            weekly={day: rows for day, rows in hours.items() if day not in ("days", "holidays")},
            own_days=list(own.values()),
            days={day: {"name": "", "open": one["open"]} for day, one in own.items()},
            reason="opened",
            actor_label="migration",
            created_at=timezone.now(),
        )
        calendar.save(update_fields=["current"])
        return calendar


def make_items(apps, schema_editor):
    policies = apps.get_model("tickets", "SlaPolicy").objects
    items = apps.get_model("tickets", "SlaItem").objects
    calendars = Calendars(apps)
    made = {}
    for policy in policies.order_by("id"):
        calendar = calendars.of(policy.tenant_id, policy.calendar)
        for position, (kpi, column, met_when) in enumerate(PROMISES):
            minutes = getattr(policy, column)
            needed = minutes is not None or policy.clocks.filter(kpi=kpi).exists()
            if not needed:
                continue
            made[policy.pk, kpi] = items.create(
                tenant_id=policy.tenant_id,
                policy=policy,
                # What is no longer promised, but once was, belongs to a version that is over.
                version=0 if minutes is None else 1,
                position=position,
                code=kpi,
                kpi=kpi,
                starts_on="opened",
                met_when=met_when,
                target_minutes=max(minutes or 1, 1),
                warn_percent=min(max(policy.warn_percent, 1), 100),
                calendar=calendar,
                pauses_on=["customer"] if kpi == "resolution" else [],
            ).pk
    name_items(apps, calendars, made)


def name_items(apps, calendars, made):
    clocks = apps.get_model("tickets", "SlaClock").objects
    last = 0
    while batch := list(clocks.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for clock in batch:
            calendar = calendars.of(clock.tenant_id, clock.calendar)
            clock.item_id, clock.code = made[clock.policy_id, clock.kpi], clock.kpi
            clock.calendar_version_id = calendar.current_id if calendar else None
            clock.policy_reason = {"tier_and_priority": "priority+tier"}.get(
                clock.policy_reason, clock.policy_reason
            )
        clocks.bulk_update(batch, ["item", "code", "calendar_version", "policy_reason"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_sla_items")]

    operations = [migrations.RunPython(make_items, migrations.RunPython.noop)]
