"""The door of the runtime: where PostgreSQL and Valkey are, started first where they are ours.

Asking costs a few milliseconds while the servers run. `FIELDSERVICE_SERVERS=off` answers without starting or
using anything, for tools that only import the settings.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import clusters
from .files import CannotStart, data, locked

if TYPE_CHECKING:
    from urllib.parse import SplitResult

ROLES = {"app": "fsm_app", "owner": "fsm_owner"}
BROKER_DATABASE = 2
DATABASES_EACH = 4

EMBEDDED_POSTGRES = not os.environ.get("DATABASE_URL")
EMBEDDED_VALKEY = not os.environ.get("REDIS_URL")
EMBEDDED = EMBEDDED_POSTGRES or EMBEDDED_VALKEY


@dataclass(frozen=True)
class Connection:
    """How to reach the database in one role. `host` is a directory of sockets when the server is ours."""

    host: str
    port: str
    name: str
    user: str
    password: str
    options: dict[str, str] = field(default_factory=dict)

    def arguments(self, *, name: str = "") -> dict[str, Any]:
        """Keyword arguments for `psycopg2.connect`, to this database or to `name` on the same server."""
        user = {"user": self.user, "password": self.password}
        return {**self.options, "host": self.host, "port": self.port, "dbname": name or self.name, **user}


def data_dir() -> Path:
    """Where the product keeps files of its own (photos, mail, the secret key); tests have theirs apart."""
    name = clusters.current_name()
    return data() if name == "main" else data() / name / "files"


def database(role: str | None = None) -> Connection:
    """The database in `role`: `app`, or `owner` for migrations; by default what FIELDSERVICE_ROLE says.

    With outside servers the owner is DATABASE_OWNER_URL, or DATABASE_URL where that is unset.
    """
    role = role or os.environ.get("FIELDSERVICE_ROLE") or "app"
    if role not in ROLES:
        raise CannotStart(f"FIELDSERVICE_ROLE is {role!r}; it must be one of: {', '.join(sorted(ROLES))}.")
    if not EMBEDDED_POSTGRES:
        owner = os.environ.get("DATABASE_OWNER_URL") if role == "owner" else None
        return _parse(owner or os.environ["DATABASE_URL"])
    from .postgres import DATABASE  # noqa: PLC0415  keeps start-up short with outside servers

    return Connection(host=str(_ready().run), port="5432", name=DATABASE, user=ROLES[role], password="")


def redis_url(number: int = 0) -> str:
    """The Valkey database `number` (below DATABASES_EACH), for redis-py and Django's cache."""
    number = _counted(number)
    if EMBEDDED_VALKEY:
        return f"unix://{_ready().valkey_socket}?db={number}"
    parts = _outside_valkey()
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()


def broker_url() -> str:
    """The Valkey database that carries Celery's messages, in Celery's own spelling."""
    url = redis_url(BROKER_DATABASE)
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def running(cluster: clusters.Cluster) -> bool:
    """Whether every server of the cluster that we need runs now."""
    return all(server.running(cluster) for server in _needed())


def ensure(cluster: clusters.Cluster) -> None:
    """Use the cluster's servers until this process ends, starting what does not run."""
    from . import keeper, leases  # noqa: PLC0415  only with embedded servers

    if not cluster.home.exists():
        clusters.prepare(cluster)
    leases.join(cluster)
    if not running(cluster):
        with locked(cluster.home / "start.lock"):
            for server in _needed():
                if not server.running(cluster):
                    server.start(cluster)
    keeper.ensure(cluster)


def _needed() -> list[Any]:
    from . import postgres, valkey  # noqa: PLC0415  only with embedded servers

    return [postgres] * EMBEDDED_POSTGRES + [valkey] * EMBEDDED_VALKEY


_used: set[clusters.Cluster] = set()


def _ready() -> clusters.Cluster:
    """The current cluster, running; looked at once in each process."""
    cluster = clusters.current()
    if cluster not in _used and os.environ.get("FIELDSERVICE_SERVERS") != "off":
        ensure(cluster)
        _used.add(cluster)
    return cluster


def slot() -> int:
    """The number of this test process among those that share the test servers; 0 elsewhere.

    What a test process starts has its number, unless that is a test process itself.
    """
    if clusters.current_name() != "test":
        return 0
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    owner, _, number = os.environ.get("FIELDSERVICE_SLOT", "none:").rpartition(":")
    if owner != worker:
        from . import leases  # noqa: PLC0415  only in tests

        number = str(leases.take_slot(clusters.current()))
        os.environ["FIELDSERVICE_SLOT"] = f"{worker}:{number}"
    return int(number)


def _parse(url: str) -> Connection:
    from urllib.parse import parse_qsl, unquote, urlsplit  # noqa: PLC0415  only with outside servers

    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        parts, port = urlsplit(""), 0
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name or not port:
        raise CannotStart("DATABASE_URL must look like postgres://user:password@host:5432/name; it does not.")
    options = dict(parse_qsl(parts.query))
    return Connection(
        host=options.pop("host", "") or unquote(parts.hostname or ""),
        port=str(port),
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        options=options,
    )


def _counted(number: int) -> int:
    """Each test process has Valkey databases of its own."""
    return DATABASES_EACH * slot() + number


def _outside_valkey() -> SplitResult:
    """The parts of REDIS_URL."""
    from urllib.parse import urlsplit  # noqa: PLC0415  only with outside servers

    parts = urlsplit(os.environ["REDIS_URL"])
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise CannotStart("REDIS_URL must look like redis://host:6379/0; it does not.")
    return parts
