"""OSRM and Valhalla, asked over HTTP as they answer it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dispatch.adapters import SERVICES, Silent, asking, service_at
from dispatch.travel import ESTIMATE, Point
from tests.peers import roads
from tests.peers.web import Answer, Asked, Said, WebPeer, web_peer

Maker = Callable[..., Answer]
PEERS: dict[str, Maker] = {"osrm": roads.osrm, "valhalla": roads.valhalla}
TOKYO, NAKANO, OSAKA = (35.6812, 139.7671), (35.7074, 139.6638), (34.7025, 135.4959)


def drive(a: Point, b: Point) -> tuple[float, float]:
    """One way is slower than the other, so that a table read across shows."""
    metres = (abs(a[0] - b[0]) + abs(a[1] - b[1])) * 100_000
    return metres / (10 if a < b else 8), metres


@pytest.fixture(autouse=True)
def reachable(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]


@pytest.fixture(params=sorted(SERVICES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def peer(name: str) -> Iterator[WebPeer]:
    with web_peer(PEERS[name](drive)) as found:
        yield found


def expected(sources: list[Point], targets: list[Point]) -> list[list[tuple[int, int]]]:
    return [[tuple(round(part) for part in drive(a, b)) for b in targets] for a in sources]  # type: ignore[misc]


def near(found: Any, wanted: Any) -> bool:
    """Equal but for what a service rounds."""
    return len(found) == len(wanted) and all(
        abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1
        for row, other in zip(found, wanted, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def test_seconds_and_metres_by_source_and_target(name: str, peer: WebPeer) -> None:
    sources, targets = [TOKYO, NAKANO], [NAKANO, OSAKA, TOKYO]
    found = service_at(name, peer.url + "/").matrix(sources, targets)
    assert near(found, expected(sources, targets))
    assert len(peer.asked) == 1


def test_longitude_comes_first_for_osrm() -> None:
    with web_peer(roads.osrm(drive)) as peer:
        service_at("osrm", peer.url).matrix([TOKYO], [NAKANO])
    (asked,) = peer.asked
    assert asked.path == "/table/v1/driving/139.767100,35.681200;139.663800,35.707400"
    assert asked.query == {"sources": "0", "destinations": "1", "annotations": "duration,distance"}


def test_valhalla_is_told_the_units_and_the_car() -> None:
    with web_peer(roads.valhalla(drive)) as peer:
        service_at("valhalla", peer.url).matrix([TOKYO], [NAKANO])
    body = json.loads(peer.asked[0].body)
    assert body["sources"] == [{"lat": 35.6812, "lon": 139.7671}]
    assert (body["costing"], body["units"]) == ("auto", "kilometers")


def grid(count: int) -> list[Point]:
    return [(35 + (i % 20) / 50, 139 + (i // 20) / 50) for i in range(count)]


@pytest.mark.parametrize(("rows", "columns"), [(130, 70), (1, 250), (250, 1), (40, 60)])
def test_large_tables_are_asked_in_blocks(name: str, peer: WebPeer, rows: int, columns: int) -> None:
    sources, targets = grid(rows), grid(columns)
    found = service_at(name, peer.url).matrix(sources, targets)
    assert near(found, expected(sources, targets))
    assert all(_places(asked) <= asking.MOST_PLACES for asked in peer.asked)


def _places(asked: Asked) -> int:
    if asked.method == "GET":
        return asked.path.count(";") + 1
    body = json.loads(asked.body)
    return len(body["sources"]) + len(body["targets"])


@pytest.mark.parametrize(
    ("name", "facts"), [("osrm", {"most": 7}), ("valhalla", {"most_pairs": 49})], ids=["osrm", "valhalla"]
)
def test_a_server_with_a_smaller_limit_is_asked_less_at_once(name: str, facts: dict[str, int]) -> None:
    sources, targets = grid(20), grid(30)
    with web_peer(PEERS[name](drive, **facts)) as peer:
        assert near(service_at(name, peer.url).matrix(sources, targets), expected(sources, targets))


def test_a_place_on_no_road_spoils_only_its_own_pairs(name: str) -> None:
    places = grid(9)
    with web_peer(PEERS[name](drive, off_road=frozenset({places[4]}))) as peer:
        found = service_at(name, peer.url).matrix(places, places)
    for i, row in enumerate(found):
        for j, leg in enumerate(row):
            assert (leg is None) == (4 in (i, j))


def test_pairs_that_no_road_joins_are_none(name: str) -> None:
    def island(a: Point, b: Point) -> tuple[float, float] | None:
        return None if OSAKA in (a, b) and a != b else drive(a, b)

    with web_peer(PEERS[name](island)) as peer:
        found = service_at(name, peer.url).matrix([TOKYO, OSAKA], [NAKANO, OSAKA])
    assert [[leg is None for leg in row] for row in found] == [[False, True], [True, False]]


ODD = {
    "no JSON": Said(200, b"<html>hello</html>", {"Content-Type": "text/html"}),
    "a list": Said(200, b"[]"),
    "empty": Said(200, b"{}"),
    "server error": Said(503, b"{}"),
    "not found": Said(404, b'{"error_code": 106}'),
    "bad key": Said(401, b"{}"),
    "too few rows": Said(200, b'{"code": "Ok", "durations": [], "distances": [], "sources_to_targets": []}'),
    "words for numbers": Said(
        200,
        b'{"code": "Ok", "durations": [["x"]], "distances": [[1]], "sources_to_targets": [[{"time": "x"}]]}',
    ),
    "below zero": Said(
        200,
        b'{"code": "Ok", "durations": [[-5]], "distances": [[1]], "sources_to_targets": [[{"time": -5}]]}',
    ),
    "an index beyond": Said(
        200, b'{"code": "Ok", "durations": [[1, 2]], "sources_to_targets": [[{"time": 5, "to_index": 7}]]}'
    ),
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD.keys())
def test_what_is_no_answer_is_told_as_silence(name: str, said: Said) -> None:
    with web_peer(lambda _asked: said) as peer, pytest.raises(Silent):
        service_at(name, peer.url).matrix([TOKYO], [NAKANO])


def test_nobody_listening_is_silence(name: str) -> None:
    with web_peer() as peer:
        url = peer.url
    with pytest.raises(Silent):
        service_at(name, url).matrix([TOKYO], [NAKANO])


def test_a_slow_service_is_not_waited_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.4)

    def slow(_asked: Asked) -> Said:
        time.sleep(1.5)
        return Said()

    with web_peer(slow) as peer:
        began = time.monotonic()
        with pytest.raises(Silent):
            service_at(name, peer.url).matrix([TOKYO], [NAKANO])
        assert time.monotonic() - began < 1.2


def test_our_own_network_is_not_asked_unless_the_operator_allows_it(name: str, settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    with web_peer(PEERS[name](drive)) as peer:
        with pytest.raises(Silent, match="public"):
            service_at(name, peer.url).matrix([TOKYO], [NAKANO])
        assert not peer.asked


def test_what_is_not_asked_in_time_stays_unknown(name: str, peer: WebPeer) -> None:
    found = service_at(name, peer.url).matrix(grid(130), grid(70), time.monotonic() - 1)
    assert not peer.asked
    assert all(leg is None for row in found for leg in row)


def test_the_estimate_answers_the_same_question() -> None:
    ((leg,),) = ESTIMATE.matrix([TOKYO], [NAKANO])
    assert leg is not None
    minutes, km = ESTIMATE.trip(TOKYO, NAKANO)
    assert leg[1] == pytest.approx(km * 1000, abs=1)
    assert -(-leg[0] // 60) + 3 == pytest.approx(minutes, abs=1)
