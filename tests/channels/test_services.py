"""Taking in and sending."""

from __future__ import annotations

import pytest

from channels import services
from channels.models import InboundMessage, OutboundMessage
from core.errors import BadInput
from journal.models import OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.tickets import FOUNDER


def send(key: str = "k", recipient: str = "mari@aoki.example", channel: str = "email") -> OutboundMessage:
    return services.send_message(
        key=key,
        channel=channel,
        recipient=recipient,
        subject="Hello\r\nBcc: everybody@evil.example",
        body="Words",
        language="en",
        actor=FOUNDER,
        at=AT,
    )


def test_one_channel_message_enters_once(in_acme: Company) -> None:
    facts = {"channel": "api", "external_id": "7", "raw": b"x", "received_at": AT, "actor": FOUNDER}
    first, created = services.receive(**facts)  # type: ignore[arg-type]
    again, created_again = services.receive(**facts)  # type: ignore[arg-type]
    assert (first, created, created_again) == (again, True, False)


def test_rivals_may_know_the_same_message(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            _message, created = services.ingest_email(raw=make_email(), at=AT, actor=FOUNDER)
            assert created


def test_raw_bytes_are_kept_as_they_came(in_acme: Company) -> None:
    raw = make_email()
    message, _created = services.ingest_email(raw=raw, at=AT, actor=FOUNDER)
    assert bytes(InboundMessage.objects.get(pk=message.pk).raw) == raw


def test_an_order_to_send_is_one_message_however_often(in_acme: Company) -> None:
    assert send() == send()
    assert OutboxEvent.objects.filter(name="channels.MessageQueued").count() == 1


def test_a_subject_cannot_carry_headers(in_acme: Company) -> None:
    assert "\n" not in send().subject


def test_not_an_address_is_refused(in_acme: Company) -> None:
    with pytest.raises(BadInput, match="not an e-mail address"):
        send(recipient="nobody")


def test_a_channel_without_transport_says_so(in_acme: Company) -> None:
    sent = services.send_queued(message_id=send(channel="sms", recipient="+81").pk, at=AT, actor=FOUNDER)
    assert (sent.status, sent.sent_at) == ("failed", None)
    assert "SMS" in sent.reason


def test_sending_twice_sends_once(in_acme: Company, mailoutbox: list[object]) -> None:
    message = send()
    for _ in range(2):
        services.send_queued(message_id=message.pk, at=AT, actor=FOUNDER)
    assert len(mailoutbox) == 1


def test_our_message_id_is_known_again_and_only_by_us(acme: Company, globex: Company) -> None:
    with tenant_active(acme.tenant.pk):
        message = send()
        text = services.message_id_of(message)
        assert services.find_ours(["<other@x>", text]) == message
    with tenant_active(globex.tenant.pk):
        assert services.find_ours([text]) is None
