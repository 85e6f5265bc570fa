"""Facts are told once: by many workers, through failures, deaths and rolled-back transactions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from redis.client import PubSub

from inventory.models import Part
from journal import live, services
from journal.models import HandledEvent, OutboxEvent
from journal.services import delivery, handling
from tenants.active import tenant_active
from tests.cast import Company
from tests.journal.facts import SomethingHappened, in_threads, reacting

pytestmark = pytest.mark.django_db(transaction=True)


def _publish(company: Company, count: int = 1) -> None:
    with tenant_active(company.tenant.pk):
        services.publish(*(SomethingHappened(number=n) for n in range(count)))


def _make_part(event: SomethingHappened) -> None:
    """An effect that can be counted: one more row each time it runs."""
    Part.objects.create(code=f"{event.number}-{Part.objects.count()}", name="effect")


def _effects(company: Company) -> int:
    with tenant_active(company.tenant.pk):
        return Part.objects.count()


def _again(company: Company) -> None:
    """Make every waiting fact due now, as if the lease had run out."""
    with tenant_active(company.tenant.pk):
        OutboxEvent.objects.filter(delivered_at=None).update(due_at=Now())


def _only(company: Company) -> OutboxEvent:
    with tenant_active(company.tenant.pk):
        return OutboxEvent.objects.get()


@pytest.mark.parametrize("workers", [2, 4])
def test_many_workers_tell_each_fact_once(acme: Company, globex: Company, workers: int) -> None:
    def effect(event: SomethingHappened) -> None:
        Part.objects.create(code=str(event.number), name="effect")

    _publish(acme, 30)
    _publish(globex, 30)
    with reacting(effect):
        claimed = in_threads(workers, lambda: services.deliver_all(limit=3))
    assert sum(claimed) == 60
    for company in (acme, globex):
        assert _effects(company) == 30
        with tenant_active(company.tenant.pk):
            assert not OutboxEvent.objects.filter(delivered_at=None).exists()


def test_a_failing_handler_is_tried_again_and_the_others_run_once(acme: Company) -> None:
    tries: list[int] = []

    def fails_twice(event: SomethingHappened) -> None:
        tries.append(event.number)
        Part.objects.create(code=f"half-{len(tries)}", name="half-done")
        if len(tries) < 3:
            raise RuntimeError("not yet")

    _publish(acme)
    with reacting(fails_twice, _make_part):
        for _ in range(3):
            services.deliver_due()
            _again(acme)
    assert len(tries) == 3
    with tenant_active(acme.tenant.pk):
        assert Part.objects.filter(name="effect").count() == 1
        assert list(Part.objects.filter(name="half-done").values_list("code", flat=True)) == ["half-3"]
    assert _only(acme).delivered_at is not None


def test_a_fact_that_keeps_failing_is_parked_with_its_error(acme: Company) -> None:
    def never(event: SomethingHappened) -> None:
        raise RuntimeError("this pump is unknown")

    _publish(acme)
    with reacting(never):
        claims = 0
        for _ in range(services.MAX_ATTEMPTS + 3):
            claims += services.deliver_due()
            _again(acme)
    assert claims == services.MAX_ATTEMPTS
    fact = _only(acme)
    assert fact.parked_at is not None
    assert "never: RuntimeError: this pump is unknown" in fact.last_error


def test_a_failure_is_tried_later_and_later(acme: Company) -> None:
    def never(event: SomethingHappened) -> None:
        raise RuntimeError("no")

    _publish(acme)
    with reacting(never):
        services.deliver_due()
        first = _only(acme).due_at
        assert services.deliver_due() == 0, "it is not due yet"
        _again(acme)
        began = _only(acme).due_at
        services.deliver_due()
        assert _only(acme).due_at - began > first - began


def test_what_was_rolled_back_is_never_told(acme: Company) -> None:
    with pytest.raises(IntegrityError), tenant_active(acme.tenant.pk):
        services.publish(SomethingHappened(number=1))
        Part.objects.create(code="a", name="x")
        Part.objects.create(code="a", name="x")
    with reacting(_make_part):
        assert services.deliver_all() == 0
    assert _effects(acme) == 0


def test_a_worker_that_dies_before_closing_does_not_repeat_the_effect(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _die_before_closing(acme, monkeypatch)
    assert _effects(acme) == 1
    with reacting(_make_part):
        services.deliver_due()
    assert _effects(acme) == 1
    assert _only(acme).delivered_at is not None


def test_without_the_mark_the_effect_would_repeat(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the test above: the mark is what protects, not luck."""
    _die_before_closing(acme, monkeypatch)
    monkeypatch.setattr(handling, "_mark_handled", lambda _handler, events: list(events))
    with reacting(_make_part):
        services.deliver_due()
    assert _effects(acme) == 2


