"""SMS: Twilio's signed forms, a gateway of the neutral shape, and how texts are cut."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from channels import rules, services
from channels.models import InboundMessage, OutboundMessage
from channels.sms import parts_of
from journal import services as journal
from tests.cast import Company
from tests.channels.providers import gateway_call, make_account, order, send, twilio_call
from tests.factories.customers import make_contact
from tests.factories.delivery import picture
from tests.peers.web import Asked, Said, WebPeer, web_peer
from tickets.models import Ticket

FORM = {
    "MessageSid": "SM1",
    "From": "+819011112222",
    "To": "+815012345678",
    "Body": "It jams",
    "NumMedia": "0",
}
WORDS = {"type": "message", "id": "g1", "from": "+819011112222", "to": "1", "text": "It jams"}


@pytest.fixture
def twilio(settings: Any) -> Any:
    with web_peer(lambda _asked: Said(201, b'{"sid": "SM99"}')) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        settings.CHANNEL_APIS = {"twilio": peer.url, "twilio-media": f"{peer.url}/store"}
        yield peer


@pytest.fixture
def gateway(settings: Any) -> Any:
    with web_peer(lambda _asked: Said(202, b'{"id": "out-1"}')) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        yield peer


def test_a_text_finds_its_sender_by_number(in_acme: Company) -> None:
    contact = make_contact(phone="090-1111-2222")
    answer = twilio_call(make_account("twilio"), FORM)
    assert (answer.status_code, answer.content) == (200, b"<Response></Response>")
    journal.deliver_all()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.contact) == ("sms", contact)


def test_the_same_text_enters_once(in_acme: Company) -> None:
    account = make_account("twilio")
    for form in (FORM, FORM, {**FORM, "NumMedia": "00"}):
        twilio_call(account, form)
        journal.deliver_all()
    assert InboundMessage.objects.filter(body="It jams").count() == 1


@pytest.mark.parametrize("token", ["other", ""])
def test_a_wrong_signature_of_twilio_is_refused(in_acme: Company, token: str) -> None:
    assert twilio_call(make_account("twilio"), FORM, token=token).status_code == 403
    assert not InboundMessage.objects.exists()


def test_twilio_is_asked_with_basic_authentication_and_tells_the_delivery(
    in_acme: Company, twilio: WebPeer
) -> None:
    account = make_account("twilio")
    sent = send(order("sms", "+819011112222"))
    assert (sent.status, sent.external_id) == ("sent", "SM99")
    (asked,) = twilio.asked
    assert asked.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert base64.b64decode(asked.headers["authorization"].split()[1]) == b"AC1:twilio-token"
    assert f"%2Fhooks%2F{account.hook}".encode() in asked.body
    twilio_call(account, {"MessageSid": "SM99", "MessageStatus": "delivered"})
    journal.deliver_all()
    sent.refresh_from_db()
    assert sent.status == "delivered"


def test_an_undelivered_text_is_failed_with_twilios_code(in_acme: Company, twilio: WebPeer) -> None:
    account = make_account("twilio")
    sent = send(order("sms", "+819011112222"))
    twilio_call(account, {"MessageSid": "SM99", "MessageStatus": "undelivered", "ErrorCode": "30005"})
    journal.deliver_all()
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == ("failed", "Twilio 30005")


def test_a_receipt_of_somebody_elses_message_changes_nothing(in_acme: Company) -> None:
    twilio_call(make_account("twilio"), {"MessageSid": "SM77", "MessageStatus": "delivered"})
    journal.deliver_all()
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(("status", "wanted"), [("delivered", "delivered"), ("undelivered", "failed")])
def test_a_receipt_that_comes_before_the_answer_to_our_call_is_kept(
    in_acme: Company, twilio: WebPeer, status: str, wanted: str
) -> None:
    account = make_account("twilio")
    message = order("sms", "+819011112222")
    twilio_call(account, {"MessageSid": "SM99", "MessageStatus": status, "ErrorCode": "30005"})
    journal.deliver_all()
    kept = InboundMessage.objects.get(reference="SM99")
    assert (kept.status, b"SM99" in bytes(kept.raw)) == ("received", True)
    assert send(message).status == wanted
    kept.refresh_from_db()
    assert kept.status == "read"
    twilio_call(account, {"MessageSid": "SM99", "MessageStatus": status, "ErrorCode": "30005"})
    journal.deliver_all()
    assert InboundMessage.objects.filter(reference="SM99").count() == 1


PICTURES = {"NumMedia": "2", "Body": "", "MediaContentType0": "image/jpeg", "MediaContentType1": "image/jpeg"}


def mms(peer: WebPeer, *places: str) -> dict[str, str]:
    return {**FORM, **PICTURES, **{f"MediaUrl{number}": place for number, place in enumerate(places)}}


def stored(content: bytes, place: str = "/store/1") -> Callable[[Asked], Said]:
    """Twilio: its API, for those with the password, points to a store that wants none."""

    def answer(asked: Asked) -> Said:
        if asked.path.startswith("/2010-04-01/"):
            known = asked.headers.get("authorization", "").startswith("Basic ")
            return (
                Said(307, b"", {"Location": f"http://{asked.headers['host']}{place}"}) if known else Said(401)
            )
        return Said(200, content, {"Content-Type": "image/jpeg"})

    return answer


def test_pictures_by_sms_are_fetched_and_judged(in_acme: Company, twilio: WebPeer) -> None:
    twilio.answer = stored(picture())
    api = f"{twilio.url}/2010-04-01/Accounts/AC1/Messages"
    twilio_call(make_account("twilio"), mms(twilio, f"{api}/MM1/Media/ME1", "https://evil.example/x.jpg"))
    journal.deliver_all()
    services.fetch_due()
    message = InboundMessage.objects.get(sender_phone="+819011112222")
    (kept,) = message.attachments.all()
    assert (kept.name, kept.content_type, kept.state) == ("file-1.jpg", "image/jpeg", "kept")
    assert kept.width is not None and kept.file.read() != picture()
    assert message.body == "https://evil.example/x.jpg"
    asked = [(one.path, "authorization" in one.headers) for one in twilio.asked]
    assert asked == [("/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", True), ("/store/1", False)]


def test_a_program_by_sms_is_refused(in_acme: Company, twilio: WebPeer) -> None:
    twilio.answer = stored(b"MZ" + bytes(2_000))
    api = f"{twilio.url}/2010-04-01/Accounts/AC1/Messages"
    twilio_call(make_account("twilio"), mms(twilio, f"{api}/MM1/Media/ME1"))
    journal.deliver_all()
    services.fetch_due()
    (kept,) = InboundMessage.objects.get(sender_phone="+819011112222").attachments.all()
    assert (kept.state, bool(kept.file)) == ("refused", False)


@pytest.mark.parametrize("place", ["/inside", "@evil.example/store/1"])
def test_a_store_that_is_not_twilios_is_not_asked(in_acme: Company, twilio: WebPeer, place: str) -> None:
    twilio.answer = stored(picture(), place)
    api = f"{twilio.url}/2010-04-01/Accounts/AC1/Messages"
    twilio_call(make_account("twilio"), mms(twilio, f"{api}/MM1/Media/ME1", f"{api}/../../../inside"))
    journal.deliver_all()
    services.fetch_due()
    assert {one.path for one in twilio.asked} == {"/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"}
    message = InboundMessage.objects.get(sender_phone="+819011112222")
    assert (message.files_tries, message.attachments.exists()) == (1, False)
    assert message.files_due_at is not None and message.files_due_at > message.received_at
    InboundMessage.objects.update(files_due_at=message.received_at, files_tries=rules.MOST_ATTEMPTS)
    services.fetch_due()
    (missing,) = message.attachments.all()
    assert (missing.name, missing.state, missing.reason) == ("file-1.jpg", "refused", "missing")
    assert services.fetch_due() == 0


def test_a_refusal_of_twilio_is_told_in_its_words(in_acme: Company, twilio: WebPeer) -> None:
    make_account("twilio")
    twilio.answer = lambda _asked: Said(400, b'{"code": 21211, "message": "The To number is not valid"}')
    sent = send(order("sms", "+1"))
    assert (sent.status, sent.reason) == ("failed", "Twilio 21211: The To number is not valid")


def test_the_gateway_takes_a_signed_text(in_acme: Company) -> None:
    assert gateway_call(make_account("gateway"), WORDS).status_code == 200
    journal.deliver_all()
    assert Ticket.objects.get().description == "It jams"


def test_a_forged_or_old_call_of_the_gateway_is_refused(in_acme: Company) -> None:
    account = make_account("gateway")
    assert gateway_call(account, WORDS, secret="other").status_code == 403
    assert gateway_call(account, WORDS, at=time.time() - 3600).status_code == 403
    assert not InboundMessage.objects.exists()


def test_the_gateway_is_sent_json_with_a_key(in_acme: Company, gateway: WebPeer) -> None:
    account = make_account("gateway", url=f"{gateway.url}/send")
    sent = send(order("sms", "+819011112222"))
    assert (sent.status, sent.external_id) == ("sent", "out-1")
    (asked,) = gateway.asked
    assert json.loads(asked.body) == {"from": "@acme", "to": "+819011112222", "text": "We come at ten."}
    assert asked.headers["authorization"] == "Bearer gateway-token"
    key = asked.headers["idempotency-key"]
    OutboundMessage.objects.update(status="failed")
    services.resend(message_id=sent.pk, actor=in_acme.sora.actor, at=sent.created_at)
    send(sent)
    assert gateway.asked[1].headers["idempotency-key"] == key
    gateway_call(account, {"type": "status", "id": "out-1", "status": "failed", "reason": "no such number"})
    journal.deliver_all()
    sent.refresh_from_db()
    assert (sent.status, sent.reason) == ("failed", "no such number")


def test_a_gateway_inside_our_network_is_never_asked(in_acme: Company, settings: Any) -> None:
    with web_peer() as peer:
        settings.OUTGOING_ALLOW = []
        make_account("gateway", url=f"{peer.url}/send")
        sent = send(order("sms", "+819011112222"))
        assert (sent.status, peer.asked) == ("failed", [])
        assert "127.0.0.1 is not a public address" in sent.reason


def test_a_redirect_is_not_followed(in_acme: Company, gateway: WebPeer) -> None:
    def answer(asked: Asked) -> Said:
        return Said(302, b"", {"Location": f"{gateway.url}/inside"})

    gateway.answer = answer
    make_account("gateway", url=f"{gateway.url}/send")
    assert send(order("sms", "+819011112222")).status == "failed"
    assert [asked.path for asked in gateway.asked] == ["/send"]


@pytest.mark.parametrize(
    ("text", "alphabet", "count"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 2),
        ("あ" * 70, "UCS-2", 1),
        ("あ" * 71, "UCS-2", 2),
        ("a" * 66 + "😀" + "a" * 66, "UCS-2", 3),
    ],
)
def test_texts_are_cut_as_the_networks_cut_them(text: str, alphabet: str, count: int) -> None:
    parts = parts_of(text)
    assert (parts.alphabet, parts.count) == (alphabet, count)
