"""Planning runs by what a routing service says: the search, the evaluator and the figures agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from core.clock import now
from dispatch import queries as dispatch
from dispatch import services as dispatching
from dispatch.models import Visit
from dispatch.travel import (
    ESTIMATE,
    PARKING_MINUTES,
    Estimate,
    Point,
    Table,
    band_minutes,
    key_of,
    km_between,
)
from planning.enums import ChangeKind
from planning.roads import NOWHERE, UNKNOWN, seconds_by
from tenants.actors import Actor
from tests.cast import Company
from tests.factories.dispatch import make_place, make_work_order
from tests.factories.workforce import make_engineer
from tests.peers import roads
from tests.peers.web import Answer, Said, web_peer
from tests.planning.runs import accept, proposal

PEERS: dict[str, Callable[..., Answer]] = {"osrm": roads.osrm, "valhalla": roads.valhalla}
HOME = (35.68, 139.76)


def drive(a: Point, b: Point) -> tuple[float, float]:
    """Twice as slow as estimated, more so to the west."""
    km = km_between(a, b)
    return sum(band_minutes(km)) * 60 * (2.0 if a[1] < b[1] else 2.5), km * 1000 + 100


@pytest.fixture(autouse=True)
def reachable(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]


def work_around(count: int) -> list[Point]:
    places = [(35.62 + (n * 7 % 11) / 60, 139.62 + (n * 5 % 13) / 60) for n in range(count)]
    for latitude, longitude in places:
        make_work_order(site=make_place(latitude=latitude, longitude=longitude))
    return places


@pytest.mark.parametrize("source", sorted(PEERS))
def test_a_run_plans_by_the_roads_and_is_accepted_by_them(in_acme: Company, source: str) -> None:
    for _n in range(2):
        make_engineer()
    work_around(9)
    with web_peer(PEERS[source](drive)) as peer:
        dispatching.set_travel(source=source, base_url=peer.url, actor=Actor.system("tests"), at=now())
        run = proposal()
        assert peer.asked
    assert run.figures["roads"] == {source: run.changes.filter(kind=ChangeKind.ADD).count()}
    accepted = accept(run)
    assert accepted["stale"] == 0
    assert accepted["accepted"] >= 7
    for engineer_id in set(Visit.objects.values_list("engineer_id", flat=True)):
        before, place = None, HOME
        for visit in Visit.objects.filter(engineer_id=engineer_id).order_by("start_at"):
            site = visit.work_order.site
            assert site.latitude is not None
            assert site.longitude is not None
            here = (site.latitude, site.longitude)
            minutes = -(-round(drive(place, here)[0]) // 60) + PARKING_MINUTES
            assert visit.travel_minutes == pytest.approx(minutes, abs=1)
            if before is not None:
                assert visit.start_at - before.end_at >= timedelta(minutes=visit.travel_minutes)
            before, place = visit, here


def test_a_run_does_not_wait_for_a_service_that_is_silent(in_acme: Company) -> None:
    make_engineer()
    work_around(3)
    with web_peer(lambda _asked: Said(502)) as peer:
        dispatching.set_travel(source="osrm", base_url=peer.url, actor=Actor.system("tests"), at=now())
        run = proposal()
        assert len(peer.asked) == 1
    assert run.figures["roads"] == {"osrm_silent": 3}
    assert run.figures["after"]["visits"] == 3


def test_a_run_takes_what_was_learned(in_acme: Company) -> None:
    make_engineer()
    work_around(4)
    plain = proposal().figures["after"]["travel_minutes"]
    profile = dispatching.set_travel(source="estimate", actor=Actor.system("tests"), at=now())
    profile.factors = {"short": 2.0, "middle": 2.0, "long": 2.0}
    profile.save()
    assert dispatch.policy_in_force().roads == Estimate((2.0, 2.0, 2.0))
    run = proposal()
    assert run.figures["after"]["travel_minutes"] > 1.5 * plain
    assert accept(run)["stale"] == 0


@pytest.mark.parametrize("factors", [(1.0, 1.0, 1.0), (1.7, 0.8, 2.2)])
@pytest.mark.parametrize("has_table", [False, True])
def test_matrices_hold_what_single_trips_take(factors: tuple[float, float, float], has_table: bool) -> None:
    rng = np.random.default_rng(3)
    points: list[Point] = [(35 + float(a), 139 + float(b)) for a, b in rng.random((40, 2))]
    estimate = Estimate(factors)
    legs = {
        (key_of(a), key_of(b)): (int(rng.integers(30, 9000)), int(rng.integers(60, 90_000)))
        for a in points
        for b in points
        if rng.random() < 0.5 and key_of(a) != key_of(b)
    }
    known = Table(estimate, "osrm", legs) if has_table else estimate
    given = np.array([*points, UNKNOWN, NOWHERE])
    seconds = seconds_by(known)(given, given)
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            assert seconds[i, j] == known.trip(a, b)[0] * 60
    assert set(seconds[40, :41].tolist()) == {ESTIMATE.trip(None, HOME)[0] * 60}
    assert not seconds[41].any()
