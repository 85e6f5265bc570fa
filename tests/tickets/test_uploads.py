"""Files that strangers send: at the equipment, with the request form, in the chat; and ours in the chat."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from channels import services as channels
from channels.models import Attachment, ChannelAccount, OutboundMessage
from core.clock import now
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.chat import FOUNDER, make_chat, make_chat_account, say
from tests.factories.customers import make_asset
from tests.factories.delivery import picture
from tickets import links, services
from tickets.models import AssetCode, Ticket

SignIn = Callable[[Person], Client]
Doors = dict[str, Callable[..., Any]]


def file(name: str = "boiler.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content)


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a.txt", "words")
    return held.getvalue()


@pytest.fixture
def account(acme: Company) -> ChannelAccount:
    with tenant_active(acme.tenant.pk):
        return make_chat_account()


@pytest.fixture
def doors(acme: Company, account: ChannelAccount) -> Doors:
    """Every way in for a stranger with files, by name: called with the files, it answers."""
    with tenant_active(acme.tenant.pk):
        asset = make_asset()
        services.issue_codes(asset_ids=[asset.pk], actor=acme.ada.actor, at=AT)
        label = links.code_of(AssetCode.objects.get().nonce)
        _session, code = make_chat(account, at=now())
    form = {"name": "Cleo", "email": "cleo@home.example", "subject": "No heat", "body": "Since morning"}
    chat = reverse("intake:chat_say", args=["acme", account.hook])

    def door(url: str, facts: dict[str, str]) -> Callable[..., Any]:
        return lambda *files: Client().post(url, {**facts, "files": list(files)})

    return {
        "web": door("/c/acme/request/", form),
        "qr": door(f"/c/acme/a/{label}/", {"body": "It smokes"}),
        "chat": door(chat, {"code": code, "key": "k", "body": ""}),
    }


@pytest.mark.parametrize("name", ["web", "qr", "chat"])
def test_photos_reach_the_conversation(acme: Company, doors: Doors, signed_in: SignIn, name: str) -> None:
    assert doors[name](file(), file("leak.png", picture(kind="PNG"))).status_code in (200, 303)
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get()
        kept = list(Attachment.objects.order_by("pk"))
        assert [one.inbound_id for one in kept] == [ticket.messages.get().inbound_id] * 2
    page = signed_in(acme.sora).get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    for one in kept:
        assert one.name in page
        assert f"/tickets/{ticket.pk}/files/{one.pk}/picture/" in page


@pytest.mark.parametrize("name", ["web", "qr", "chat"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: [file("photo.jpg", archive())], "it is not what it says it is"),
        (lambda: [file("video.mp4", bytes(30 * 1024 * 1024))], "larger than 10 MB"),
        (lambda: [file(f"{n}.jpg") for n in range(20)], "at most 5 files"),
        (lambda: [file("photo.jpg", b"MZ\x90\x00")], "it is a program"),
        (lambda: [file("logs.zip", archive())], "only pictures, videos, PDF"),
        (lambda: [file("page.html", b"<script>alert(1)</script>")], "only pictures, videos, PDF"),
        (lambda: [file("photo.jpg", b"\xff\xd8\xff\xe0torn")], "no picture that can be read"),
    ],
)
def test_what_may_not_be_sent_is_said_and_nothing_is_kept(
    acme: Company, doors: Doors, name: str, make: Callable[[], list[SimpleUploadedFile]], words: str
) -> None:
    answer = doors[name](*make())
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()
        assert not Attachment.objects.exists()


def test_the_pages_say_their_limits_before_and_what_was_forgotten_after(
    acme: Company, client: Client, doors: Doors, account: ChannelAccount
) -> None:
    pages = ["/c/acme/request/", reverse("intake:chat", args=["acme", account.hook])]
    with tenant_active(acme.tenant.pk):
        pages.append(f"/c/acme/a/{links.code_of(AssetCode.objects.get().nonce)}/")
    for page in pages:
        assert "At most 5 files of 10 MB each." in client.get(page).content.decode()
    again = doors["qr"](file(), file("x.exe", b"MZ")).content.decode()
    assert "It smokes" in again and "choose them again" in again


def test_a_chat_of_files_only_is_throttled_like_a_form(doors: Doors) -> None:
    answers = [doors["chat"](file()).status_code for _time in range(6)]
    assert answers == [200] * 5 + [429]


def test_more_than_fits_is_refused_before_it_is_read(account: ChannelAccount) -> None:
    url = reverse("intake:chat_say", args=["acme", account.hook])
    answer = Client().post(url, {"code": "x"}, CONTENT_LENGTH=str(1024**3))
    assert answer.status_code == 400


def test_files_go_both_ways_in_a_chat_and_to_nobody_else(
    acme: Company, account: ChannelAccount, signed_in: SignIn
) -> None:
    with tenant_active(acme.tenant.pk):
        session, code = make_chat(account, at=now())
        ticket = say(session, "It jams", at=now())
        _other, stranger = make_chat(account, at=now())
    desk = signed_in(acme.sora)
    desk.post(f"/t/acme/tickets/{ticket.pk}/reply/files/", {"files": file("manual.pdf", b"%PDF-1.4 a")})
    desk.post(f"/t/acme/tickets/{ticket.pk}/reply/", {"body": "See page 3.", "kind": "public"})

    def ask(name: str, **facts: object) -> Any:
        return Client().post(reverse(f"intake:chat_{name}", args=["acme", account.hook]), facts)

    lines = json.loads(ask("read", code=code).content)["lines"]
    (told,) = lines[-1]["files"]
    assert told["name"] == "manual.pdf"
    given = ask("file", code=code, id=told["id"])
    assert given.content == b"%PDF-1.4 a"
    assert "attachment" in given["Content-Disposition"]
    for wrong in ({"code": stranger, "id": told["id"]}, {"code": code, "id": 0}, {"code": code, "id": "x"}):
        assert ask("file", **wrong).status_code == 404


def test_files_go_along_when_the_answer_goes_by_mail_instead(in_acme: Company) -> None:
    session, _code = make_chat(at=AT, email="mari@aoki.example")
    ticket = say(session, "It jams")
    services.add_reply_file(
        ticket_id=ticket.pk, name="manual.pdf", content=b"%PDF-1.4 a", actor=in_acme.sora.actor, at=AT
    )
    services.reply_to_ticket(ticket_id=ticket.pk, body="See page 3.", actor=in_acme.sora.actor, at=AT)
    ours = OutboundMessage.objects.get()
    channels.hand_over(message_id=ours.pk, actor=FOUNDER, at=AT + timedelta(minutes=6))
    letter = OutboundMessage.objects.get(channel="email")
    assert [one.name for one in letter.attachments.all()] == ["manual.pdf"]
    assert ours.attachments.count() == 1
