"""`make demo`: the whole product, running, with data.

    python -m fieldservice.runtime.demo

Starts the servers, brings the database up to date, seeds it once, starts every process, and prints where to
go and as whom to sign in; the same as JSON in `.data/demo.json`. Starting again keeps the data.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from typing import Any

from . import clusters, commands, keeper, leases, ports, schema, servers, state
from .files import CannotStart, data, last_lines, make_directory, read_json, try_lock, write_json
from .supervisor import Supervisor, end_leftovers

READY_SECONDS = 60
BEGAN = time.monotonic()


def main() -> None:
    """Run until Ctrl-C."""
    os.environ.setdefault("FIELDSERVICE_CLUSTER", "main")
    base = make_directory(data())
    port = _port()
    lock = try_lock(base / "demo.lock")
    if lock is None:
        running = read_json(base / "processes.json") or {}
        raise CannotStart(
            f"The demo runs already at {running.get('base_url', 'another address')}. "
            f"Stop it with Ctrl-C, or: kill {running.get('pid', '(its process)')}"
        )
    if left := end_leftovers(base / "processes.json"):
        say(f"Ended what a killed demo had left running: {', '.join(left)}.")
    ports.require_free(port)
    supervisor = _supervisor(port)
    supervisor.heed_signals()
    try:
        _run(supervisor, port)
    finally:
        supervisor.stop()
        _stop_servers()
    say("Stopped. The data stays; `make demo` continues with it, `make clean` removes it.")


def say(text: str) -> None:
    """Print a line with the seconds since the start."""
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)  # noqa: T201


def _supervisor(port: int) -> Supervisor:
    live_port = ports.next_free(port + 1)
    base_url = f"http://{ports.HOST}:{port}"
    addresses = {
        "FIELDSERVICE_BASE_URL": base_url,
        "FIELDSERVICE_LIVE_URL": f"http://{ports.HOST}:{live_port}",
    }
    return Supervisor(
        environment={**os.environ, **addresses},
        logs=data() / "logs",
        record=data() / "processes.json",
        say=say,
        facts={"base_url": base_url, "live_port": live_port},
    )


def _run(supervisor: Supervisor, port: int) -> None:
    servers.database("owner"), servers.redis_url()
    say("PostgreSQL and Valkey run." if servers.EMBEDDED else "Using DATABASE_URL and REDIS_URL.")
    _migrate(supervisor)
    if supervisor.stopping:
        return
    host, base = ports.HOST, data()
    # They take seconds to start, which they may do while the data is written.
    supervisor.start(commands.web(host=host, port=port))
    supervisor.start(commands.live(host=host, port=supervisor.facts["live_port"]))
    seeded = _seed(supervisor)
    if supervisor.stopping:
        return
    _wait_until_ready(supervisor, port)
    supervisor.start(commands.worker())
    supervisor.start(commands.timers())
    supervisor.start(commands.courier())
    supervisor.start(commands.planner())
    supervisor.start(commands.beat(schedule=str(base / "beat-schedule")))
    if os.environ.get("DEMO_LIVE", "1") != "0":
        supervisor.start(commands.simulator())
    if supervisor.stopping:
        return
    facts = demo_facts(seeded, supervisor.facts["base_url"])
    write_json(base / "demo.json", facts)
    print(f"\nREADY {facts['base_url']}\n\n{as_table(facts)}\n", flush=True)  # noqa: T201
    while not supervisor.stopping:
        supervisor.tend()
        _tend_servers()
        time.sleep(0.2)


def _migrate(supervisor: Supervisor) -> None:
    """Bring the schema up to date unless the database itself says that it is."""
    note = state.read()
    if note.get("schema") == schema.fingerprint():
        say("The database is up to date.")
        return
    supervisor.run(commands.migrate())
    if not supervisor.stopping:
        state.write({**note, "schema": schema.fingerprint()})
        say("The database is migrated.")


def _seed(supervisor: Supervisor) -> dict[str, Any]:
    """What the seed told: now, or when the demo started first on this database."""
    told = data() / "seed.json"
    note, seeded = state.read(), read_json(told)
    if note.get("seeded") and seeded:
        return dict(seeded)
    printed = supervisor.run(commands.seed())
    if supervisor.stopping:
        return {}
    seeded = _last_json(printed)
    write_json(told, seeded)
    state.write({**note, "seeded": "yes"})
    say("The demonstration data is there.")
    return seeded


def _last_json(printed: str) -> dict[str, Any]:
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise CannotStart(
            "Seeding the demo ended without telling its sign-ins. Start the demo again; if that does not "
            "help, `make clean` removes the data."
        )
    return dict(json.loads(lines[-1]))


def _wait_until_ready(supervisor: Supervisor, port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while not supervisor.stopping and (missing := _not_ready(port)):
        web = supervisor.children["web"]
        if web.process.poll() is not None:
            raise CannotStart(supervisor.report(web, "did not start"))
        if time.monotonic() > until:
            raise CannotStart(
                f"{supervisor.facts['base_url']}/readyz is not well after {READY_SECONDS} s: {missing}\n"
                f"The end of {supervisor.log('web')}:\n{last_lines(supervisor.log('web'))}"
            )
        time.sleep(0.05)


def _not_ready(port: int) -> str:
    """What /readyz says is missing; nothing when all is well."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read(500).decode(errors="replace")
        return "" if answer.status == http.client.OK else f"{answer.status} {answer.reason} {body}"
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
    finally:
        connection.close()


def demo_facts(seeded: dict[str, Any], base_url: str) -> dict[str, Any]:
    """The contents of `.data/demo.json`: what the seed told, with addresses that can be opened."""
    link = seeded["customer_link"]
    return {
        "base_url": base_url,
        "tenants": seeded["tenants"],
        "sign_ins": seeded["sign_ins"],
        "api_token": seeded["api_token"],
        "customer_link": link if link.startswith("http") else base_url + link,
    }


def as_table(facts: dict[str, Any]) -> str:
    """Sign-ins, token and link for a person to read."""
    columns = ("tenant", "role", "email", "password")
    rows = [columns, *([str(row[column]) for column in columns] for row in facts["sign_ins"])]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += ["", f"API token      {facts['api_token']}", f"Customer link  {facts['customer_link']}"]
    return "\n".join([*lines, "", "Ctrl-C stops everything; the data stays."])


def _port() -> int:
    text = os.environ.get("DEMO_PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(
            f"DEMO_PORT is {text!r}; it must be a number from 1 to 65535: DEMO_PORT=8001 make demo"
        )
    return int(text)


def _tend_servers() -> None:
    cluster = clusters.current()
    if not servers.EMBEDDED or (servers.running(cluster) and leases.holds(cluster)):
        return
    if not leases.holds(cluster):
        raise CannotStart(f"{cluster.home} was removed while the demo ran on it. Start the demo again.")
    say("A server has stopped; starting it again.")
    servers.ensure(cluster)


def _stop_servers() -> None:
    """Stop the servers that are ours, unless somebody else uses them: then the keeper stops them later."""
    cluster = clusters.current()
    if not servers.EMBEDDED or not cluster.home.exists():
        return
    leases.leave(cluster)
    alone = leases.alone(cluster)
    if alone is None:
        using = ", ".join(str(pid) for pid in leases.users(cluster)) or "another process"
        say(f"PostgreSQL and Valkey run on until their last user ends (pid {using}).")
        return
    keeper.stop(cluster)
    alone.close()


if __name__ == "__main__":
    main()
