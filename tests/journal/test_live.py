"""The live feed: a real uvicorn, a real Valkey, several pages."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse

import pytest

from fieldservice.live import QUEUE_LENGTH, Hub
from journal import live
from tests.feeds import running_feed

TENANT, RIVAL = 7_001, 7_002


@pytest.fixture(scope="module")
def feed() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A feed for the pages of desk.example."""
    with running_feed("https://desk.example") as running:
        yield running


def _open(port: int, query: str, *, path: str = "/live", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=8)
    connection.request("GET", f"{path}{query}", headers=headers)
    return connection.getresponse()


def _page(port: int, tenant_id: int, **headers: str) -> HTTPResponse:
    """A page whose stream has begun: it has had its first heartbeat."""
    answer = _open(port, f"?pass={live.pass_for(tenant_id, 1)}", **headers)
    assert answer.status == 200
    assert _event(answer) == {"retry": "2000"}
    assert _event(answer)["event"] == "ping"
    return answer


def _event(answer: HTTPResponse) -> dict[str, str]:
    """The next block of the stream."""
    found: dict[str, str] = {}
    while line := answer.readline().decode().strip():
        key, _, value = line.partition(": ")
        found[key] = value
    return found


def _said(answer: HTTPResponse) -> dict[str, str]:
    """The next block that is no heartbeat."""
    while (block := _event(answer)).get("event") == "ping":
        pass
    return block


def _room(port: int, tenant_id: int, room: str) -> HTTPResponse:
    """A visitor's page in a room, whose stream has begun."""
    answer = _open(port, f"?pass={live.room_pass(tenant_id, room)}", path="/live/room")
    assert answer.status == 200
    assert _event(answer) == {"retry": "2000"}
    assert _event(answer)["event"] == "ping"
    return answer


def _announce(tenant_id: int, number: int) -> None:
    live.announce(
        tenant_id, "tickets.TicketOpened", "ticket", [(number, {"ticket_id": number, "subject": "x"})]
    )


def test_a_page_hears_its_own_tenant_and_nobody_elses(feed: tuple[int, object]) -> None:
    ours, theirs = _page(feed[0], TENANT), _page(feed[0], RIVAL)
    _announce(RIVAL, 1)
    _announce(TENANT, 2)
    heard, rival = _said(ours), _said(theirs)
    assert (heard["id"], rival["id"]) == ("2", "1")
    assert json.loads(heard["data"]) == {
        "id": 2,
        "event": "tickets.TicketOpened",
        "topic": "ticket",
        "ticket_id": 2,
    }


def test_a_page_that_comes_back_hears_what_it_missed(feed: tuple[int, object]) -> None:
    page = _page(feed[0], TENANT)
    _announce(TENANT, 10)
    assert _said(page)["id"] == "10"
    page.close()
    _announce(TENANT, 11)
    _announce(TENANT, 12)
    witness = _page(feed[0], RIVAL)
    _announce(RIVAL, 13)
    assert _said(witness)["id"] == "13"  # the feed has read everything before it
    again = _open(feed[0], f"?pass={live.pass_for(TENANT, 1)}", **{"Last-Event-ID": "10"})
    assert [_said(again).get("id") for _ in range(3)] == [None, "11", "12"]


def test_a_page_gone_too_long_is_told_to_look_again(feed: tuple[int, object]) -> None:
    page = _open(feed[0], f"?pass={live.pass_for(TENANT, 1)}", **{"Last-Event-ID": "999999"})
    assert _said(page) == {"retry": "2000"}
    assert json.loads(_said(page)["data"])["topic"] == "*"


@pytest.mark.parametrize(
    "query",
    ["", "?pass=", "?pass=forged", f"?pass={live.pass_for(TENANT, 1)}x"],
    ids=["none", "empty", "forged", "changed"],
)
def test_without_a_good_pass_there_is_no_stream(feed: tuple[int, object], query: str) -> None:
    answer = _open(feed[0], query)
    assert answer.status == 401
    assert b"Load the page again" in answer.read()


def test_a_pass_that_is_over_opens_nothing(feed: tuple[int, object]) -> None:
    answer = _open(feed[0], f"?pass={live.pass_for(TENANT, 1, seconds=-1)}")
    assert answer.status == 401


