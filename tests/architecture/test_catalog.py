"""The catalog gate over the migrated schema, and proof that each net it watches would be missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connection

from fieldservice.runtime import servers
from tests.architecture import catalog

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("check", catalog.CHECKS, ids=lambda check: check.__name__)
def test_the_schema_keeps_tenants_apart(check: Callable[[Any], list[str]]) -> None:
    with connection.cursor() as cursor:
        complaints = check(cursor)
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def owner(db: None) -> Iterator[Any]:
    """A cursor of the role that owns the schema; whatever it does is rolled back."""
    name = str(connection.settings_dict["NAME"])
    session = psycopg2.connect(**servers.database("owner").arguments(name=name))
    with session.cursor() as cursor:
        yield cursor
    session.rollback()
    session.close()


BREAKAGES = {
    "a dropped policy": ("DROP POLICY tenant ON tickets_ticket", catalog.policies),
    "a second policy": ("CREATE POLICY more ON tickets_ticket USING (true)", catalog.policies),
    "a policy that writes anything": (
        "ALTER POLICY tenant ON tickets_ticket WITH CHECK (true)",
        catalog.policies,
    ),
    "not forced": ("ALTER TABLE tickets_ticket NO FORCE ROW LEVEL SECURITY", catalog.policies),
    "disabled": ("ALTER TABLE tickets_ticket DISABLE ROW LEVEL SECURITY", catalog.policies),
    "a table of its own": ("CREATE TABLE extra (id bigint)", catalog.tables),
    "a view": ("CREATE VIEW peek AS SELECT * FROM tickets_ticket", catalog.tables),
    "a nullable tenant": ("ALTER TABLE tickets_ticket ALTER tenant_id DROP NOT NULL", catalog.tables),
    "a plain foreign key": (
        "ALTER TABLE tickets_ticketmessage ADD FOREIGN KEY (ticket_id) REFERENCES tickets_ticket (id)",
        catalog.constraints,
    ),
    "a unique without tenant": (
        "ALTER TABLE tickets_ticket ADD UNIQUE (number, source, external_id, id)",
        catalog.constraints,
    ),
    "a unique index without tenant": (
        "CREATE UNIQUE INDEX ON tickets_ticket (id, number)",
        catalog.unique_indexes,
    ),
    "a definer function": (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        catalog.functions,
    ),
    "an app that may create": ("GRANT CREATE ON SCHEMA public TO fsm_app", catalog.roles),
}


@pytest.mark.parametrize("what", BREAKAGES)
def test_the_gate_reports(what: str, owner: Any) -> None:
    statement, check = BREAKAGES[what]
    assert not check(owner)
    owner.execute(statement)
    assert check(owner), f"{what} went unseen"
