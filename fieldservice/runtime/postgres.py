"""One embedded PostgreSQL: created, started, found, stopped."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from . import binaries
from .clusters import Cluster, prepare
from .files import CannotStart, cannot_write, command_of, last_lines, require_space

MAJOR_VERSION = "18"
DATABASE = "fieldservice"
SPACE_MB = 200

# `lc-ctype` must know letters beyond ASCII, or trigrams ignore Japanese.
INITDB_ARGUMENTS = [
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--lc-ctype=C.UTF-8",
]

# One statement a line: PostgreSQL's single-user mode runs them before anybody can connect, and again where
# an older version of this text made the cluster; then what exists already is no error.
BOOTSTRAP = f"""\
CREATE ROLE fsm_owner;
CREATE ROLE fsm_app;
CREATE ROLE fsm_worker;
ALTER ROLE fsm_owner LOGIN BYPASSRLS CREATEDB;
ALTER ROLE fsm_app LOGIN NOBYPASSRLS;
ALTER ROLE fsm_worker NOLOGIN BYPASSRLS;
GRANT fsm_worker TO fsm_owner;
CREATE EXTENSION btree_gist;
CREATE EXTENSION btree_gin;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION citext;
CREATE DATABASE {DATABASE} OWNER fsm_owner;
"""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_checkpoints": "off",
}
# Autovacuum belongs to the superuser, so its worker would keep the owner from dropping a test database.
FAST_AND_LOSABLE = {
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def running(cluster: Cluster) -> bool:
    """Whether the server accepts connections now."""
    return _recorded(cluster)[1] == "ready" and _answers(cluster.postgres_socket)


def pid(cluster: Cluster) -> int | None:
    """The server's process, if one really serves this data directory."""
    recorded, _status = _recorded(cluster)
    return recorded if recorded and _serves(recorded, cluster) else None


def start(cluster: Cluster) -> None:
    """Start the server; create the cluster first where there is none. Call under the cluster's start lock."""
    prepare(cluster)
    programs = binaries.postgres(cluster)
    if not _exists(cluster):
        _create(cluster, programs)
    if _settles(cluster):
        return
    _forget_dead_server(cluster)
    _bootstrap(cluster, programs, cluster.postgres_data)
    log = _log(cluster)
    result = _run(cluster, [
        programs / "pg_ctl", "start", "--wait", "--timeout=60", "--silent",
        f"--pgdata={cluster.postgres_data}", f"--log={log}", f"--options={_options(cluster)}",
    ])  # fmt: skip
    if result.returncode or not running(cluster):
        raise CannotStart(
            f"PostgreSQL did not start on {cluster.postgres_data}.\n"
            f"The end of its log, {log}:\n{last_lines(log)}\n"
            "If that is no help, `make clean` starts over with empty data."
        )


def stop(cluster: Cluster) -> None:
    """Stop the server, ending open connections; return when it is down."""
    if pid(cluster) is None:
        return
    programs = binaries.postgres(cluster)
    command: list[str | Path] = [
        programs / "pg_ctl",
        "stop",
        "--wait",
        "--silent",
        f"--pgdata={cluster.postgres_data}",
    ]
    if _run(cluster, [*command, "--mode=fast", "--timeout=20"]).returncode:
        _run(cluster, [*command, "--mode=immediate"])


def _exists(cluster: Cluster) -> bool:
    """Whether there is a cluster of this version; refuse a directory that holds anything else."""
    data = cluster.postgres_data
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if data.exists() and any(data.iterdir()):
            raise CannotStart(
                f"{data} is not a PostgreSQL data directory (it has no PG_VERSION) but is not empty either. "
                f"Move it away (mv {data} {data}.old) and run the command again."
            ) from None
        return False
    except PermissionError:
        raise CannotStart(
            f"{data} belongs to another user. Run the command as that user, or choose another directory: "
            "FIELDSERVICE_DATA=/some/directory."
        ) from None
    if version != MAJOR_VERSION:
        raise CannotStart(
            f"{data} holds data of PostgreSQL {version}; this program brings PostgreSQL {MAJOR_VERSION}. "
            f"To keep the data, dump it with PostgreSQL {version}; to start over, move it away "
            f"(mv {data} {data}.{version}) and run the command again."
        )
    return True


