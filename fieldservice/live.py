"""The live feed: one small ASGI process that passes what Valkey says on to open pages. It uses no database.

`GET /live?pass=…` answers an event stream of one tenant: `id:` is the outbox number, `data:` is JSON with ids
and a topic. A page that comes back with `Last-Event-ID` (or `&last=`) hears what it missed; when that is no
longer known, it hears the topic `*`, which means "look at everything again". Pages poll when this process is
away.

`GET /live/room?pass=…` answers the stream of one room (a visitor's chat) and nothing of its tenant. Rooms
remember nothing: whoever comes in asks Django for what was said meanwhile.

A stream ends with its pass, after less than a minute, with the event `bye`: the page asks Django for the next
pass, which is for those who are still signed in and still members, and comes back.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis.asyncio
from redis.exceptions import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")

from django.conf import settings
from django.core import signing

from journal import live as feed

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

HEARTBEAT_SECONDS = 5.0
REMEMBERED = 256
QUEUE_LENGTH = 64
RECONNECT_SECONDS = 1.0
_PING = b"event: ping\ndata: 1\n\n"
_BYE = b"event: bye\ndata: 1\n\n"
_RESYNC = b'data: {"event": "resync", "topic": "*"}\n\n'


Key = tuple[int, str]
"""A tenant and one of its rooms; "" is the tenant's own feed."""


class Client:
    """One open page. `queue` holds what it has yet to hear; None says goodbye.

    `place` is the number after which everything is in the queue or still to come; "" when the queue says it.
    """

    def __init__(self, key: Key, place: str) -> None:
        self.key = key
        self.place = place
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=QUEUE_LENGTH)
        self.is_open = True

    def tell(self, message: bytes) -> None:
        """Queue a message. A page that does not keep up is let go: it comes back with its Last-Event-ID."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.let_go()

    def let_go(self) -> None:
        """End the stream after nothing more than what is being sent."""
        self.is_open = False
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """All open pages and the last messages of each tenant.

    A ring begins with a mark of its own in the place of a number, for pages that have not heard any yet.
    """

    def __init__(self) -> None:
        self.clients: dict[Key, set[Client]] = defaultdict(set)
        self.rings: dict[int, deque[tuple[str, bytes]]] = defaultdict(self._new_ring)

    def join(self, tenant_id: int, last_id: str) -> Client:
        """A new page; it first hears what it missed since `last_id`, if anything."""
        missed = list(self._missed(tenant_id, last_id)) if last_id else []
        is_replay = bool(missed) and missed != [_RESYNC]
        client = Client((tenant_id, ""), "" if is_replay else self.rings[tenant_id][-1][0])
        for message in missed:
            client.tell(message)
        self.clients[client.key].add(client)
        return client

    def enter(self, tenant_id: int, room: str) -> Client:
        """A page in a room; it hears what is said from now on."""
        client = Client((tenant_id, room), "")
        self.clients[client.key].add(client)
        return client

    def leave(self, client: Client) -> None:
        """Forget a page; messages of a tenant nobody listens to stay in its ring."""
        pages = self.clients[client.key]
        pages.discard(client)
        if not pages:
            del self.clients[client.key]

    def spread(self, channel: str, text: str) -> None:
        """Tell every page of the channel's tenant or room. What has no number is not remembered."""
        _live, tenant, *room = channel.split(":", 2)
        key = (int(tenant), room[0] if room else "")
        number = json.loads(text).get("id")
        message = f"data: {text}\n\n".encode()
        if number is not None and not key[1]:
            message = f"id: {number}\n".encode() + message
            self.rings[key[0]].append((str(number), message))
        for client in list(self.clients.get(key, ())):
            client.tell(message)

    def resync(self) -> None:
        """Messages were lost: what is remembered has a hole, and every page must look again."""
        self.rings.clear()
        for client in self._all():
            client.tell(_RESYNC)

    def close(self) -> None:
        """Let every page go."""
        for client in self._all():
            client.let_go()

    def _new_ring(self) -> deque[tuple[str, bytes]]:
        return deque([(f"start-{secrets.token_hex(6)}", b"")], maxlen=REMEMBERED)

    def _all(self) -> list[Client]:
        return [client for pages in self.clients.values() for client in pages]

    def _missed(self, tenant_id: int, last_id: str) -> Iterable[bytes]:
        ring = self.rings[tenant_id]
        numbers = [number for number, _ in ring]
        if last_id not in numbers:
            return [_RESYNC]
        missed = [message for _, message in ring][numbers.index(last_id) + 1 :]
        return missed if len(missed) < QUEUE_LENGTH else [_RESYNC]


