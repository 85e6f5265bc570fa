"""The desk's pages of a company with a million tickets, beside those of one with ten thousand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

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
_SEARCHES = {f"search “{word}”": word for word in SEARCHES}


def inbox_figures() -> Iterator[dict[str, Any]]:
    """Pages and searches of a company with a million tickets against those of one with ten thousand.

    Both live in the same tables and are asked in turns, so that a busy neighbour disturbs both alike.
    """
    few, many = _company("few", FEW), _company("many", MANY)
    for name in PAGES:
        yield _figure(f"{name} at 1 M tickets against 10 k", *_compared(many[name], few[name]))
    found = _searched(many, few)
    fair = {name: (one.many, _as_long(name, found)) for name, one in found.items()}
    yield _figure(
        "ticket search at 1 M tickets against 10 k, all words",
        *(statistics.median(times[side] for times in fair.values()) for side in (0, 1)),
    )
    worst = max(fair, key=lambda name: fair[name][0] / fair[name][1])
    yield _figure(f"ticket search at 1 M tickets against 10 k, the worst word: {worst}", *fair[worst]) | {
        "rows": found[worst].many_rows,
        "same_word_ms": round(found[worst].few * 1000, 1),
        "same_word_rows": found[worst].few_rows,
    }


class _Found(NamedTuple):
    """A search at both sizes: how many rows its first page has, and its median seconds."""

    many_rows: int
    few_rows: int
    many: float
    few: float


def _searched(
    many: Mapping[str, Callable[[], bytes]], few: Mapping[str, Callable[[], bytes]]
) -> dict[str, _Found]:
    """Every search at both sizes, all in turns, since some are compared with others."""
    rows = {name: (_rows(many[name]), _rows(few[name])) for name in _SEARCHES}
    rounds = [
        {name: (_seconds(many[name]), _seconds(few[name])) for name in _SEARCHES} for _turn in range(ROUNDS)
    ]
    return {
        name: _Found(
            *rows[name], *(statistics.median(turn[name][side] for turn in rounds) for side in (0, 1))
        )
        for name in _SEARCHES
    }


def _as_long(name: str, found: Mapping[str, _Found]) -> float:
    """What a page as long costs among few tickets: of this word, or of those that find as many there.

    A word that stands in every thousandth ticket fills a page of a million and finds ten of ten thousand: to
    write fifty rows instead of ten takes longer whatever the search costs.
    """
    rows = found[name].many_rows
    nearest = min(abs(one.few_rows - rows) for one in found.values())
    if abs(found[name].few_rows - rows) == nearest:
        return found[name].few
    return statistics.median(one.few for one in found.values() if abs(one.few_rows - rows) == nearest)


def _company(slug: str, number: int) -> dict[str, Callable[[], bytes]]:
    """A company with so many tickets; how to ask for each of its pages."""
    tenant = create_tenant(slug=slug, name=slug, time_zone="Asia/Tokyo")
    browser = _staff(tenant)
    grow(tenant.pk, start=1, until=number + 1)
    return _asked(browser, tenant)


def _asked(browser: Client, tenant: Tenant) -> dict[str, Callable[[], bytes]]:
    with tenant_active(tenant.pk):
        ticket = Ticket.objects.filter(status="open").latest("pk").pk
    base = f"/t/{tenant.slug}/tickets/"
    urls = {name: base + path.format(ticket=ticket) for name, path in PAGES.items()}
    urls |= {name: f"{base}?q={word}" for name, word in _SEARCHES.items()}
    return {name: partial(_get, browser, url) for name, url in urls.items()}


def _get(browser: Client, url: str) -> bytes:
    answer = browser.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")
    return answer.content


def _rows(page: Callable[[], bytes]) -> int:
    return page().count(b"data-ticket=")


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