def _create(cluster: Cluster, programs: Path) -> None:
    """Create cluster, roles, extensions and database beside their place; move them there when complete."""
    data, new = cluster.postgres_data, cluster.postgres_data.with_name("postgres.new")
    require_space(cluster.store, megabytes=SPACE_MB)
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if cluster.user:
            os.chown(new, cluster.user.pw_uid, cluster.user.pw_gid)
        sync = [] if cluster.durable else ["--no-sync"]
        _must(cluster, [programs / "initdb", f"--pgdata={new}", *INITDB_ARGUMENTS, *sync])
        _bootstrap(cluster, programs, new)
        if data.exists():
            data.rmdir()
        new.rename(data)
    except OSError as problem:
        raise cannot_write(new, problem) from problem
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _bootstrap(cluster: Cluster, programs: Path, data: Path) -> None:
    """Create roles, extensions and database in a stopped cluster, unless this very text did it before."""
    note = data / "bootstrap.sql"
    if not note.exists() or note.read_text() != BOOTSTRAP:
        _must(cluster, [programs / "postgres", "--single", "-D", data, "template1"], BOOTSTRAP)
        note.write_text(BOOTSTRAP)


def _must(cluster: Cluster, command: Sequence[str | Path], text: str = "") -> None:
    result = _run(cluster, command, text)
    lines = result.stderr.splitlines()
    wrong = [
        line for line in lines if re.search("ERROR:|FATAL:|PANIC:", line) and "already exists" not in line
    ]
    if result.returncode or wrong:
        said = "\n".join(f"    {line}" for line in lines[-8:])
        reason = "there is no space left on its disk" if "No space left" in said else "its tools refused"
        raise CannotStart(
            f"PostgreSQL's data could not be created in {cluster.postgres_data}: {reason}.\n{said}\n"
            "Nothing was left behind; mend the cause and run the command again, or choose another directory: "
            "FIELDSERVICE_DATA=/some/directory."
        )


def _settles(cluster: Cluster, seconds: float = 30) -> bool:
    """Wait while a server of this directory is starting or stopping. True: it runs; False: it is gone."""
    until = time.monotonic() + seconds
    while (server := pid(cluster)) is not None:
        if running(cluster):
            return True
        if _recorded(cluster)[1] == "ready" and not cluster.postgres_socket.exists():
            # A server of a removed directory took the socket along as it ended; nobody can reach this one.
            stop(cluster)
            return False
        if time.monotonic() > until:
            raise CannotStart(
                f"PostgreSQL (pid {server}) holds {cluster.postgres_data} but does not accept connections. "
                f"Its log is {_log(cluster)}. Stop it (kill -INT {server}) and run the command again."
            )
        time.sleep(0.05)
    return False


def _forget_dead_server(cluster: Cluster) -> None:
    """Remove what a killed server left, or its reused process number would keep the next from starting."""
    (cluster.postgres_data / "postmaster.pid").unlink(missing_ok=True)
    cluster.postgres_socket.unlink(missing_ok=True)
    cluster.postgres_socket.with_suffix(".5432.lock").unlink(missing_ok=True)


def _recorded(cluster: Cluster) -> tuple[int | None, str]:
    """Process number and status that the server wrote into its own lock file."""
    try:
        lines = (cluster.postgres_data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (OSError, ValueError, IndexError):
        return None, ""


def _serves(process: int, cluster: Cluster) -> bool:
    return f"-D {cluster.postgres_data} " in f"{command_of(process)} "


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _options(cluster: Cluster) -> str:
    settings = SETTINGS | ({} if cluster.durable else FAST_AND_LOSABLE)
    settings |= {"unix_socket_directories": str(cluster.run)}
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())


def _log(cluster: Cluster) -> Path:
    """The server's log, which the account it runs as can write."""
    path = cluster.store / "postgres.log"
    path.touch()
    if cluster.user:
        os.chown(path, cluster.user.pw_uid, cluster.user.pw_gid)
    return path


def _run(cluster: Cluster, command: Sequence[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=binaries.environment(),
        **binaries.as_account(cluster),
    )
