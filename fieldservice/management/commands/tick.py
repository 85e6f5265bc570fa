"""What workers and beat do, once, in this process: enough when Valkey is away."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from channels import services as channels
from dispatch import services as dispatch
from journal import services as journal
from notices import services as notices
from tickets import services as tickets


class Command(BaseCommand):
    """Fetch mailboxes and files, deliver facts, fire timers, send, delete what is old. Safe beside workers."""

    help = (
        "Fetch mailboxes, deliver due facts, fire due timers, send what is due and prune, without Valkey or"
        " workers. Prints counts as JSON."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        timers = woken = held = delivered = sent = 0
        polled = channels.poll_due()
        while True:
            fired, woke = tickets.fire_due_timers(limit=500), tickets.wake_due_tickets(limit=500)
            fired += tickets.fire_due_escalations(limit=500) + dispatch.fire_due_timers(limit=500)
            come = notices.deliver_due(limit=500)
            told, tried = journal.deliver_all(), channels.send_due() + channels.fetch_due()
            timers, woken, delivered, sent = timers + fired, woken + woke, delivered + told, sent + tried
            held += come
            if not any((fired, woke, come, told, tried)):
                break
        counts = {"delivered": delivered, "timers": timers, "woken": woken}
        counts |= {"pruned": journal.prune() + notices.prune(), "calendars": tickets.refresh_calendars()}
        counts |= {"mailboxes": polled, "sent": sent, "notices": held}
        self.stdout.write(json.dumps(counts))
