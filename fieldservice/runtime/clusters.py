"""Where an embedded cluster (one PostgreSQL and one Valkey) keeps its things, and as whom it runs.

`main` serves the demo and manage.py; `test` serves pytest, so that tests never touch the demo's data and can
run beside it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .files import CannotStart, data, make_directory

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET = 100


@dataclass(frozen=True)
class Cluster:
    """One embedded cluster.

    `home` holds our locks and records; `store` the servers' data, `run` their sockets; both may lie elsewhere
    when the account that PostgreSQL must run as cannot reach `home`, or the path is too long for a socket.
    `user` is that account when we are root (PostgreSQL refuses to run as root), else None: ourselves.
    """

    name: str
    home: Path
    store: Path
    run: Path
    user: pwd.struct_passwd | None

    @property
    def postgres_data(self) -> Path:
        return self.store / "postgres"

    @property
    def postgres_socket(self) -> Path:
        return self.run / SOCKET_NAME

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey"

    @property
    def durable(self) -> bool:
        """Whether its data must survive a power cut; a test's need not."""
        return self.name != "test"


def current_name() -> str:
    """`test` under pytest and in what pytest starts, else `main`; FIELDSERVICE_CLUSTER decides otherwise."""
    return os.environ.get("FIELDSERVICE_CLUSTER") or ("test" if "PYTEST_VERSION" in os.environ else "main")


def current() -> Cluster:
    return cluster(current_name(), data())


@lru_cache
def cluster(name: str, base: Path) -> Cluster:
    """The places of the cluster `name` under the directory `base`; creates nothing."""
    home = base / name
    user = _account(home) if os.geteuid() == 0 else None
    store = home if user is None or reachable(home, user) else outside(base) / name
    run = store / "run"
    if len(str(run / SOCKET_NAME)) > LONGEST_SOCKET:
        run = outside(base) / name / "run"
    return Cluster(name=name, home=home, store=store, run=run, user=user)


def outside(base: Path) -> Path:
    """A short directory that every account can reach, one for each directory it stands in for."""
    mark = hashlib.sha256(str(base).encode()).hexdigest()[:10]
    return Path("/var/tmp") / f"fieldservice-{os.geteuid()}-{mark}"  # noqa: S108


def _account(home: Path) -> pwd.struct_passwd:
    """As whom PostgreSQL runs when we are root: the owner of data that exists already, else `nobody`."""
    try:
        owner = (home / "postgres").stat().st_uid
        if owner != 0:
            return pwd.getpwuid(owner)
    except (OSError, KeyError):
        pass
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL refuses to run as root, and this machine has no account `nobody` to run it as. "
            "Run the command as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None


def reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` may pass through every existing directory above `path`."""
    for parent in path.parents:
        try:
            status = parent.stat()
        except FileNotFoundError:
            continue
        needed = 0o100 if status.st_uid == user.pw_uid else 0o010 if status.st_gid == user.pw_gid else 0o001
        if not status.st_mode & needed:
            return False
    return True


def prepare(cluster: Cluster) -> None:
    """Create the cluster's directories with the owners they need; refuse one that somebody else planted."""
    make_directory(cluster.home)
    for path in (cluster.store, cluster.run.parent):
        if not path.is_relative_to(cluster.home):
            claim(path.parent)
        make_directory(path)
    make_directory(cluster.run, mode=0o700)
    if cluster.user:
        os.chown(cluster.run, cluster.user.pw_uid, cluster.user.pw_gid)


def claim(path: Path) -> None:
    """Make `path` in a directory that everybody can write to, and make sure that it is ours."""
    make_directory(path)
    status = path.lstat()
    if path.is_symlink() or status.st_uid != os.geteuid():
        raise CannotStart(f"{path} belongs to somebody else. Remove it, or choose another FIELDSERVICE_DATA.")
    path.chmod(0o755)
