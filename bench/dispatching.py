"""Auto-dispatch: from a ticket opened by the API to the visit committed, and what that costs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import time as clock_time
from functools import partial
from socket import create_connection, socket
from threading import Event, Lock, Thread, local
from typing import Any

from django.db import connection

from accounts import services as accounts
from accounts.enums import Permission, RoleCode
from bench.__main__ import DATA
from bench.processes import HOST, running
from bench.usage import backend_pid, seconds_of, seconds_used
from core.clock import now
from customers.models import Customer, Site
from dispatch import services as dispatch
from dispatch.models import Visit
from fieldservice.runtime import commands
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant
from tickets.models import Topic
from workforce import services as workforce

ENGINEERS, SITES = 60, 200
TOGETHER = 300
ONE_BY_ONE = 60
RATES, SECONDS = (20, 50), 15
"""Tickets a second, the last of them promised, and for how long."""
CLIENTS = 16
GRACE, LOOK = 20, 0.01
"""Seconds: for what is late after the stream, between two looks at what is committed."""
P95_MS, CPU_MS = 300, 40
ACTOR = Actor.system("bench")

_LOOKS = """
    SELECT set_config('app.tenant_id', %s, false);
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan;
    PREPARE seen(bigint) AS SELECT v.id, w.ticket_id FROM dispatch_visit v
    JOIN dispatch_workorder w ON w.tenant_id = v.tenant_id AND w.id = v.work_order_id
    WHERE v.id > $1 AND w.ticket_id IS NOT NULL
"""


def dispatch_figures(web_of: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    """`web_of` gives a client that posts to the API with a token's secret, inside this process."""
    tenant = create_tenant(slug="bench-dispatch", name="Bench dispatch", time_zone="Asia/Tokyo")
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=ACTOR)
        _, secret = accounts.create_token(name="bench", scopes=list(Permission.values), actor=ACTOR, at=now())
        accounts.add_member(
            email="desk@bench.example",
            name="Desk",
            role_code=RoleCode.SERVICE_DESK,
            actor=ACTOR,
            at=now(),
            password="correct-horse-battery",
        )
        topic_id, sites = _furnish()
    bodies = _Bodies(topic_id, sites)
    yield from _costs(web_of(secret), bodies)
    others = (commands.worker(), commands.timers(), commands.beat(schedule=str(DATA / "beat")))
    with running(*others) as port:
        client = _Client(port, secret, bodies)
        with _Watch(tenant.pk) as watch:
            for _ in range(5):
                watch.wait_for([client.open()], seconds=60)
            yield _one_by_one(client, watch)
            for rate in RATES:
                yield _used_by(rate, partial(_stream, client, watch, rate))
    with tenant_active(tenant.pk):
        planned = Visit.objects.count()
    yield {
        "name": "tickets whose visit was planned",
        "rate": planned,
        "limit": bodies.made,
        "within": planned == bodies.made,
    }


class _Bodies:
    """What is posted, each time about the next site."""

    def __init__(self, topic_id: int, sites: Sequence[Site]) -> None:
        self.made, self._topic_id, self._sites, self._lock = 0, topic_id, sites, Lock()

    def next(self) -> bytes:
        with self._lock:
            self.made += 1
            number = self.made
        site = self._sites[number % len(self._sites)]
        whom = {"site": site.pk, "customer": site.customer_id, "topic": self._topic_id}
        return json.dumps({"subject": f"No heat {number}", "allow_duplicate": True, **whom}).encode()


def _costs(web: Any, bodies: _Bodies) -> Iterator[dict[str, Any]]:
    """What both parts take when many are done at once, in this process, with the database's own part."""

    def open_all() -> None:
        for _ in range(TOGETHER):
            web.post("/api/v1/tickets", bodies.next(), expect=201)

    for _ in range(5):
        web.post("/api/v1/tickets", bodies.next(), expect=201)
    deliver_all()
    yield _cost("opening a ticket by the API, ms of CPU", open_all)
    yield _cost(f"the worker's part of a ticket, {TOGETHER} at once, ms of CPU", deliver_all)


def _cost(name: str, act: Callable[[], object]) -> dict[str, Any]:
    backend = backend_pid()
    cpu, wall, database = time.process_time(), time.perf_counter(), seconds_of(backend)
    act()
    each = 1000 / TOGETHER
    figure = _figure(name, (time.process_time() - cpu) * each, CPU_MS)
    database = (seconds_of(backend) - database) * each
    wall = (time.perf_counter() - wall) * each
    return figure | {"database_ms": round(database, 1), "wall_ms_each": round(wall, 1)}


