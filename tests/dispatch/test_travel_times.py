"""Travel times of a company: who is asked, what is learned, and that everybody judges by the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.clock import now
from core.errors import BadInput, NotAllowed
from dispatch import queries, services
from dispatch.enums import TravelBand
from dispatch.models import TravelLeg, TravelProfile
from dispatch.queries.planning import instant
from dispatch.services import roads as asking
from dispatch.services.judging import judge
from dispatch.travel import (
    ESTIMATE,
    PARKING_MINUTES,
    Point,
    Table,
    band_minutes,
    key_of,
    km_between,
    place_of,
)
from journal.models import AuditEntry
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.peers import roads
from tests.peers.web import Said, WebPeer, web_peer

Program = Callable[..., Client]
SYSTEM = Actor.system("tests")
HOME, SITE = (35.68, 139.76), (35.75, 139.60)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def reachable(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]


def drive(a: Point, b: Point) -> tuple[float, float]:
    """Twice as long as estimated, and half as long again on the way back."""
    km = km_between(a, b)
    return sum(band_minutes(km)) * 60 * (2 if a < b else 3), km * 1000 + 500


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


@pytest.fixture
def peer() -> Iterator[WebPeer]:
    with web_peer(roads.osrm(drive)) as found:
        yield found


def ask_service(url: str, source: str = "osrm") -> TravelProfile:
    return services.set_travel(source=source, base_url=url, actor=SYSTEM, at=AT)


def learned(*factors: float) -> None:
    TravelProfile.objects.update_or_create(
        defaults={"factors": dict(zip(TravelBand.values, factors, strict=True))}
    )


def minutes_by_road(a: Point, b: Point) -> int:
    return -(-round(drive(a, b)[0]) // 60) + PARKING_MINUTES


def placed_work(**facts: Any) -> Any:
    return make_work_order(site=make_place(latitude=SITE[0], longitude=SITE[1]), **facts)


def test_everybody_judges_by_what_was_learned_at_once(in_acme: Company) -> None:
    engineer, work_order = make_engineer(), placed_work()
    plain = ESTIMATE.trip(HOME, SITE)[0]
    (before,) = queries.candidates(work_order, AT).candidates
    assert before.verdict.travel_minutes == plain
    learned(2.0, 2.0, 2.0)
    slower = queries.policy_in_force().roads.trip(HOME, SITE)[0]
    assert slower >= 2 * (plain - PARKING_MINUTES) + PARKING_MINUTES - 1
    (after,) = queries.candidates(work_order, AT).candidates
    assert after.verdict.travel_minutes == slower
    start, end = after.verdict.span
    visit = services.schedule_visit(
        work_order_id=work_order.pk, engineer_id=engineer.pk, start_at=instant(start), actor=SYSTEM, at=AT
    )
    assert visit.travel_minutes == slower
    assert end - start == 3600


def test_a_service_is_asked_in_the_background_and_then_tells_both_ways(
    in_acme: Company, peer: WebPeer
) -> None:
    engineer, work_order = make_engineer(), placed_work()
    ask_service(peer.url)
    (before,) = queries.candidates(work_order, AT).candidates
    assert before.as_json()["travel_source"] == "estimate"
    assert not peer.asked, "a question waits for nobody"
    assert services.ask_for_waiting() == 1
    assert services.ask_for_waiting() == 0, "what was asked about lately is not asked about again"
    (after,) = queries.candidates(work_order, AT).candidates
    assert after.verdict.travel_minutes == minutes_by_road(HOME, SITE)
    assert after.as_json()["travel_source"] == "osrm"
    roads_known = queries.knowing(queries.policy_in_force(), [SITE]).roads
    assert roads_known.trip(SITE, HOME)[0] == minutes_by_road(SITE, HOME) != minutes_by_road(HOME, SITE)
    assert engineer.pk == after.verdict.person.id


@pytest.mark.parametrize("source", ["osrm", "valhalla"])
def test_both_services_fill_the_same_table(in_acme: Company, source: str) -> None:
    make_engineer()
    placed_work()
    answer = roads.osrm(drive) if source == "osrm" else roads.valhalla(drive)
    with web_peer(answer) as found:
        ask_service(found.url, source)
        services.ask_for_waiting()
    known = queries.knowing(queries.policy_in_force(), [SITE]).roads
    assert known.trip(HOME, SITE)[0] == pytest.approx(minutes_by_road(HOME, SITE), abs=1)
    assert known.source_of(HOME, SITE) == source


def test_what_was_offered_by_the_estimate_is_not_refused_a_second_later(
    in_acme: Company, peer: WebPeer
) -> None:
    engineer, work_order = make_engineer(), placed_work()
    ask_service(peer.url)
    earlier = make_visit(AT + timedelta(hours=1), engineer=engineer)
    (chosen,) = queries.candidates(work_order, earlier.end_at).candidates
    services.ask_for_waiting()
    verdict = services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=engineer.pk,
        start_at=instant(chosen.verdict.span[0]),
        actor=SYSTEM,
        at=AT,
    )
    assert verdict.travel_minutes == chosen.verdict.travel_minutes
    TravelLeg.objects.update(known_at=now() - timedelta(minutes=11))
    judged = judge(work_order, engineer.pk, verdict.start_at, verdict.end_at, at=AT, ignoring=verdict.pk)
    assert [reason.code for reason in judged.broken] == ["travel"]


def test_a_site_without_work_is_asked_about_after_its_first_question(
    acme: Company, api: Client, peer: WebPeer
) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer()
        site, kind = make_place(latitude=SITE[0], longitude=SITE[1]), make_work_type("boiler")
        ask_service(peer.url)
        assert services.ask_for_waiting() == 0
    question = {"site": site.pk, "work_type": kind.pk, "days": 2}
    assert api.post("/api/v1/slots", question, content_type="application/json").status_code == 200
    assert not peer.asked, "a question waits for nobody"
    with tenant_active(acme.tenant.pk):
        assert queries.wanted_places().count() == 1
        estimated = queries.knowing(queries.policy_in_force(), [SITE]).roads
        assert estimated.source_of(HOME, SITE) == "estimate"
        assert services.ask_for_waiting() == 1
        known = queries.knowing(queries.policy_in_force(), [SITE]).roads
        assert known.source_of(HOME, SITE) == "osrm"
        assert known.trip(HOME, SITE)[0] == minutes_by_road(HOME, SITE)
    asked = len(peer.asked)
    assert api.post("/api/v1/slots", question, content_type="application/json").status_code == 200
    with tenant_active(acme.tenant.pk):
        assert services.ask_for_waiting() == 0 and len(peer.asked) == asked
        TravelLeg.objects.update(asked_at=now() - timedelta(days=2))
        assert services.ask_for_waiting() == 0, "nobody wants to know"
        assert services.want_roads(place=SITE, roads=known, at=now())
        assert services.ask_for_waiting() == 1


def test_places_that_are_wanted_are_bounded_and_nothing_is_kept_without_a_service(
    in_acme: Company, peer: WebPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not services.want_roads(place=SITE, roads=queries.policy_in_force().roads, at=AT)
    monkeypatch.setattr(asking, "MOST_WANTED", 3)
    ask_service(peer.url)
    table = queries.policy_in_force().roads
    places = [(35.0 + number / 10, 139.0) for number in range(5)]
    assert [services.want_roads(place=p, roads=table, at=AT) for p in places] == [True] * 3 + [False] * 2
    assert not services.want_roads(place=places[0], roads=table, at=AT), "it waits already"
    assert not services.want_roads(place=None, roads=table, at=AT)
    assert queries.wanted_places().count() == 3


@pytest.mark.parametrize("place", [SITE, (-33.8688, 151.2093), (64.1466, -21.9426), (-54.8019, -68.303)])
def test_a_place_is_found_again_by_its_number(place: Point) -> None:
    assert place_of(key_of(place)) == pytest.approx(place, abs=1e-4)
    assert key_of(place_of(key_of(place))) == key_of(place)


def test_a_silent_service_is_left_alone_and_told_of(in_acme: Company) -> None:
    make_engineer()
    work_order = placed_work()
    with web_peer(lambda _asked: Said(503)) as down:
        ask_service(down.url)
        for _again in range(3):
            services.ask_for_waiting()
        assert len(down.asked) == 1
        profile = TravelProfile.objects.get()
        assert profile.failures == 1
        assert profile.ask_again_at is not None
        (candidate,) = queries.candidates(work_order, AT).candidates
        assert candidate.verdict.travel_minutes == ESTIMATE.trip(HOME, SITE)[0]
        assert candidate.as_json()["travel_source"] == "osrm_silent"
        assert "roads_silent" in [reason.code for reason in candidate.minuses]
        down.answer = roads.osrm(drive)
        TravelProfile.objects.update(ask_again_at=now())
        assert services.ask_for_waiting() == 1
    assert TravelProfile.objects.get().failures == 0
    verbs = AuditEntry.objects.filter(object_type="dispatch.travelprofile").values_list("verb", flat=True)
    assert {"went_silent", "answered_again"} <= set(verbs)


def test_an_island_is_estimated_by_itself(in_acme: Company) -> None:
    make_engineer()
    make_engineer("Islander", home_latitude=35.70, home_longitude=139.70)
    work_order = placed_work()

    def no_bridge(a: Point, b: Point) -> tuple[float, float] | None:
        return None if (35.70, 139.70) in (a, b) and a != b else drive(a, b)

    with web_peer(roads.osrm(no_bridge)) as found:
        ask_service(found.url)
        services.ask_for_waiting()
    sources = {
        one.verdict.person.name: one.verdict.travel_source
        for one in queries.candidates(work_order, AT).candidates
    }
    assert sources.pop("Islander") == "estimate"
    assert set(sources.values()) == {"osrm"}


def test_another_service_begins_with_nothing_known(in_acme: Company, peer: WebPeer) -> None:
    make_engineer()
    placed_work()
    ask_service(peer.url)
    services.ask_for_waiting()
    assert TravelLeg.objects.exists()
    ask_service(peer.url + "/other")
    assert not TravelLeg.objects.exists()
    changed = AuditEntry.objects.filter(object_type="dispatch.travelprofile", verb="changed").last()
    assert changed is not None


def test_what_comes_back_for_another_service_is_not_kept(in_acme: Company, peer: WebPeer) -> None:
    make_engineer()
    placed_work()
    ask_service(peer.url)

    def change_meanwhile(asked: Any) -> Said:
        return roads.osrm(drive)(asked)

    peer.answer = change_meanwhile
    asked = asking._Asked("osrm", "http://elsewhere.example")
    asking._keep(in_acme.tenant.pk, asked, {(1, 2): (60, 1000)})
    assert not TravelLeg.objects.exists()


def test_old_legs_are_forgotten_and_their_number_is_bounded(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_service("http://osrm.example")
    for number in range(6):
        at = now() - timedelta(days=40 if number == 0 else 6 - number)
        TravelLeg.objects.create(from_key=number, to_key=9, seconds=60, known_at=at, asked_at=at)
    monkeypatch.setattr(asking, "MOST_LEGS", 3)
    services.prune_legs()
    assert sorted(TravelLeg.objects.values_list("from_key", flat=True)) == [3, 4, 5]


def test_many_places_are_asked_about_in_near_groups(in_acme: Company, peer: WebPeer) -> None:
    ask_service(peer.url)
    places = [(35 + (i % 13) / 30, 139 + (i // 13) / 30) for i in range(130)]
    policy = services.ask_among(
        tenant_id=in_acme.tenant.pk, policy=queries.policy_in_force(), places=[*places, None]
    )
    assert isinstance(policy.roads, Table)
    assert len(policy.roads.legs) == 130 * 129
    count = len(peer.asked)
    services.ask_among(tenant_id=in_acme.tenant.pk, policy=queries.policy_in_force(), places=places)
    assert len(peer.asked) == count, "what is known is not asked again"


@pytest.mark.parametrize(
    "url", ["", "osrm:5000", "ftp://osrm.example", "http://", "http://x:99999", "http://a.example/?x=1"]
)
def test_an_address_must_be_one(in_acme: Company, url: str) -> None:
    with pytest.raises(BadInput) as refusal:
        ask_service(url)
    assert "base_url" in refusal.value.errors


def test_only_who_makes_rules_may_change_it(in_acme: Company) -> None:
    for act in (
        lambda actor: services.set_travel(source="estimate", actor=actor, at=AT),
        lambda actor: services.reset_travel(actor=actor, at=AT),
        lambda actor: services.calibrate_travel(actor=actor, at=AT),
        lambda actor: services.try_travel(actor=actor, at=AT),
    ):
        with pytest.raises(NotAllowed):
            act(in_acme.tom.actor)


def test_the_page_saves_tries_learns_and_forgets(
    acme: Company, signed_in: Callable[[Person], Client], peer: WebPeer
) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer()
        placed_work()
    client, url = signed_in(acme.ada), f"/t/{acme.tenant.slug}/settings/travel/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"source": "osrm", "base_url": "nonsense"}).status_code == 422
    assert client.post(url, {"source": "osrm", "base_url": peer.url}).status_code == 303
    page = client.post(f"{url}try/").content.decode()
    assert 'id="example"' in page
    assert "OSRM" in page
    assert client.post(f"{url}learn/").status_code == 303
    assert client.post(f"{url}reset/").status_code == 303


def test_the_api_reads_changes_and_resets(acme: Company, api: Client) -> None:
    url = "/api/v1/travel-profiles/"
    assert api.get(url).json()["results"] == []
    made = api.post(url, {"source": "valhalla", "base_url": "http://v.example"}, "application/json")
    assert made.status_code == 201, made.content
    one = f"{url}{made.json()['id']}/"
    changed = api.patch(one, {"base_url": "http://w.example/"}, "application/json")
    assert changed.json()["base_url"] == "http://w.example"
    assert api.patch(one, {"base_url": "x"}, "application/json").status_code == 422
    assert api.post(f"{one}reset/").json()["factors"] == {}
