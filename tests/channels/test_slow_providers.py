"""A provider that hangs holds one process for a while, and nobody else's messages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from channels import http, services
from channels.models import ChannelAccount, OutboundMessage
from channels.services import sending
from tenants.active import tenant_active
from tests.cast import Company
from tests.channels.providers import make_account, order
from tests.peers.web import Asked, Said, WebPeer, web_peer

pytestmark = pytest.mark.django_db(transaction=True)
HANGS = 3.0


def answer(asked: Asked) -> Said:
    if asked.path == "/hangs":
        time.sleep(HANGS)
    return Said(200, b'{"id": "out"}')


@pytest.fixture
def peer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebPeer]:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 2.0)
    monkeypatch.setattr(sending, "SLOW_SECONDS", 0.5)
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    with web_peer(answer) as running:
        yield running


def make_messages(company: Company, url: str, keys: str) -> None:
    with tenant_active(company.tenant.pk):
        make_account("gateway", url=url)
        for key in keys:
            order("sms", "+819011112222", key=key)


def statuses(company: Company) -> list[str]:
    with tenant_active(company.tenant.pk):
        return list(OutboundMessage.objects.order_by("id").values_list("status", flat=True))


def test_others_are_sent_while_one_hangs(acme: Company, globex: Company, peer: WebPeer) -> None:
    make_messages(acme, f"{peer.url}/hangs", "abc")
    make_messages(globex, f"{peer.url}/send", "abc")

    def send() -> None:
        services.send_due()
        connection.close()

    stuck = Thread(target=send)
    stuck.start()
    while not any(asked.path == "/hangs" for asked in peer.asked):
        time.sleep(0.01)
    services.send_due()
    assert stuck.is_alive()
    assert (statuses(acme), statuses(globex)) == (["queued"] * 3, ["sent"] * 3)
    stuck.join()


def test_a_provider_that_let_us_wait_is_left_alone_for_a_while(
    acme: Company, globex: Company, peer: WebPeer
) -> None:
    make_messages(acme, f"{peer.url}/hangs", "abc")
    make_messages(globex, f"{peer.url}/send", "abc")
    assert services.send_due() == 4
    assert [asked.path for asked in peer.asked] == ["/hangs", *["/send"] * 3]
    assert (statuses(acme), statuses(globex)) == (["queued"] * 3, ["sent"] * 3)
    with tenant_active(acme.tenant.pk):
        assert ChannelAccount.objects.get().held_until is not None
        ChannelAccount.objects.update(held_until=None, options={"url": f"{peer.url}/send"})
        OutboundMessage.objects.update(due_at=None)
    assert services.send_due() == 3
    assert statuses(acme) == ["sent"] * 3
