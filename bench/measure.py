"""The measurements: each yields {"name", "ratio" or "rate", "limit", "within", …}."""

from __future__ import annotations

import csv
import gc
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from accounts import services as accounts
from accounts.enums import Permission
from bench.__main__ import DATA, ROOT
from bench.chat import chat_figures
from bench.dispatching import dispatch_figures
from bench.inbox import inbox_figures
from bench.instant import instant_figures
from bench.mail import ingest_rate
from bench.optimiser import FIGURES, figure_of, small_figures
from bench.planning import planning_figures
from bench.race import race_figures
from bench.timers import timer_figures
from bench.world import furnish
from core.clock import now
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant

ROUNDS = 9
SHARED_CSV = ROOT.parent / "shared/data/service_requests/nyc_311_2024-04-15.csv"


def spine_figures() -> Iterator[dict[str, Any]]:
    """What a request, a page of the API, a ticket and an import cost."""
    tenant = create_tenant(slug="bench", name="Bench", time_zone="America/New_York")
    with tenant_active(tenant.pk):
        bench = Actor.system("bench")
        accounts.create_default_roles(actor=bench)
        _, secret = accounts.create_token(name="bench", scopes=list(Permission.values), actor=bench, at=now())
        furnish(work_orders=60)
    web = Web(secret)
    yield _ratio(
        "tenant transaction against the same request without it",
        lambda: web.get(f"/bench/inside?tenant={tenant.pk}"),
        lambda: web.get("/bench/plain"),
        limit=1.35,
    )
    hello = lambda: web.get("/bench/hello")  # noqa: E731
    yield _ratio(
        "API page of 50 work orders against hello + one query",
        lambda: web.get("/api/v1/work-orders?limit=50"),
        hello,
        limit=9.0,
        calls=40,
    )
    ticket = json.dumps(
        {"subject": "No heat", "description": "Since this morning", "channel": "api"}
    ).encode()
    yield _ratio(
        "opening a ticket (audit, outbox, SLA timers) against hello + one query",
        lambda: web.post("/api/v1/tickets", ticket, expect=201),
        hello,
        limit=10.0,
        calls=40,
    )
    yield _import_rate()


class Web:
    """The WSGI application called directly: the serving process' CPU and nothing of a client's."""

    def __init__(self, secret: str) -> None:
        self._application = get_wsgi_application()
        self._secret = secret

    def get(self, path: str) -> bytes:
        return self._call("GET", path, b"", 200)

    def post(self, path: str, body: bytes, *, expect: int) -> bytes:
        return self._call("POST", path, body, expect)

    def _call(self, method: str, path: str, body: bytes, expect: int) -> bytes:
        where, _, query = path.partition("?")
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": where, "QUERY_STRING": query}
        setup_testing_defaults(environ)
        environ |= {
            "HTTP_HOST": "127.0.0.1",
            "HTTP_AUTHORIZATION": f"Bearer {self._secret}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        status: list[str] = []
        answer = self._application(environ, lambda line, headers: status.append(line))  # type: ignore[arg-type]
        content = b"".join(answer)
        answer.close()
        if not status[0].startswith(str(expect)):
            raise RuntimeError(f"{method} {path} answered {status[0]}: {content[:500]!r}")
        return content


def _cpu(act: Callable[[], object], calls: int) -> float:
    """CPU seconds of this process per call."""
    gc.collect()
    started = time.process_time()
    for _ in range(calls):
        act()
    return (time.process_time() - started) / calls


def _ratio(
    name: str, costly: Callable[[], object], plain: Callable[[], object], *, limit: float, calls: int = 200
) -> dict[str, Any]:
    """The median of interleaved rounds, so that a busy neighbour disturbs both alike."""
    for act in (costly, plain):
        _cpu(act, 10)
    rounds = [(_cpu(costly, calls), _cpu(plain, calls)) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in rounds)
    return {
        "name": name,
        "ratio": round(ratio, 2),
        "limit": limit,
        "within": ratio <= limit,
        "cpu_us": round(statistics.median(a for a, _ in rounds) * 1e6),
        "against_us": round(statistics.median(b for _, b in rounds) * 1e6),
        "rounds": ROUNDS,
    }


def _import_rate() -> dict[str, Any]:
    """Rows a second of the real command, auto-dispatch left out and included."""
    source = SHARED_CSV if SHARED_CSV.exists() else _made_csv()
    create_tenant(slug="import", name="Import", time_zone="America/New_York")
    started = time.perf_counter()
    counted = _quietly(
        "import_requests", "--tenant", "import", "--format", "nyc311", str(source), "--no-dispatch"
    )
    seconds = time.perf_counter() - started
    rate = counted["created"] / seconds
    return {
        "name": "import of service requests, rows per second",
        "rate": round(rate),
        "limit": 200,
        "within": rate >= 200,
        "seconds": round(seconds, 2),
        **counted,
    }


def _quietly(*command: str) -> dict[str, Any]:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        call_command(*command)
    found: dict[str, Any] = json.loads(out.getvalue().strip().splitlines()[-1])
    return found


def _made_csv() -> Path:
    """A thousand rows of the same shape, where the shared file is absent."""
    path = DATA / "requests.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = [
            "unique_key",
            "created_date",
            "complaint_type",
            "descriptor",
            "incident_address",
            "city",
            "borough",
        ]
        writer.writerow([*names, "incident_zip", "open_data_channel_type", "latitude", "longitude"])
        for n in range(1000):
            row = [70_000_000 + n, "2024-04-15T12:00:00.000", "HEAT/HOT WATER", "ENTIRE BUILDING"]
            place = [f"{n % 400} BROADWAY", "NEW YORK", "MANHATTAN", "10013", "PHONE"]
            writer.writerow([*row, *place, 40.71 + n / 1e5, -74.0])
    return path


GROUPS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "spine": spine_figures,
    "mail": ingest_rate,
    "timers": timer_figures,
    "inbox": inbox_figures,
    "chat": chat_figures,
    "optimiser": small_figures,
    "instant": lambda: instant_figures(Web),
    "dispatch": lambda: dispatch_figures(Web),
    "planning": planning_figures,
}
"""The figures by what they are about, in the order of the promises."""
BY_NAME: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    name: partial(figure_of, name) for name in FIGURES
} | {"race": race_figures}
"""Those that take minutes: only when somebody names them."""
