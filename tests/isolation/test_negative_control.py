"""With the nets taken away, the walker must see the rival: else it proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models.fields.related_lookups import RelatedExact
from django.test import override_settings

from tenants import rows
from tenants.active import tenant_active
from tenants.kept import Statement
from tenants.managers import CurrentTenant
from tests.isolation.asking import Walker
from tests.isolation.routes import Own
from tests.isolation.tables import digest
from tests.isolation.world import CANARY, OWN, Twins, build
from tickets.models import Ticket


@pytest.fixture
def unguarded(as_owner: None, quick_passwords: None) -> Iterator[Walker]:
    """The twin world seen by the role that row-level security does not bind."""
    with override_settings(NUDGE_WORKERS=False), transaction.atomic():
        yield Walker(Twins(build("acme", OWN, 44_000_000), build("rival", CANARY, 77_000_000)))
        transaction.set_rollback(True)


def _without_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The condition of managers and of `find_row` holds for every row, also in querysets that were built at import
    time."""

    def hold(lookup: Any, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        if isinstance(lookup.rhs, CurrentTenant):
            return "TRUE", []
        return compare(lookup, compiler, connection)  # type: ignore[no-any-return]

    compare: Any = RelatedExact.as_sql
    monkeypatch.setattr(RelatedExact, "as_sql", hold)
    kept = rows._kept

    def unscoped(model: Any) -> Any:
        sql = str(kept(model).statement.sql).removesuffix(" AND tenant_id = %s")
        return kept(model)._replace(statement=Statement(sql), is_scoped=False)

    monkeypatch.setattr(rows, "_kept", unscoped)


def _harm(walker: Walker) -> dict[str, list[str]]:
    """What of the rival shows by list, by id and through the API, and what of it can be changed."""
    theirs = Own(Ticket).of(walker.twins.rival)
    found = {
        "list": walker.ask("ada", "get", "/t/acme/tickets/"),
        "page": walker.ask("ada", "get", f"/t/acme/tickets/{theirs}/"),
        "api": walker.ask("program", "get", f"/api/v1/tickets/{theirs}"),
        "change": walker.ask("program", "patch", f"/api/v1/tickets/{theirs}", {"subject": "mine now"}),
    }
    return {name: answer.harm for name, answer in found.items() if answer.harm}


def test_without_both_nets_the_rival_is_seen(unguarded: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_filter(monkeypatch)
    harm = _harm(unguarded)
    assert set(harm) == {"list", "page", "api", "change"}
    assert "changed tickets_ticket" in harm["change"]


def test_the_manager_alone_keeps_the_rival_out(unguarded: Walker) -> None:
    assert not _harm(unguarded)


def test_a_row_by_its_id_alone_keeps_the_rival_out(
    unguarded: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Own(Ticket).of(unguarded.twins.rival)
    with tenant_active(unguarded.twins.own.company.tenant.pk):
        assert rows.find_row(Ticket, theirs) is None
        _without_filter(monkeypatch)
        assert rows.find_row(Ticket, theirs) is not None, "the control sees it"


def test_row_level_security_alone_keeps_the_rival_out(
    walker: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_filter(monkeypatch)
    assert not _harm(walker)


def test_the_digest_sees_one_changed_letter(walker: Walker) -> None:
    rival = walker.twins.rival
    with transaction.atomic():
        with tenant_active(rival.company.tenant.pk):
            Ticket.objects.filter(pk=rival.row(Ticket).pk).update(subject="x")
        assert digest(rival) != walker.untouched
        transaction.set_rollback(True)