def _die_before_closing(
    company: Company, monkeypatch: pytest.MonkeyPatch, *, lease_ends: bool = True
) -> None:
    """The handler commits; then the process is gone before it can say so. The lease runs out."""

    class Killed(BaseException):
        pass

    def dies(*_args: Any) -> None:
        raise Killed

    _publish(company)
    with monkeypatch.context() as patch, reacting(_make_part):
        patch.setattr(delivery._Teller, "_settle", dies)
        with pytest.raises(Killed):
            services.deliver_due()
    if lease_ends:
        _again(company)


def test_a_claimed_fact_waits_for_its_lease(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    _die_before_closing(acme, monkeypatch, lease_ends=False)
    with reacting(_make_part):
        assert services.deliver_due() == 0


def test_a_fact_of_an_older_release_is_closed_without_noise(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        OutboxEvent.objects.create(name="old.Forgotten", payload={"x": 1}, occurred_at=Now())
    assert services.deliver_all() == 1
    assert _only(acme).delivered_at is not None


@pytest.mark.parametrize("table", ["journal_auditentry", "journal_handledevent"])
@pytest.mark.parametrize("act", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}"])
def test_the_record_cannot_be_edited(acme: Company, table: str, act: str) -> None:
    _publish(acme)
    with reacting(_make_part):
        services.deliver_all()
    with tenant_active(acme.tenant.pk), connection.cursor() as cursor:
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            cursor.execute(act.format(table))
        assert HandledEvent.objects.count() == 1


def test_tick_delivers_without_valkey(
    acme: Company, monkeypatch: pytest.MonkeyPatch, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(live, "_client", lambda: nowhere)
    settings.NUDGE_WORKERS = True
    monkeypatch.setattr("journal.nudge.current_app", _BrokenBroker())
    _publish(acme, 3)
    with reacting(_make_part):
        call_command("tick")
    assert _effects(acme) == 3
    assert '"delivered": 3' in capsys.readouterr().out


class _BrokenBroker:
    def send_task(self, *_args: Any, **_kwargs: Any) -> None:
        raise ConnectionError("the broker is away")


def test_open_pages_hear_what_was_delivered_and_only_ids(
    acme: Company, globex: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SomethingHappened, "topic", "ticket")
    client: Any = redis.Redis.from_url(settings.LIVE_REDIS_URL, decode_responses=True)
    with client.pubsub() as heard:
        heard.psubscribe("live:*")
        heard.get_message(timeout=2)
        _publish(acme)
        services.deliver_all()
        ours = [m for m in _heard(heard) if m["event"] == SomethingHappened.name()]
    assert [message["channel"] for message in ours] == [f"live:{acme.tenant.pk}"]
    assert set(ours[0]) == {"channel", "id", "event", "topic", "event_id"}


def _heard(subscription: PubSub) -> Iterator[dict[str, Any]]:
    """Everything said within two seconds; other test processes may speak too."""
    deadline = time.monotonic() + 2
    while (left := deadline - time.monotonic()) > 0:
        if message := subscription.get_message(timeout=left):
            yield {"channel": message["channel"], **json.loads(message["data"])}
