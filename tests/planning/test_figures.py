"""A proposal's figures: one rule counts what is late and what is driven, and the page adds up."""

from __future__ import annotations

from uuid import uuid4

from django.test import Client

from core.clock import now
from dispatch.evaluator import Person, Stop
from dispatch.travel import ESTIMATE
from planning import queries
from planning.enums import ChangeKind
from planning.figures import days_that_differ, figures_of, late_legs, legs_of
from tests.cast import Company
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import proposal, tomorrow

HOUR = 3600
HOME, AWAY = (35.60, 139.70), (35.90, 139.70)


def stops_of(*starts: int) -> list[Stop]:
    return [
        Stop(number, f"WO-{number}", at * HOUR, (at + 1) * HOUR, AWAY) for number, at in enumerate(starts, 1)
    ]


def person_with(*stops: Stop) -> Person:
    return Person(
        1, "Able", home=HOME, shifts=[(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)], stops=list(stops)
    )


def test_what_was_sent_and_stays_late_counts_as_late(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    order = make_work_order(promised_end_at=tomorrow(9))
    visit = make_visit(tomorrow(13), work_order=order, sent_at=now())
    make_work_order()
    run = proposal()
    assert list(queries.late_visits(run)) == [visit]
    assert (run.figures["before"]["late"], run.figures["after"]["late"]) == (1, 1)
    assert run.figures["after"]["late_minutes"] == 4 * 60
    assert client.get(f"/t/acme/planning/{run.pk}/").context["figures"][3] == {
        "name": "After the promise",
        "before": 1,
        "after": 1,
        "is_time": False,
        "hue": "rest",
    }
    visit.start_at, visit.end_at = tomorrow(8), tomorrow(9)
    visit.save()
    assert not queries.late_visits(run), "the list tells what still is so"


def test_rows_and_what_stays_are_together_what_is_late(in_acme: Company) -> None:
    """Crews count as their visits, before and after; later stints are held to no promise."""
    able, other = make_engineer(), make_engineer()
    both = make_work_order(promised_end_at=tomorrow(9), crew_size=2)
    key = uuid4()
    crew = [make_visit(tomorrow(10), work_order=both, engineer=e, crew_key=key) for e in (able, other)]
    long = make_work_order(promised_end_at=tomorrow(12), may_split=True)
    make_visit(tomorrow(12), work_order=long, engineer=able)
    make_visit(tomorrow(15), work_order=long, engineer=able)
    make_work_order(promised_end_at=tomorrow(7))
    run = proposal()
    rows = run.changes.filter(late_minutes__gt=0).exclude(to_start_at=None).count()
    assert rows == 1
    assert {visit.pk for visit in queries.late_visits(run)} == {visit.pk for visit in crew}
    assert (run.figures["before"]["late"], run.figures["after"]["late"]) == (2, 3)


def test_less_than_a_minute_is_in_time() -> None:
    legs = legs_of([person_with(*stops_of(9, 10))], (0, 24 * HOUR))
    promises = {1: 9 * HOUR - 59, 2: 10 * HOUR - 60}
    assert [(leg.stop.visit_id, minutes) for leg, minutes in late_legs(legs, promises)] == [(2, 1)]


def test_each_day_begins_at_home_also_one_beside_all_shifts() -> None:
    person = person_with(*stops_of(6, 10, 18, 33))
    there = ESTIMATE.trip(HOME, AWAY)[0]
    near = ESTIMATE.trip(AWAY, AWAY)[0]
    legs = legs_of([person], (0, 48 * HOUR))
    assert [leg.travel_minutes for leg in legs] == [there, near, near, there]
    found = figures_of(legs, {}, unserved=0)
    assert (found.visits, found.travel_minutes, found.overtime_minutes) == (4, 2 * there + 2 * near, 60)
    assert [leg.travel_minutes for leg in legs_of([person], (7 * HOUR, 11 * HOUR))] == [near]


def test_days_that_differ_make_up_the_difference() -> None:
    before = legs_of([person_with(*stops_of(9, 33))], (0, 48 * HOUR))
    after = legs_of([person_with(*stops_of(9, 11, 33))], (0, 48 * HOUR))
    (day,) = days_that_differ(before, after)
    assert (day["person"], day["begins"], day["ends"]) == (1, 9 * HOUR, 11 * HOUR)
    assert (day["visits_before"], day["visits_after"]) == (1, 2)
    assert not days_that_differ(before, before)


def test_places_without_coordinates_are_named(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    make_engineer("Nora")
    order = make_work_order(site=make_place(name="Old Mill", latitude=None, longitude=None))
    make_work_order()
    run = proposal()
    assert run.figures["without_place"] == ["Old Mill"]
    page = client.get(f"/t/acme/planning/{run.pk}/")
    assert page.context["roads"].endswith("without coordinates: Old Mill")
    rows = [row for _kind, group in page.context["groups"] for row in group]
    (why,) = [row["why"] for row in rows if row["change"].work_order == order]
    assert why == ["travel to Old Mill is counted as 20 min: the site has no coordinates"]


def test_the_rows_of_travel_add_up_and_a_moved_visit_tells_its_days(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    near, far = make_engineer("Near"), make_engineer("Far", home_latitude=36.4)
    make_work_order(site=make_place(name="Old Mill"))
    make_visit(tomorrow(10), engineer=far)
    run = proposal()
    page = client.get(f"/t/acme/planning/{run.pk}/")
    *days, whole = page.context["days"]
    assert {day["name"] for day in days} == {near.name, far.name}
    for key, figure in (("travel", "travel_minutes"), ("visits", "visits")):
        for side in ("before", "after"):
            told = sum(day[f"{key}_{side}"] for day in days)
            assert told == whole[f"{key}_{side}"] == run.figures[side][figure]
    (moved,) = run.changes.filter(kind=ChangeKind.MOVE)
    (row,) = [row for _kind, rows in page.context["groups"] for row in rows if row["change"] == moved]
    by_name = {
        day["name"]: f"{day['name']} {day['travel_before']} → {day['travel_after']} min" for day in days
    }
    assert row["why"] == [f"travel of the day: {by_name['Far']}, {by_name['Near']}"]
    assert by_name["Far"].endswith("→ 0 min")
