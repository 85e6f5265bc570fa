"""Found the two demo companies: four weeks that are done, a day that is under way, and what waits now."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import override

from accounts import services as accounts
from accounts.enums import Permission, RoleCode
from billing import queries as settlement
from billing import services as billing
from core.clock import now
from dispatch.models import Visit
from feedback.enums import LinkPurpose
from feedback.links import path_of
from feedback.models import CustomerLink
from fieldservice.demo import archive, days, story
from fieldservice.demo.seed import COMPANIES, PASSWORD, SEED, email_of, found_company, read_company
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.models import Tenant
from tenants.queries import find_tenant

TOLD_VISITS = 3
"""The newest visits, told with all their evidence; those before are the archive's."""
REQUESTS = 6
WAITING = 8
BY_HAND = (9, 10, 11, 13, 14)


class Command(BaseCommand):
    """Print the demo's sign-ins, token and customer link as JSON on the last line. May be run again."""

    help = "Found the demo companies acme and globex; prints their sign-ins as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=COMPANIES, help="found this company and print nothing")

    def handle(self, *args: Any, only: str | None, **options: Any) -> None:
        if only:
            _found(only)
            return
        first, *others = COMPANIES
        beside = [_found_beside(slug) for slug in others if find_tenant(slug) is None]
        _found(first)
        if any(process.wait() for process in beside):
            raise CommandError("A demo company could not be founded; see above. Run the command again.")
        deliver_all()
        self.stdout.write(json.dumps(_summary()))


def _found(slug: str) -> None:
    """Found a company as a whole, or not at all, and tell its last day; one that exists is kept."""
    if find_tenant(slug) is not None:
        return
    at = now()
    with transaction.atomic():
        tenant = found_company(slug, at=at - days.PAST - timedelta(days=3))
    tell_the_past(tenant, at)


def _found_beside(slug: str) -> subprocess.Popen[bytes]:
    """Found a company in a process of its own, on the other core."""
    return subprocess.Popen([sys.executable, "manage.py", "seed_demo", "--only", slug], cwd=settings.BASE_DIR)  # noqa: S603


def tell_the_past(tenant: Tenant, at: datetime) -> None:
    """Four weeks and today's shifts, the newest visits in full, then what waits now: auto-dispatch plans it."""
    facts, dice = read_company(tenant.slug), random.Random(tenant.slug)  # noqa: S311  the same demo every time
    with tenant_active(tenant.pk), override(facts["language"]):
        jobs = days.days_until(tenant, facts, dice, at)
        told = days.newest_done(jobs, TOLD_VISITS, at)
        with transaction.atomic():
            archive.write(tenant, facts, dice, [job for job in jobs if job not in told], at)
        visits = [story.past_visit(facts, dice, job) for job in told]
    deliver_all()
    with tenant_active(tenant.pk):
        story.post_at_the_time(visits)
        for visit in visits[1:]:
            story.rate(visit, facts, dice, at=min((visit.ended_at or at) + timedelta(minutes=20), at))
        ready = [one.work_order_id for one in settlement.standings() if one.state == "ready"]
        for work_order_id in ready[1:]:
            billing.issue_invoice(
                work_order_id=work_order_id, actor=story.by(facts, "settlement_clerk"), at=at
            )
        for turn in range(REQUESTS):
            asked_at = at - timedelta(minutes=3 + 7 * turn)
            ticket = story.ask(facts, dice, at=asked_at)
            if turn:
                story.answer(ticket, facts, at=asked_at + timedelta(minutes=6))
        _leave_to_the_planner(tenant, facts, dice, at)
        story.post_at_the_time(())
    deliver_all()


def _leave_to_the_planner(tenant: Tenant, facts: story.Facts, dice: random.Random, at: datetime) -> None:
    """What a run over tomorrow finds to do: work that waits, and visits planned by hand on long roads."""
    for turn in range(WAITING):
        asked_at = at - timedelta(minutes=90 + 11 * turn)
        ticket = story.ask(facts, dice, at=asked_at, codes=story.can_wait(facts))
        story.answer(ticket, facts, at=asked_at + timedelta(minutes=17))
    tomorrow = at.astimezone(tenant.zone).date() + timedelta(days=1)
    for hour in BY_HAND:
        start_at = datetime.combine(tomorrow, time(hour), tenant.zone)
        visit = story.by_hand(facts, dice, start_at=start_at, at=at - timedelta(minutes=50))
        if visit.work_order.ticket is not None:
            story.answer(visit.work_order.ticket, facts, at=at - timedelta(minutes=45))


def _summary() -> dict[str, Any]:
    tenants = [Tenant.objects.get(slug=slug) for slug in COMPANIES]
    first = tenants[0]
    with tenant_active(first.pk):
        _, token = accounts.create_token(
            name="Demo integration", scopes=list(Permission.values), actor=SEED, at=now()
        )
        link = _unused_link()
    return {
        "tenants": [{"slug": tenant.slug, "name": tenant.name} for tenant in tenants],
        "sign_ins": [
            {"role": role.value, "email": email_of(slug, role.value), "password": PASSWORD, "tenant": slug}
            for slug in COMPANIES
            for role in RoleCode
        ],
        "api_token": token,
        "customer_link": path_of(first, link) if link else "",
    }


def _unused_link() -> CustomerLink | None:
    """A rating link that nobody has used yet."""
    unrated = Visit.objects.filter(responses__isnull=True, links__purpose=LinkPurpose.RATE)
    return CustomerLink.objects.filter(visit__in=unrated, purpose=LinkPurpose.RATE).order_by("-id").first()
