"""The webhook's address: whose it is, what it takes, and that a message enters once however often."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from channels import services
from channels.models import InboundMessage
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.channels.providers import gateway_call, make_account, path_of, wechat_call, wechat_xml
from tests.factories.tickets import FOUNDER
from tickets.models import Ticket

WORDS = {"type": "message", "id": "g1", "from": "+819011112222", "text": "It jams"}


def plain(answer: Any) -> str:
    """The page without what differs between any two answers."""
    return re.sub(r"nonce=.[\w+/=-]+|\b[0-9a-f]{32}\b", "", answer.content.decode())


def test_wrong_hooks_wrong_tenants_and_switched_off_ones_are_alike(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_account("gateway")
    with tenant_active(acme.tenant.pk):
        off = make_account("gateway")
        services.switch_account(account_id=off.pk, is_active=False, actor=FOUNDER, at=AT)
    nobody = Client().post("/c/acme/hooks/unknown/")
    assert nobody.status_code == 404
    for path in (path_of(theirs), path_of(off), path_of(theirs, "nowhere")):
        answer = Client().post(path, b"{}", content_type="application/json")
        assert answer.status_code == 404
        assert plain(answer) == plain(nobody)


def test_a_call_that_is_too_long_is_refused_unread(in_acme: Company) -> None:
    account = make_account("gateway")
    answer = Client().post(path_of(account), b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413
    assert not InboundMessage.objects.exists()


def test_other_methods_are_refused(in_acme: Company) -> None:
    assert Client().delete(path_of(make_account("gateway"))).status_code == 405


def test_a_call_is_stored_before_it_is_read(in_acme: Company) -> None:
    gateway_call(make_account("gateway"), WORDS)
    stored = InboundMessage.objects.get()
    assert (stored.status, stored.facts["kind"]) == ("received", "call")
    assert b"It jams" in bytes(stored.raw)
    journal.deliver_all()
    assert Ticket.objects.count() == 1
    assert b"It jams" in bytes(InboundMessage.objects.get(body="It jams").raw)


def test_what_the_reader_trips_over_is_kept_for_a_person(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_args: Any) -> Any:
        raise RecursionError("too deep")

    monkeypatch.setattr("channels.adapters.gateway.GatewayAdapter.read", trip)
    gateway_call(make_account("gateway"), WORDS)
    journal.deliver_all()
    stored = InboundMessage.objects.get()
    assert (stored.status, stored.reason, bool(bytes(stored.raw))) == ("quarantined", "too deep", True)


def at_once(acts: list[Any]) -> list[int]:
    """Status of each call, eight at a time, each on a connection of its own."""

    def act(call: Any) -> int:
        try:
            return int(call().status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(act, acts))


def read_at_once(company: Company) -> None:
    """Read what came in several processes at a time, as several workers do."""

    def read(_n: int) -> None:
        try:
            journal.deliver_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_calls_of_one_message_are_one_message(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        account = make_account("wechat")
    # Half say the same in other bytes, as a provider does that signs or encrypts each try anew.
    bodies = [wechat_xml() + b" " * (n % 2) for n in range(50)]
    assert set(at_once([lambda b=b: wechat_call(account, b) for b in bodies])) == {200}
    read_at_once(acme)
    with tenant_active(acme.tenant.pk):
        assert InboundMessage.objects.filter(sender_address="oOPENID").count() == 1
        assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_providers_id_they_would_be_many(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: it is the message's own id that makes it one."""
    with tenant_active(acme.tenant.pk):
        account = make_account("wechat")
    bodies = [wechat_xml(number=f"{n}") for n in range(6)]
    at_once([lambda b=b: wechat_call(account, b) for b in bodies])
    read_at_once(acme)
    with tenant_active(acme.tenant.pk):
        assert InboundMessage.objects.filter(sender_address="oOPENID").count() == 6
