"""Chats: from pressing send to having the words, both ways, through the real web and live processes."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache

from accounts import services as accounts
from accounts.enums import RoleCode
from bench.processes import HOST, free_port, running, wait_for
from channels import services as channels
from core.clock import now
from fieldservice.runtime import commands
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant

MESSAGES = 200
"""Each way."""
LIMIT_MS = 300
_CSRF = re.compile(r'name="csrf-token" content="(\w+)"')
_PASS = re.compile(r'name="live-url" content="([^"]+)"')


def chat_figures() -> Iterator[dict[str, Any]]:
    """Two figures: a visitor's message at the desk's page, and the desk's answer at the visitor's."""
    hook, session_key = _furnish()
    with _running() as web:
        visitor, desk = Visitor(web, f"/c/chatbench/chat/{hook}/"), Desk(web, session_key)
        visitor.say("Hello", "first")
        desk.open_ticket()
        yield _figure("chat message from visitor to desk", lambda n: _to_the_desk(visitor, desk, n))
        visitor.listen()
        yield _figure("chat answer from desk to visitor", lambda n: _to_the_visitor(visitor, desk, n))


def _figure(name: str, send: Callable[[int], float]) -> dict[str, Any]:
    taken = sorted(send(number) * 1000 for number in range(MESSAGES))
    p95 = taken[int(len(taken) * 0.95) - 1]
    return {
        "name": name,
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(p95, 1),
        "limit_ms": LIMIT_MS,
        "within": p95 <= LIMIT_MS,
        "messages": len(taken),
    }


def _to_the_desk(visitor: Visitor, desk: Desk, number: int) -> float:
    """Seconds until the desk's page, told by its stream, has fetched the words."""
    if number % 20 == 0:
        cache.clear()  # what one visitor may say in a minute is not what is measured
    text, began = f"question {number}", time.perf_counter()
    visitor.say(text, f"q{number}")
    while text not in desk.news():
        pass
    return time.perf_counter() - began


def _to_the_visitor(visitor: Visitor, desk: Desk, number: int) -> float:
    if number % 20 == 0:
        cache.clear()
    text, began = f"answer {number}", time.perf_counter()
    desk.reply(text)
    while text not in visitor.news():
        pass
    return time.perf_counter() - began


class Stream:
    """An event stream; `next` waits for the next message of a kind."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or HOST, parts.port, timeout=20)
        self._connection.request("GET", f"{parts.path}?{parts.query}")
        self._answer = self._connection.getresponse()
        if self._answer.status != 200:
            raise RuntimeError(f"{url} answered {self._answer.status}")

    def next(self, event: str) -> bool:
        """Whether such a message came; False when the stream is over."""
        while line := self._answer.readline():
            if line.startswith(b"data: {") and json.loads(line[6:]).get("event") == event:
                return True
            if line.startswith(b"event: bye"):
                return False
        return False


class Browser:
    """One keep-alive connection to the web process, as a page has."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=20)
        self.cookies = cookies or {}

    def get(self, path: str) -> str:
        return self._call("GET", path, None)

    def post(self, path: str, facts: dict[str, object]) -> str:
        return self._call("POST", path, urlencode(facts))

    def _call(self, method: str, path: str, body: str | None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._keep_cookies(answer)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:300]}")
        return text

    def _keep_cookies(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value


class Visitor:
    """The frame: it says, hears its room and reads."""

    def __init__(self, port: int, base: str) -> None:
        self._browser, self._base = Browser(port), base
        self._code = json.loads(self._browser.post(f"{base}open/", {}))["code"]
        self._heard = self._told = 0

    def say(self, text: str, key: str) -> None:
        self._browser.post(f"{self._base}say/", {"code": self._code, "key": key, "body": text})

    def listen(self) -> None:
        url = json.loads(self._browser.post(f"{self._base}pass/", {"code": self._code}))["url"]
        self._stream = Stream(url)

    def news(self) -> str:
        if not self._stream.next("chat.said"):
            self.listen()
        facts = {"code": self._code, "heard": self._heard, "told": self._told}
        lines = json.loads(self._browser.post(f"{self._base}read/", facts))["lines"]
        for line in lines:
            which = "_told" if line["ours"] else "_heard"
            setattr(self, which, max(getattr(self, which), line["id"]))
        return " ".join(line["text"] for line in lines if line["ours"])


class Desk:
    """The ticket's page: its stream, its news, its reply box."""

    def __init__(self, port: int, session_key: str) -> None:
        self._browser = Browser(port, {settings.SESSION_COOKIE_NAME: session_key})

    def open_ticket(self) -> None:
        inbox = self._browser.get("/t/chatbench/tickets/")
        number = re.search(r"/t/chatbench/tickets/(\d+)/", inbox)
        if number is None:
            raise RuntimeError("The chat opened no ticket.")
        self._base = number[0]
        page = self._browser.get(self._base)
        self._csrf = (_CSRF.search(page) or [""])[1]
        self._after = self._last(page)
        self._listen((_PASS.search(page) or ["", ""])[1])

    def news(self) -> str:
        if not self._stream.next("chat.said"):
            self._listen(json.loads(self._browser.get("/t/chatbench/live-pass/"))["url"])
        text = self._browser.get(f"{self._base}chat/?after={self._after}")
        self._after = max(self._after, self._last(text))
        return text

    def reply(self, text: str) -> None:
        facts = {"body": text, "kind": "public", "csrfmiddlewaretoken": self._csrf}
        self._browser.post(f"{self._base}reply/", facts)

    def _listen(self, url: str) -> None:
        self._stream = Stream(url.replace("&amp;", "&"))

    def _last(self, text: str) -> int:
        return max((int(pk) for pk in re.findall(r'data-message="(\d+)"', text)), default=0)


def _furnish() -> tuple[str, str]:
    """A company with a chat and somebody at its desk: the chat's hook and the session's key."""
    tenant = create_tenant(slug="chatbench", name="Chat bench", time_zone="Europe/Berlin")
    bench, at = Actor.system("bench"), now()
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=bench)
        member = accounts.add_member(
            email="desk@chatbench.example",
            name="Desk",
            role_code=RoleCode.SERVICE_DESK,
            actor=bench,
            at=at,
            password="long-enough-for-a-bench",
        )
        account = channels.add_account(
            adapter="widget",
            name="Site",
            address="https://shop.example",
            options={},
            secrets={},
            actor=bench,
            at=at,
        )
    session = SessionStore()
    session[SESSION_KEY] = str(member.user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    session.create()
    return account.hook, str(session.session_key)


@contextmanager
def _running() -> Iterator[int]:
    """The port of the web process; it and the live feed run as the product starts them, and no worker."""
    port = free_port()
    live = commands.live(host=HOST, port=port)
    with running(live, NUDGE_WORKERS="0", FIELDSERVICE_LIVE_URL=f"http://{HOST}:{port}") as web:
        wait_for(port)
        yield web