async def listen(hub: Hub, url: str) -> None:
    """Hear every tenant's channel by one subscription, for ever; after a break every page looks again."""
    was_heard = False
    while True:
        try:
            async with redis.asyncio.from_url(url, decode_responses=True) as client, client.pubsub() as heard:
                await heard.psubscribe(feed.CHANNEL.format(tenant_id="*"))
                if was_heard:
                    hub.resync()
                was_heard = True
                async for message in heard.listen():
                    if message["type"] == "pmessage":
                        hub.spread(message["channel"], message["data"])
        except (RedisError, OSError, ValueError, KeyError):
            await asyncio.sleep(RECONNECT_SECONDS)


class Application:
    """The ASGI application: `/live`, `/healthz`, and the lifespan of the subscription."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.listener: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_and_end(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live_and_end(self, receive: Receive, send: Send) -> None:
        await receive()
        self.listener = asyncio.create_task(listen(self.hub, settings.LIVE_REDIS_URL))
        _let_go_on_exit(self.hub)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.hub.close()
        self.listener.cancel()
        await asyncio.gather(self.listener, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/healthz":
            await _say(send, 200, '{"status": "ok"}')
        elif scope["path"] not in ("/live", "/live/room"):
            await _say(send, 404, '{"detail": "The live feed is at /live?pass=…"}')
        elif scope["method"] != "GET":
            await _say(send, 405, '{"detail": "Use GET."}', (b"allow", b"GET"))
        else:
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Message, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("ascii", "replace"))
        read = feed.read_room_pass if scope["path"] == "/live/room" else feed.read_pass
        try:
            allowed = read(query.get("pass", [""])[0])
        except (signing.BadSignature, ValueError, KeyError, TypeError):
            await _say(send, 401, '{"detail": "The pass is not ours or too old. Load the page again."}')
            return
        last_id = _header(scope, b"last-event-id") or query.get("last", [""])[0]
        if allowed.room:
            client = self.hub.enter(allowed.tenant_id, allowed.room)
        else:
            client = self.hub.join(allowed.tenant_id, last_id)
        gone = asyncio.create_task(_until_gone(receive, client))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _stream_headers()})
            await _pump(client, send, allowed.expires_at)
        finally:
            self.hub.leave(client)
            gone.cancel()


async def _pump(client: Client, send: Send, until: float) -> None:
    place = f"id: {client.place}\n".encode() if client.place else b""
    await _body(send, b"retry: 2000\n\n" + place + _PING)
    while client.is_open or not client.queue.empty():
        left = until - time.time()
        if left <= 0:
            await _body(send, _BYE)
            break
        try:
            message = await asyncio.wait_for(client.queue.get(), min(HEARTBEAT_SECONDS, left))
        except TimeoutError:
            message = _PING
        if message is None:
            break
        await _body(send, message)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, client: Client) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.let_go()


async def _body(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _say(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    plain = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), _cors(), *headers]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": text.encode()})


def _stream_headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        _cors(),
        (b"vary", b"Origin"),
    ]


def _cors() -> tuple[bytes, bytes]:
    base = urlsplit(settings.BASE_URL)
    return b"access-control-allow-origin", f"{base.scheme}://{base.netloc}".encode()


def _header(scope: Message, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _let_go_on_exit(hub: Hub) -> None:
    """Let pages go at the first sign of the end, or the server would wait for streams that never finish."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def leave(received: int, frame: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(hub.close)
            if callable(before):
                before(received, frame)

        signal.signal(number, leave)


application = Application()
