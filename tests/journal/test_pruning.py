"""What nothing asks for again goes after a while; what is still needed never does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from journal import services
from journal.models import HandledEvent, IdempotentAct, OutboxEvent
from journal.tasks import prune
from tenants.active import tenant_active
from tests.cast import Company

pytestmark = pytest.mark.django_db(transaction=True)
OLD = services.KEPT_DAYS + 1
YOUNG = services.KEPT_DAYS - 1


def _ago(days: int) -> Any:
    return Now() - timedelta(days=days)


def _fact(name: str, **facts: Any) -> None:
    """A fact with the mark of one handler, both as old as OLD."""
    fact = OutboxEvent.objects.create(name=name, payload={}, occurred_at=_ago(OLD), **facts)
    fact.refresh_from_db()
    HandledEvent.objects.create(handler=name, event_id=fact.event_id, handled_at=_ago(OLD))


def _left(company: Company) -> tuple[set[str], set[str], set[str]]:
    with tenant_active(company.tenant.pk):
        return (
            set(OutboxEvent.objects.values_list("name", flat=True)),
            set(HandledEvent.objects.values_list("handler", flat=True)),
            set(IdempotentAct.objects.values_list("key", flat=True)),
        )


def _live_through(company: Company) -> None:
    with tenant_active(company.tenant.pk):
        _fact("told", delivered_at=_ago(OLD))
        _fact("told lately", delivered_at=_ago(YOUNG))
        _fact("waiting")
        _fact("parked", parked_at=_ago(OLD))
        HandledEvent.objects.create(handler="young mark", event_id=uuid4(), handled_at=_ago(YOUNG))
        for key, days in (("old", OLD), ("young", YOUNG)):
            IdempotentAct.objects.create(scope="s", key=key, request_hash="h", created_at=_ago(days))


def test_only_what_nothing_asks_for_goes_and_of_every_tenant(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        _live_through(company)
    assert prune() == 6
    needed = {"told lately", "waiting", "parked"}
    for company in (acme, globex):
        assert _left(company) == (needed, needed | {"young mark"}, {"young"})
    assert services.prune() == 0


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_batches_end_with_everything_gone(acme: Company, limit: int) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(3):
            _fact(f"told {number}", delivered_at=_ago(OLD))
    assert services.prune(limit=limit) == 6


def test_tick_prunes_too(acme: Company, capsys: pytest.CaptureFixture[str]) -> None:
    _live_through(acme)
    call_command("tick")
    assert json.loads(capsys.readouterr().out)["pruned"] == 3


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("journal_outboxevent", "delivered_at", "outbox_told_idx"),
        ("journal_handledevent", "handled_at", "handled_at_idx"),
        ("journal_idempotentact", "created_at", "idempotent_act_age_idx"),
    ],
)
def test_a_full_table_is_not_read_to_prune_it(db: None, table: str, column: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute(f"EXPLAIN SELECT id FROM {table} WHERE {column} < now() ORDER BY {column} LIMIT 10")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    assert index in plan
