"""The processes the product consists of: one list for `make demo` and for docker-compose.yml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["app", "owner"]


@dataclass(frozen=True)
class Command:
    """One process: its arguments after `python`, and the database role it runs in."""

    name: str
    arguments: tuple[str, ...]
    role: Role = "app"


def migrate() -> Command:
    return _command("migrate", "manage.py migrate --no-input", role="owner")


def seed() -> Command:
    return _command("seed", "manage.py seed_demo")


def simulator() -> Command:
    return _command("simulator", "manage.py simulate_day")


def web(*, host: str, port: int) -> Command:
    """Pages and API. Two processes with persistent database connections; each thread keeps one."""
    return _command(
        "web",
        f"-m granian --interface wsgi --host {host} --port {port} --workers 2 --blocking-threads 4 --no-ws "
        "--respawn-failed-workers --workers-kill-timeout 5s fieldservice.wsgi:application",
    )


def live(*, host: str, port: int) -> Command:
    """The live feed: long-lived streams, no database."""
    return _command(
        "live",
        f"-m uvicorn --host {host} --port {port} --timeout-graceful-shutdown 2 --no-access-log "
        "fieldservice.live:application",
    )


def worker() -> Command:
    """Whatever the clock or a fact starts."""
    return _command(
        "worker",
        "-m celery -A fieldservice worker --queues celery,timers --concurrency 2 --loglevel INFO "
        "--without-gossip --without-mingle",
    )


def timers() -> Command:
    """Timers and nothing else: they fire in time also while the worker is busy with what they led to."""
    return _command(
        "timers",
        "-m celery -A fieldservice worker --queues timers --pool solo --hostname timers@%h --loglevel INFO "
        "--without-gossip --without-mingle",
    )


def courier() -> Command:
    """A worker of its own for what asks other machines: a provider that hangs keeps no clock from striking."""
    return _command(
        "courier",
        "-m celery -A fieldservice worker --queues outside --hostname courier@%h --concurrency 2 "
        "--loglevel INFO --without-gossip --without-mingle",
    )


def planner() -> Command:
    """A worker of its own for planning runs: seconds of both processors keep no page and no clock waiting."""
    return _command(
        "planner",
        "-m celery -A fieldservice worker --queues planning --pool solo --hostname planner@%h --loglevel INFO "
        "--without-gossip --without-mingle",
    )


def beat(*, schedule: str) -> Command:
    """The tick. `schedule` is a file in which Celery notes when it last ran each entry."""
    return _command(
        "beat", f"-m celery -A fieldservice beat --loglevel INFO --pidfile= --schedule {schedule}"
    )


def _command(name: str, line: str, *, role: Role = "app") -> Command:
    return Command(name=name, arguments=tuple(line.split(" ")), role=role)
