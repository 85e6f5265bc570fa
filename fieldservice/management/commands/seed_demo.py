"""Found the two demo companies, with their last day and what waits now; `simulate_day` tells earlier days."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.enums import RoleCode
from billing import queries as settlement
from billing import services as billing
from core.clock import now
from dispatch.models import Visit
from feedback.enums import LinkPurpose
from feedback.links import path_of
from feedback.models import CustomerLink
from fieldservice.demo import simulator, story
from fieldservice.demo.seed import COMPANIES, PASSWORD, Founding, email_of, found_company, read_company
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.queries import find_tenant

PAST_VISITS = 5
REQUESTS = 7


class Command(BaseCommand):
    """Print the demo's sign-ins, token and customer link as JSON on the last line. Founds only once."""

    help = "Found the demo companies acme and globex; prints their sign-ins as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        if all(find_tenant(slug) for slug in COMPANIES):
            self.stderr.write("The demo companies exist already; their data is kept.")
            return
        at = now()
        founded = {}
        for slug in COMPANIES:
            with transaction.atomic():
                founded[slug] = found_company(slug, at=at - simulator.PAST + timedelta(days=2))
            _tell_the_past(founded[slug], at)
        self.stdout.write(json.dumps(_summary(founded)))


def _tell_the_past(founding: Founding, at: datetime) -> None:
    """The last day in full, then what waits now: auto-dispatch plans it."""
    slug = founding.tenant.slug
    facts, dice = read_company(slug), random.Random(slug)  # noqa: S311  the same demo every time
    with tenant_active(founding.tenant.pk):
        visits = [
            story.past_visit(facts, dice, arrived_at=at - timedelta(hours=3 + 4 * turn, minutes=20))
            for turn in range(PAST_VISITS)
        ]
    deliver_all()
    with tenant_active(founding.tenant.pk):
        for visit in visits[:-1]:
            story.rate(visit, facts, dice, at=(visit.ended_at or at) + timedelta(minutes=20))
        ready = [one.work_order_id for one in settlement.standings() if one.state == "ready"]
        for work_order_id in ready[: PAST_VISITS // 2]:
            billing.issue_invoice(work_order_id=work_order_id, actor=story.DESK, at=at)
        for turn in range(REQUESTS):
            story.ask(facts, dice, at=at - timedelta(minutes=3 + 7 * turn))
    deliver_all()


def _summary(founded: dict[str, Founding]) -> dict[str, Any]:
    sign_ins = [
        {"role": role.value, "email": email_of(slug, role.value), "password": PASSWORD, "tenant": slug}
        for slug in founded
        for role in RoleCode
    ]
    tenants = [{"slug": slug, "name": one.tenant.name} for slug, one in founded.items()]
    return {
        "tenants": tenants,
        "sign_ins": sign_ins,
        "api_token": founded["acme"].token,
        "customer_link": _customer_link(founded["acme"]),
    }


def _customer_link(founding: Founding) -> str:
    """The path of a rating link that nobody has used yet."""
    with tenant_active(founding.tenant.pk):
        unrated = Visit.objects.filter(responses__isnull=True, links__purpose=LinkPurpose.RATE)
        link = (
            CustomerLink.objects.filter(visit__in=unrated, purpose=LinkPurpose.RATE).order_by("-id").first()
        )
        return path_of(founding.tenant, link) if link else ""
