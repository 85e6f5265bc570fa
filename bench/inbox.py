"""The desk's pages of a company with a million tickets, beside those of one with ten thousand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

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
    "inbox page": "",
    "inbox page, mine": "?view=mine",
    "inbox page, one channel": "?channel=phone",
    "inbox page, all tickets": "?view=all",
    "ticket page": "{ticket}/",
}
SEARCHES = [
    *(word for _share, *pair in WORDS for word in pair),
    *RARE,
    "t-7777",
    "ください",
    "nothinglikeit",
]


def inbox_figures() -> Iterator[dict[str, Any]]:
    """Pages and searches of a company with a million tickets against those of one with ten thousand.

    Both live in the same tables and are asked in turns, so that a busy neighbour disturbs both alike.
    """
    few, many = _company("few", FEW), _company("many", MANY)
    times = {name: _compared(many[name], few[name]) for name in many}
    for name in PAGES:
        yield _figure(f"{name} at 1 M tickets against 10 k", *times[name])
    searches = [name for name in times if name not in PAGES]
    yield _figure(
        "ticket search at 1 M tickets against 10 k, all words",
        *(statistics.median(times[name][side] for name in searches) for side in (0, 1)),
    )
    worst = max(searches, key=lambda name: times[name][0] / times[name][1])
    yield _figure(f"ticket search at 1 M tickets against 10 k, the worst word: {worst}", *times[worst])


def _company(slug: str, number: int) -> dict[str, Callable[[], object]]:
    """A company with so many tickets; how to ask for each of its pages."""
    tenant = create_tenant(slug=slug, name=slug, time_zone="Asia/Tokyo")
    browser = _staff(tenant)
    grow(tenant.pk, start=1, until=number + 1)
    return _asked(browser, tenant)


def _asked(browser: Client, tenant: Tenant) -> dict[str, Callable[[], object]]:
    with tenant_active(tenant.pk):
        ticket = Ticket.objects.filter(status="open").latest("pk").pk
    base = f"/t/{tenant.slug}/tickets/"
    urls = {name: base + path.format(ticket=ticket) for name, path in PAGES.items()}
    urls |= {f"search “{word}”": f"{base}?q={word}" for word in SEARCHES}
    return {name: partial(_get, browser, url) for name, url in urls.items()}


def _get(browser: Client, url: str) -> None:
    answer = browser.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")


def _compared(many: Callable[[], object], few: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both, by the wall's clock, since it is the database's part that may grow."""
    many(), few()
    rounds = [(_seconds(many), _seconds(few)) for _turn in range(ROUNDS)]
    return statistics.median(one for one, _ in rounds), statistics.median(one for _, one in rounds)


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


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
                email=f"{tenant.slug}{n}@bench.example",
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
    browser.force_login(User.objects.get(email=f"{tenant.slug}0@bench.example"))
    return browser
