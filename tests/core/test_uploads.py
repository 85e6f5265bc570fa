"""Bodies whose length was not announced, or not truly: read as far as may be, never kept in memory."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.test.client import ClientHandler
from django.urls import reverse

from channels.adapters.gateway import signature
from channels.models import Attachment, InboundMessage
from core import uploads
from core.clock import now
from core.uploads import measured
from fieldservice.wsgi import application
from tenants.active import tenant_active
from tests.cast import Company
from tests.channels.providers import SECRETS, make_account, path_of
from tests.factories.chat import make_chat, make_chat_account
from tests.factories.delivery import picture
from tickets.models import Ticket

FORM = {"name": "Cleo", "email": "cleo@home.example", "subject": "No heat", "body": "Since morning"}


class Stream(io.RawIOBase):
    """Bytes as a socket gives them; counts how many were asked for."""

    def __init__(self, start: bytes, more: int = 0) -> None:
        self.start, self.left, self.taken = io.BytesIO(start), more, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.start.read(size)
        if not piece and self.left > 0:
            piece = bytes(min(size, self.left))
            self.left -= len(piece)
        self.taken += len(piece)
        return piece


def form_of(path: str, facts: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A form as a browser would send it: what the server knows of it, and its bytes."""
    environ = RequestFactory().post(path, facts).environ
    return environ, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))


def ask(environ: dict[str, Any], stream: Any, *, length: int | None) -> tuple[int, str]:
    """What the application answers when this stream comes with this Content-Length, or in chunks."""
    environ = {**environ, "wsgi.input": stream}
    if length is None:
        del environ["CONTENT_LENGTH"]
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length)
    site = ClientHandler(enforce_csrf_checks=False)
    answer: Any = measured(lambda given, _start: site(given))(environ, None)
    return answer.status_code, answer.content.decode()


def test_a_form_in_chunks_arrives_whole(acme: Company) -> None:
    photo = SimpleUploadedFile("leak.jpg", picture())
    environ, body = form_of("/c/acme/request/", {**FORM, "files": photo})
    assert ask(environ, Stream(body), length=None)[0] == 303
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.get().messages.get().body == "Since morning"
        assert InboundMessage.objects.get().attachments.count() == 1


@pytest.mark.parametrize("door", ["web", "chat"])
def test_a_hundred_megabytes_in_chunks_are_refused_and_the_words_stay(acme: Company, door: str) -> None:
    path, facts = "/c/acme/request/", dict(FORM)
    if door == "chat":
        with tenant_active(acme.tenant.pk):
            account = make_chat_account()
            code = make_chat(account, at=now())[1]
        path = reverse("intake:chat_say", args=["acme", account.hook])
        facts = {"key": "k", "body": "It jams", "code": code}
    environ, body = form_of(path, {**facts, "files": SimpleUploadedFile("a.mp4", b"@@here@@")})
    head, tail = body.split(b"@@here@@")
    stream = _Around(head, 100 * 1024 * 1024, tail)
    tracemalloc.start()
    status, page = ask(environ, stream, length=None)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, "larger than 10 MB" in page) == (422, True)
    assert door == "chat" or "Since morning" in page
    assert most < 30 * 1024 * 1024
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()


def test_what_never_ends_is_read_up_to_the_limit(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 4 * 1024 * 1024)
    environ, body = form_of("/c/acme/request/", {**FORM, "files": SimpleUploadedFile("a.mp4", b"x")})
    stream = Stream(body, more=1024**3)
    status, page = ask(environ, stream, length=None)
    assert (status, "Nothing was changed" in page) == (400, True)
    assert stream.taken <= 5 * 1024 * 1024


@pytest.mark.parametrize("is_read_out", [False, True])
def test_with_a_length_that_lies_the_words_arrive_and_no_torn_file(acme: Company, is_read_out: bool) -> None:
    """Shorter than what comes, or longer than what ever comes."""
    photo = SimpleUploadedFile("leak.jpg", picture())
    environ, body = form_of("/c/acme/request/", {**FORM, "files": photo})
    keeps = len(body) - 250
    if is_read_out:
        status, _page = ask(environ, Stream(body[:keeps]), length=len(body))
    else:
        status, _page = ask(environ, Stream(body), length=keeps)
    assert status == 303
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.get().messages.get().body == "Since morning"
        assert not Attachment.objects.exists()


def test_a_providers_call_in_chunks_is_kept_and_an_endless_one_refused(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account("gateway")
    body = json.dumps({"type": "message", "id": "g1", "from": "+819011112222", "text": "It jams"}).encode()
    environ, _body = form_of(path_of(account), {})
    moment = str(int(time.time()))
    signed = signature(SECRETS["gateway"]["signing_secret"], moment, body)
    environ |= {"CONTENT_TYPE": "application/json", "HTTP_X_TIMESTAMP": moment, "HTTP_X_SIGNATURE": signed}
    assert ask(environ, Stream(body), length=None)[0] == 200
    assert bytes(InboundMessage.objects.get().raw) == body
    assert ask(environ, Stream(body, more=3 * 1024 * 1024), length=None)[0] == 413
    assert InboundMessage.objects.count() == 1


def test_announced_bodies_are_handed_on_as_they_are() -> None:
    assert application.__qualname__ == measured(application).__qualname__
    stream = Stream(b"x" * 10)
    given: dict[str, Any] = {"CONTENT_LENGTH": "10", "wsgi.input": stream}
    assert list(measured(lambda environ, _start: [environ["wsgi.input"].read(10)])(given, None)) == [
        b"x" * 10
    ]
    assert given["wsgi.input"] is stream


class _Around(Stream):
    """A form whose file is made while it is read."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        super().__init__(head, size)
        self.tail = io.BytesIO(tail)

    def read(self, size: int = -1) -> bytes:
        return super().read(size) or self.tail.read(size)