class _Client:
    """Opens tickets by the API of the real web process; each thread keeps a connection. What it does costs a
    quarter of what `http.client` does, on the processors that it measures."""

    def __init__(self, port: int, secret: str, bodies: _Bodies) -> None:
        self._port, self._bodies, self._own = port, bodies, local()
        self._head = (
            f"POST /api/v1/tickets HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {secret}\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )

    def open(self) -> int:
        """Open the next ticket. Gives its id."""
        wire = getattr(self._own, "wire", None)
        if wire is None:
            wire = self._own.wire = create_connection((HOST, self._port), timeout=60)
        body = self._bodies.next()
        wire.sendall((self._head % len(body)).encode() + body)
        head, content = self._answer(wire)
        if b" 201 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"POST answered {head[:40]!r}: {content[:500]!r}")
        return int(json.loads(content)["id"])

    def _answer(self, wire: socket) -> tuple[bytes, bytes]:
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more(wire)
        head, _, content = found.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(content) < length:
            content += self._more(wire)
        return head, content

    def _more(self, wire: socket) -> bytes:
        if not (part := wire.recv(65_536)):
            raise RuntimeError("The web closed the connection before it had answered.")
        return part


class _Watch:
    """Sees visits as soon as others can read them: `seen` gives the moment by ticket."""

    def __init__(self, tenant_id: int) -> None:
        self.seen: dict[int, float] = {}
        self._tenant_id, self._over = tenant_id, Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._over.set()
        self._thread.join()

    def wait_for(self, ticket_ids: Sequence[int], *, seconds: float) -> None:
        """Return when all of these have a visit, or the time is over."""
        until = time.perf_counter() + seconds
        while not self.seen.keys() >= set(ticket_ids) and time.perf_counter() < until:
            time.sleep(LOOK / 2)

    def _look(self) -> None:
        """One prepared statement a look, or the looks would be a part of what they measure."""
        newest = 0
        with connection.cursor() as cursor:
            cursor.execute(_LOOKS, [str(self._tenant_id)])
            while not self._over.wait(LOOK):
                # Numbers are given before the commit, so that some appear behind others.
                cursor.execute("EXECUTE seen(%s)", [max(0, newest - 30)])
                moment = time.perf_counter()
                for visit_id, ticket_id in cursor.fetchall():
                    newest = max(newest, visit_id)
                    self.seen.setdefault(ticket_id, moment)
        connection.close()


def _one_by_one(client: _Client, watch: _Watch) -> dict[str, Any]:
    waits = []
    for _ in range(ONE_BY_ONE):
        began = time.perf_counter()
        ticket_id = client.open()
        watch.wait_for([ticket_id], seconds=GRACE)
        waits.append(watch.seen.get(ticket_id, time.perf_counter()) - began)
        # What the visit leads to is told before the next ticket comes.
        time.sleep(0.3)
    name = "ticket opened by the web to visit committed by the worker, one by one, p95 in ms"
    return _figure(name, _p95(waits) * 1000, P95_MS) | {"p50": round(statistics.median(waits) * 1000, 1)}


def _used_by(rate: int, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figure, with the processor time of each process for a ticket, and of this one, which asks and looks."""
    before, own = seconds_used(), time.process_time()
    figure = act()
    # What the last visits lead to belongs to them.
    time.sleep(2)
    used = {name: spent - before[name] for name, spent in seconds_used().items()}
    used["clients"] = time.process_time() - own
    each = {name: round(spent * 1000 / (rate * SECONDS), 1) for name, spent in used.items()}
    return figure | {"cpu_ms_each": each, "cpu_ms_in_all": round(sum(each.values()), 1)}


def _stream(client: _Client, watch: _Watch, rate: int) -> dict[str, Any]:
    """`rate` tickets each second. A ticket's time counts from when it was to be opened, also if it waited."""
    begin = time.perf_counter() + 0.5

    def open_at(number: int) -> tuple[int, float, float]:
        due = begin + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        ticket_id = client.open()
        return ticket_id, due, time.perf_counter()

    with ThreadPoolExecutor(CLIENTS) as pool:
        opened = list(pool.map(open_at, range(rate * SECONDS)))
    watch.wait_for([ticket_id for ticket_id, _due, _at in opened], seconds=GRACE)
    waits = [watch.seen[pk] - due for pk, due, _at in opened if pk in watch.seen]
    last = max(watch.seen[pk] for pk, _due, _at in opened if pk in watch.seen)
    reached = len(waits) / (last - begin)
    return {
        "name": f"tickets a second to visits committed, {rate} a second asked for, {SECONDS} s",
        "rate": round(reached, 1),
        "limit": rate * 0.97,
        "within": reached >= rate * 0.97 and len(waits) == len(opened),
        "p50_ms": round(statistics.median(waits) * 1000),
        "p95_ms": round(_p95(waits) * 1000),
        "opened_p95_ms": round(_p95([at - due for _pk, due, at in opened]) * 1000),
        "opened": len(opened),
        "planned": len(waits),
    }


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _figure(name: str, value: float, limit: float) -> dict[str, Any]:
    return {"name": name, "rate": round(value, 1), "limit": limit, "within": value <= limit}


def _furnish() -> tuple[int, list[Site]]:
    """Sixty engineers around the clock, two hundred sites, one rule; a topic that is field work."""
    day = [(clock_time(0), clock_time(12)), (clock_time(12), clock_time(0))]
    week = dict.fromkeys(range(7), day)
    for number in range(ENGINEERS):
        engineer = workforce.create_engineer(name=f"Engineer {number}", actor=ACTOR, at=now())
        type(engineer).objects.filter(pk=engineer.pk).update(
            home_latitude=35.6 + number % 8 / 50, home_longitude=139.6 + number // 8 / 50
        )
        workforce.set_shifts(engineer_id=engineer.pk, weekly=week, actor=ACTOR, at=now())
    topic = Topic.objects.create(code="no-heat", name="No heat")
    dispatch.create_work_type(
        code="no-heat", name="No heat", duration_minutes=30, topic_id=topic.pk, actor=ACTOR, at=now()
    )
    dispatch.create_rule(name="All", horizon_days=3, actor=ACTOR, at=now())
    customers = Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(SITES))
    sites = Site.objects.bulk_create(
        Site(
            customer=customer,
            name=f"Site {n}",
            area="Chiyoda",
            latitude=35.6 + n % 20 / 100,
            longitude=139.6 + n // 20 / 100,
        )
        for n, customer in enumerate(customers)
    )
    return topic.pk, sites
