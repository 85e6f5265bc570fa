"""What workers and beat do, once, in this process: enough when Valkey is away."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from journal import services as journal
from tickets import services as tickets


class Command(BaseCommand):
    """Deliver every fact and fire every timer that is due. Safe beside running workers: rows are claimed."""

    help = "Deliver due facts and fire due timers, without Valkey or workers. Prints the counts as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        timers = delivered = 0
        while True:
            fired, told = tickets.fire_due_timers(limit=500), journal.deliver_all()
            timers, delivered = timers + fired, delivered + told
            if not fired and not told:
                break
        self.stdout.write(json.dumps({"delivered": delivered, "timers": timers}))
