"""`manage.py recount_inquiries --tenant SLUG`: count tickets from before inquiries were counted."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import services
from core.clock import now
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import find_tenant

BATCH = 500


class Command(BaseCommand):
    help = (
        "Rewrite a company's inquiry figures from its tickets, in transactions of 500. May be run again at any"
        " time, and stopped: --after goes on behind the last ticket it told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="the company")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="leave tickets up to this id")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(
                f"There is no active company {options['tenant']}. Look at its address: /t/SLUG/."
            )
        actor = Actor.system("recount_inquiries")
        counted, last = 0, options["after"]
        while True:
            with tenant_active(tenant.pk):
                batch = services.recount_inquiries(after_id=last, limit=BATCH, actor=actor, at=now())
            if batch.last_id is None:
                break
            counted, last = counted + batch.counted, batch.last_id
            self.stderr.write(f"{counted} inquiries, up to ticket {last}")
        self.stdout.write(json.dumps({"inquiries": counted, "last_ticket": last}))
