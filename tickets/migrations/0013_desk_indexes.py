"""A channel's queue is found without reading the others; nothing asks until when calendars are expanded."""

from django.db import migrations, models

LIVING = ["new", "open", "reopened", "waiting"]


class Migration(migrations.Migration):
    dependencies = [("tickets", "0012_timer_speed")]

    operations = [
        migrations.AddIndex(
            "ticket",
            models.Index(
                fields=["tenant", "channel", "due_at", "id"],
                condition=models.Q(status__in=LIVING),
                name="ticket_living_channel_idx",
            ),
        ),
        migrations.RemoveIndex("calendarversion", "calendar_expanded_idx"),
    ]
