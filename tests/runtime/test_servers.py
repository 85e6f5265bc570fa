"""The embedded servers: started when needed, stopped when unused, and clear about what stands in the way."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldservice.runtime import keeper, leases, postgres, valkey
from fieldservice.runtime.clusters import Cluster, cluster
from tests.runtime.processes import eventually, finish, forget, python, start

USE = "servers.database(); servers.redis_url(0); print('up', flush=True); import time; time.sleep({})"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that was started once, so that its data exists."""
    base = tmp_path_factory.mktemp("data")
    assert python(base, USE.format(0), FIELDSERVICE_CLUSTER="test").returncode == 0
    one = cluster("test", base)
    yield one
    forget(base)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """An empty data directory."""
    yield tmp_path
    forget(tmp_path)


@pytest.fixture
def stopped(made: Cluster) -> Iterator[Cluster]:
    """The same, with no server running; whatever the test does to its data is undone."""
    leases.wait_until_alone(made)
    keeper.stop(made)
    yield made
    leases.wait_until_alone(made)
    keeper.stop(made)


def use(cluster: Cluster) -> subprocess.CompletedProcess[str]:
    return python(cluster.home.parent, USE.format(0), FIELDSERVICE_CLUSTER="test")


def begin_to_use(cluster: Cluster) -> subprocess.Popen[str]:
    process = start(cluster.home.parent, USE.format(300), FIELDSERVICE_CLUSTER="test")
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_the_roles_are_what_tenancy_needs(made: Cluster) -> None:
    code = """
import psycopg2
with psycopg2.connect(**servers.database('owner').arguments()) as session, session.cursor() as cursor:
    cursor.execute("SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreatedb FROM pg_roles"
                   " WHERE starts_with(rolname, 'fsm_') ORDER BY 1")
    for row in cursor.fetchall(): print(*row)
    cursor.execute("SELECT pg_get_userbyid(datdba), pg_has_role('fsm_owner', 'fsm_worker', 'SET'),"
                   " show_trgm('東京都') <> '{}' FROM pg_database WHERE datname = current_database()")
    print(*cursor.fetchone())
"""
    told = python(made.home.parent, code, FIELDSERVICE_CLUSTER="test")
    assert told.stdout.splitlines() == [
        "fsm_app False False True False",
        "fsm_owner False True True True",
        "fsm_worker False True False False",
        "fsm_owner True True",
    ], told.stderr


def test_two_users_share_the_servers_and_a_killed_one_leaves_no_server_behind(stopped: Cluster) -> None:
    first = begin_to_use(stopped)
    server = postgres.pid(stopped)
    second = begin_to_use(stopped)
    assert postgres.pid(stopped) == server
    assert leases.users(stopped) == sorted([first.pid, second.pid])
    first.kill()
    finish(first)
    assert leases.alone(stopped, wait=0.1) is None
    assert postgres.running(stopped)
    second.kill()
    finish(second)
    eventually(lambda: not postgres.running(stopped) and not valkey.running(stopped))


def test_a_killed_server_and_its_reused_process_number_do_not_keep_the_next_from_starting(
    stopped: Cluster,
) -> None:
    user = begin_to_use(stopped)
    server = postgres.pid(stopped)
    assert server is not None
    subprocess.run(["kill", "-9", str(server)], check=True)
    eventually(lambda: postgres.pid(stopped) is None)
    record = stopped.postgres_data / "postmaster.pid"
    lines = record.read_text().splitlines()
    record.write_text("\n".join([str(user.pid), *lines[1:]]) + "\n")
    assert use(stopped).returncode == 0
    user.send_signal(signal.SIGKILL)
    finish(user)


def test_a_server_whose_socket_was_removed_is_started_again(stopped: Cluster) -> None:
    user = begin_to_use(stopped)
    stopped.postgres_socket.unlink()
    assert use(stopped).returncode == 0
    assert postgres.running(stopped)
    user.kill()
    finish(user)


def test_data_of_another_version_is_refused_with_the_way_out(stopped: Cluster) -> None:
    version = stopped.postgres_data / "PG_VERSION"
    version.write_text("16\n")
    try:
        refused = use(stopped)
    finally:
        version.write_text("18\n")
    assert refused.returncode == 1
    assert "holds data of PostgreSQL 16" in refused.stderr
    assert f"mv {stopped.postgres_data} {stopped.postgres_data}.16" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_directory_that_is_no_database_is_refused(data: Path) -> None:
    one = cluster("test", data)
    one.postgres_data.mkdir(parents=True)
    (one.postgres_data / "letter.txt").write_text("mine")
    refused = use(one)
    assert refused.returncode == 1
    assert "is not a PostgreSQL data directory" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (one.postgres_data / "letter.txt").exists()


def test_a_creation_that_was_cut_off_is_begun_anew(data: Path) -> None:
    one = cluster("test", data)
    half = one.postgres_data.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert use(one).returncode == 0
    assert not half.exists()


def test_a_full_disk_is_named_before_anything_is_made(data: Path) -> None:
    code = (
        "import collections, shutil\n"
        "Usage = collections.namedtuple('Usage', 'total used free')\n"
        "shutil.disk_usage = lambda path: Usage(9, 6, 3 * 2**20)\n"
        "servers.database()"
    )
    refused = python(data, code, FIELDSERVICE_CLUSTER="test")
    assert refused.returncode == 1
    assert "Only 3 MB are free" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not cluster("test", data).postgres_data.exists()


def test_outside_servers_are_used_as_they_are(data: Path) -> None:
    code = "print(servers.EMBEDDED, servers.database(), servers.database('owner').user, servers.redis_url(1))"
    told = python(
        data,
        code,
        DATABASE_URL="postgres://app:p%40ss@db.example:6432/service?sslmode=require",
        DATABASE_OWNER_URL="postgres://boss:x@db.example/service",
        REDIS_URL="redis://:secret@cache.example:6379/0",
    )
    assert told.stdout.strip() == (
        "False Connection(host='db.example', port='6432', name='service', user='app', password='p@ss', "
        "options={'sslmode': 'require'}) boss redis://:secret@cache.example:6379/1"
    )
    assert not any(data.iterdir())


def test_an_outside_valkey_may_listen_on_a_socket(data: Path) -> None:
    told = python(
        data, "print(servers.redis_url(1), servers.broker_url())", REDIS_URL="unix:///run/valkey.sock"
    )
    assert told.stdout.split() == [
        "unix:///run/valkey.sock?db=1",
        "redis+socket:///run/valkey.sock?virtual_host=2",
    ]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must look like postgres://"),
        ({"DATABASE_URL": "postgres://x:notaport/y"}, "DATABASE_URL must look like postgres://"),
        ({"REDIS_URL": "cache:6379"}, "REDIS_URL must look like redis://"),
        ({"FIELDSERVICE_ROLE": "root"}, "it must be one of: app, owner"),
    ],
)
def test_a_wrong_setting_is_named(data: Path, setting: dict[str, str], message: str) -> None:
    usable = {"DATABASE_URL": "postgres://x/y", "REDIS_URL": "redis://x", **setting}
    refused = python(data, "servers.database(); servers.redis_url(0)", **usable)
    assert refused.returncode == 1
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