def test_a_stream_ends_with_its_pass_and_goes_on_with_the_next_without_a_gap(
    feed: tuple[int, object],
) -> None:
    """Also before the page has heard any message, so that it has no number of one."""
    assert live.PASS_SECONDS < 60
    began = time.monotonic()
    page = _open(feed[0], f"?pass={live.pass_for(7_003, 1, seconds=2)}")
    assert _event(page) == {"retry": "2000"}
    place = _event(page)["id"]
    assert _said(page)["event"] == "bye"
    assert page.read() == b""
    assert 1 < time.monotonic() - began < 4
    witness = _page(feed[0], RIVAL)
    _announce(7_003, 20)
    _announce(RIVAL, 21)
    assert _said(witness)["id"] == "21"  # the feed has read everything before it
    again = _open(feed[0], f"?pass={live.pass_for(7_003, 1)}&last={place}")
    assert [_said(again).get("id") for _ in range(2)] == [None, "20"]
    third = _open(feed[0], f"?pass={live.pass_for(7_003, 1)}&last=20")
    assert _event(third) == {"retry": "2000"}
    assert _event(third)["id"] == "20", "nothing was missed, and nothing must be looked at again"


def test_a_busy_stream_ends_with_its_pass_too(feed: tuple[int, object]) -> None:
    page = _open(feed[0], f"?pass={live.pass_for(7_004, 1, seconds=2)}")
    heard = []
    while block := _event(page):
        heard.append(block.get("event", ""))
        if block.get("event") == "bye":
            break
        _announce(7_004, len(heard))
    assert heard[-1] == "bye"


def test_only_the_products_own_pages_may_listen(feed: tuple[int, object]) -> None:
    answer = _page(feed[0], TENANT)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://desk.example"
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_a_room_hears_what_is_for_it_and_nothing_else(feed: tuple[int, object]) -> None:
    """Neither the tenant's feed, nor another room, nor the same room of a rival; the tenant hears no room."""
    visitor, desk = _room(feed[0], TENANT, "chat-5"), _page(feed[0], TENANT)
    _announce(TENANT, 30)
    live.whisper(TENANT, "chat.said", ticket_id=9)
    live.whisper(TENANT, "chat.said", room="chat-6")
    live.whisper(RIVAL, "chat.said", room="chat-5")
    live.whisper(TENANT, "chat.typing", room="chat-5")
    heard = _said(visitor)
    assert json.loads(heard["data"]) == {"event": "chat.typing", "topic": ""}
    assert "id" not in heard
    told = [json.loads(_said(desk)["data"]) for _ in range(2)]
    assert [one["event"] for one in told] == ["tickets.TicketOpened", "chat.said"]
    _announce(TENANT, 31)
    assert json.loads(_said(desk)["data"])["id"] == 31, "no room came between"


def test_what_is_whispered_is_not_remembered(feed: tuple[int, object]) -> None:
    page = _page(feed[0], TENANT)
    _announce(TENANT, 40)
    live.whisper(TENANT, "chat.typing", ticket_id=9)
    _announce(TENANT, 41)
    assert [_said(page).get("id") for _ in range(3)] == ["40", None, "41"]
    again = _open(feed[0], f"?pass={live.pass_for(TENANT, 1)}&last=40")
    assert [_said(again).get("id") for _ in range(2)] == [None, "41"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/live", f"?pass={live.room_pass(TENANT, 'chat-5')}"),
        ("/live/room", f"?pass={live.pass_for(TENANT, 1)}"),
        ("/live/room", f"?pass={live.room_pass(TENANT, 'chat-5', seconds=-1)}"),
        ("/live/room", f"?pass={live.room_pass(TENANT, 'chat-5')}x"),
        ("/live/room", ""),
    ],
    ids=["a visitor at the tenant's feed", "a member in a room", "over", "changed", "none"],
)
def test_a_pass_opens_only_what_it_is_for(feed: tuple[int, object], path: str, query: str) -> None:
    assert _open(feed[0], query, path=path).status == 401


def test_a_rooms_stream_ends_with_its_pass(feed: tuple[int, object]) -> None:
    page = _open(feed[0], f"?pass={live.room_pass(TENANT, 'chat-5', seconds=2)}", path="/live/room")
    assert _said(page) == {"retry": "2000"}
    assert _said(page)["event"] == "bye"


def test_the_end_lets_pages_go_at_once(feed: tuple[int, subprocess.Popen[bytes]]) -> None:
    """Last: it ends the feed. Without goodbye the server would wait 20 s for the open stream."""
    page = _page(feed[0], TENANT)
    began = time.monotonic()
    feed[1].send_signal(signal.SIGTERM)
    assert page.read() == b""
    feed[1].wait(timeout=10)
    assert time.monotonic() - began < 8


def test_a_page_that_does_not_keep_up_is_let_go() -> None:
    async def scene() -> tuple[bool, int, bool]:
        hub = Hub()
        slow = hub.join(TENANT, "")
        for number in range(QUEUE_LENGTH + 1):
            hub.spread(f"live:{TENANT}", json.dumps({"id": number}))
        last = slow.queue.get_nowait()
        hub.leave(slow)
        return slow.is_open, slow.queue.qsize(), last is None

    # In a thread of its own: a browser test before this one may have left its loop in ours.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, scene()).result() == (False, 0, True)
