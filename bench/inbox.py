"""The desk's pages among ten thousand tickets, and again among a million of the same company."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client

from accounts import services as accounts
from accounts.enums import RoleCode
from accounts.models import User
from bench.many_tickets import RARE, WORDS, grow
from core.clock import now
from customers.models import Contact, Customer
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.services import create_tenant
from tickets import services as tickets
from tickets.models import Ticket

FEW, MANY = 10_000, 1_000_000
ROUNDS = 15
LIMIT = 1.5
PAGES = {
    "inbox page": "/t/desk/tickets/",
    "inbox page, mine": "/t/desk/tickets/?view=mine",
    "inbox page, one channel": "/t/desk/tickets/?channel=phone",
    "inbox page, all tickets": "/t/desk/tickets/?view=all",
    "ticket page": "/t/desk/tickets/{ticket}/",
}
SEARCHES = [
    *(word for _share, *pair in WORDS for word in pair),
    *RARE,
    "t-7777",
    "ください",
    "nothinglikeit",
]


def inbox_figures() -> Iterator[dict[str, Any]]:
    """Pages and searches: the p50 among a million against the p50 among ten thousand."""
    tenant = create_tenant(slug="desk", name="Desk", time_zone="Asia/Tokyo")
    browser = _staff(tenant)
    grow(tenant.pk, start=1, until=FEW + 1)
    before = _times(browser, tenant)
    started = time.perf_counter()
    grow(tenant.pk, start=FEW + 1, until=MANY + 1)
    made = time.perf_counter() - started
    after = _times(browser, tenant)
    for name in PAGES:
        yield _figure(f"{name} at 1 M tickets against 10 k", after[name], before[name])
    searches = [name for name in after if name not in PAGES]
    yield _figure(
        "ticket search at 1 M tickets against 10 k, all words",
        statistics.median(after[name] for name in searches),
        statistics.median(before[name] for name in searches),
    )
    worst = max(searches, key=lambda name: after[name] / before[name])
    yield _figure(
        f"ticket search at 1 M tickets against 10 k, the worst word ({worst})", after[worst], before[worst]
    ) | {"made_seconds": round(made)}


def _figure(name: str, many: float, few: float) -> dict[str, Any]:
    ratio = many / few
    return {
        "name": name,
        "ratio": round(ratio, 2),
        "limit": LIMIT,
        "within": ratio <= LIMIT,
        "p50_ms": round(many * 1000, 1),
        "against_ms": round(few * 1000, 1),
        "rounds": ROUNDS,
    }


def _staff(tenant: Tenant) -> Client:
    """Desk people, customers, topics and promises; the browser of one who signed in."""
    bench, at = Actor.system("bench"), now()
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=bench)
        for n in range(8):
            accounts.add_member(
                email=f"desk{n}@bench.example",
                name=f"Desk {n}",
                role_code=RoleCode.SERVICE_DESK,
                actor=bench,
                at=at,
                password=f"bench-{n}-{at.timestamp()}",
                provider_code="",
            )
        for n in range(12):
            tickets.create_topic(code=f"topic-{n}", name=f"Topic {n}", default_priority=3, actor=bench, at=at)
        tickets.create_policy(
            name="Standard", first_response_minutes=60, resolution_minutes=2400, actor=bench, at=at
        )
        made = Customer.objects.bulk_create(
            Customer(name=f"Customer {n}", name_folded=f"customer {n}") for n in range(500)
        )
        Contact.objects.bulk_create(Contact(customer=one, name=f"Contact {one.name}") for one in made)
    browser = Client()
    browser.force_login(User.objects.get(email="desk0@bench.example"))
    return browser


def _times(browser: Client, tenant: Tenant) -> dict[str, float]:
    """The median seconds of each page, by wall clock, since the database's part is what may grow."""
    connection.close()
    with tenant_active(tenant.pk):
        ticket = Ticket.objects.filter(status="open").latest("pk").pk
    pages = {name: url.format(ticket=ticket) for name, url in PAGES.items()}
    pages |= {f"search “{word}”": f"/t/desk/tickets/?q={word}" for word in SEARCHES}
    return {name: _median(browser, url) for name, url in pages.items()}


def _median(browser: Client, url: str) -> float:
    seconds = []
    for turn in range(ROUNDS + 2):
        started = time.perf_counter()
        answer = browser.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}")
        if turn > 1:
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
