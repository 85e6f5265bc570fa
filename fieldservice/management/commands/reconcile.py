"""Does every ledger still say what the figures beside it say?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import queries as billing
from inventory import queries as inventory
from tenants.active import tenant_active
from tenants.models import Tenant
from tenants.queries import find_tenant

CHECKS: dict[str, Callable[[], Sequence[Any]]] = {
    "stock": inventory.levels_out_of_step,
    "money": billing.unbalanced_entries,
}
"""Each ledger's check: what is out of step in the active tenant."""


class Command(BaseCommand):
    """The last line on stdout is JSON: {"tenants": n, "stock": [...], "money": [...]}; exit code 1 if any."""

    help = "Compare stock and money with their ledgers. The last line is JSON; exit code 1 on a difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="look at this company only (its slug)")

    def handle(self, *args: Any, tenant: str | None, **options: Any) -> None:
        tenants = [_tenant(tenant)] if tenant else list(Tenant.objects.order_by("slug"))
        found: dict[str, list[dict[str, Any]]] = {ledger: [] for ledger in CHECKS}
        for one in tenants:
            with tenant_active(one.pk):
                for ledger, check in CHECKS.items():
                    found[ledger] += [{"tenant": one.slug, **asdict(row)} for row in check()]
        for ledger, rows in found.items():
            for row in rows:
                facts = ", ".join(f"{name} {value}" for name, value in row.items())
                self.stderr.write(f"{ledger} is out of step: {facts}")
        self.stdout.write(json.dumps({"tenants": len(tenants), **found}, default=str))
        if any(found.values()):
            sys.exit(1)


def _tenant(slug: str) -> Tenant:
    found = find_tenant(slug)
    if found is None:
        raise CommandError(f"There is no company with the slug {slug}.")
    return found
