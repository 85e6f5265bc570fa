"""What workers and beat do, once, in this process: enough when Valkey is away."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from journal import services as journal
from tickets import services as tickets


class Command(BaseCommand):
    """Deliver facts, fire timers, delete what is old. Safe beside running workers: rows are claimed."""

    help = "Deliver due facts, fire due timers and prune, without Valkey or workers. Prints counts as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        timers = delivered = 0
        while True:
            fired, told = tickets.fire_due_timers(limit=500), journal.deliver_all()
            timers, delivered = timers + fired, delivered + told
            if not fired and not told:
                break
        pruned = journal.prune()
        self.stdout.write(json.dumps({"delivered": delivered, "timers": timers, "pruned": pruned}))
