"""The test database: created by its owner, used as the app, cloned from a template that is migrated once.

The role that runs the tests is the one that serves the product, so row-level security holds in every test.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any
from unittest.mock import patch

import psycopg2
import pytest
import redis
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from fieldservice.runtime import schema, servers
from fieldservice.runtime.files import locked

KEPT_TEMPLATES = 2


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Clone the migrated template for this process; drop the clone at the end."""
    name = f"test_{servers.database().name}_{servers.slot()}"
    with django_db_blocker.unblock():
        with locked(servers.data_dir() / "template.lock"):
            template = _template()
            _maintain(
                f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
                f'CREATE DATABASE "{name}" TEMPLATE "{template}"',
            )
        _become("app", name)
    yield
    connection.close()
    # PostgreSQL's own vacuum may be at work in it, whom nobody may end: then the next run drops it.
    with django_db_blocker.unblock(), suppress(psycopg2.errors.InsufficientPrivilege):
        _maintain(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def as_owner(transactional_db: None) -> Iterator[None]:
    """Run the test as the role that owns the schema and bypasses row-level security."""
    name = connection.settings_dict["NAME"]
    _become("owner", name)
    yield
    _become("app", name)


@pytest.fixture(autouse=True)
def clean_valkey() -> Iterator[None]:
    """No cache entry, rate limit or queued message outlives its test."""
    yield
    for client in _valkey_databases():
        client.flushdb()


@pytest.fixture(scope="session", autouse=True)
def no_outside_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"A test tried to reach {address[0]}; tests may use this machine only.")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


@cache
def _valkey_databases() -> list[redis.Redis]:
    return [redis.Redis.from_url(servers.redis_url(number)) for number in range(servers.DATABASES_EACH)]


def _template() -> str:
    """The name of a database migrated to the present; make it, and forget older ones, under the lock."""
    name = f"tmpl_{schema.fingerprint()}"
    existing = _existing_templates()
    if name not in existing:
        building = f"{name}_building"
        _maintain(
            f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)',
            f'CREATE DATABASE "{building}"',
        )
        _become("owner", building)
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            # Row-level security does not cover TRUNCATE, so only test databases grant it.
            cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {servers.database('app').user}")
        connection.close()
        _maintain(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    old = [other for other in existing if other != name][KEPT_TEMPLATES - 1 :]
    _maintain(*(f'DROP DATABASE IF EXISTS "{other}" WITH (FORCE)' for other in old))
    return name


def _existing_templates() -> list[str]:
    """Newest first."""
    with _maintenance() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, 'tmpl_') ORDER BY oid DESC"
        )
        return [row[0] for row in cursor.fetchall()]


def _become(role: str, name: str) -> None:
    """Use database `name` in `role`. The settings are shared by all threads, so live servers follow."""
    chosen = servers.database(role)
    connection.close()
    connection.settings_dict.update(NAME=name, USER=chosen.user, PASSWORD=chosen.password)


def _maintain(*statements: str) -> None:
    with _maintenance() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _maintenance() -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of the owner in a database that no test uses, outside any transaction."""
    session = psycopg2.connect(**servers.database("owner").arguments(name="postgres"))
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            yield cursor
    finally:
        session.close()


@pytest.fixture(autouse=True, scope="session")
def _empty_again_after_a_deadlock() -> Iterator[None]:
    """A page that closes may still ask something while its test's tables are emptied: empty them once more."""
    empty = vars(TransactionTestCase)["_fixture_teardown"]

    def patiently(case: TransactionTestCase) -> None:
        for left in (3, 2, 1, 0):
            try:
                empty(case)
                return
            except CommandError:
                if not left:
                    raise
                time.sleep(0.5)

    with patch.object(TransactionTestCase, "_fixture_teardown", patiently):
        yield
