"""Pages of planning, as a dispatcher sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from core.clock import now
from dispatch.enums import LockLevel
from dispatch.models import Visit
from planning import services
from planning.enums import ChangeKind, ChangeState, RunKind, RunState
from planning.models import PlanChange, PlanRun
from planning.reasons import serves, why_late
from tests.cast import Company
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer, make_territory
from tests.planning.runs import proposal, tomorrow

BASE = "/t/acme/planning/"


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_a_dispatcher_asks_for_a_plan_and_sees_it_being_made(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    make_territory("North")
    assert "No plan was asked for yet" in body(client, BASE)
    day = (now() + timedelta(days=1)).date().isoformat()
    answer = client.post(BASE, {"kind": "build", "day": day, "days": 2, "budget_seconds": 2})
    run = PlanRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{BASE}{run.pk}/")
    assert run.until - run.from_at == timedelta(days=2)
    assert "Waiting for a planner" in body(client, f"{BASE}{run.pk}/")
    assert "HX-Refresh" not in client.get(f"{BASE}{run.pk}/?watch=1").headers
    assert client.post(f"{BASE}{run.pk}/cancel/").status_code == 303
    assert client.get(f"{BASE}{run.pk}/?watch=1").headers["HX-Refresh"] == "true"
    assert "Cancelled" in body(client, BASE)


def test_a_past_day_is_refused_on_the_form(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    answer = client.post(BASE, {"kind": "build", "day": "2020-01-01", "days": 1, "budget_seconds": 2})
    assert answer.status_code == 422
    assert answer.context["form"].errors["day"] == ["Wed 1 Jan 2020 has passed. Plan from today on."]
    assert "One thing to correct" in answer.content.decode()
    assert not PlanRun.objects.exists()


def test_a_proposal_shows_rows_with_reasons_and_is_decided_by_row(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    near, far = make_engineer("Near"), make_engineer("Far", home_latitude=36.4)
    make_work_order(site=make_place(name="Old Mill"))
    moved = make_visit(tomorrow(10), engineer=far)
    impossible = make_work_order(priority=1)
    impossible.work_order_skills.create(
        skill=make_engineer(skills={"lift": 1}, hours=None).skills.get(), level=5
    )
    run = proposal()
    text = body(client, f"{BASE}{run.pk}/")
    for told in (
        "Old Mill",
        "Near",
        "Far",
        "Accept all",
        "Lift at level 1, 5 is needed",
        "Customers disturbed",
    ):
        assert told in text, told
    change = run.changes.get(visit=moved)
    answer = client.post(f"{BASE}{run.pk}/decide/", {"act": "accept", "change": [change.pk]}, follow=True)
    assert "1 row is on the board now." in answer.content.decode()
    moved.refresh_from_db()
    assert moved.engineer == near
    answer = client.post(f"{BASE}{run.pk}/decide/", {"act": "accept"}, follow=True)
    assert "Choose at least one row." in answer.content.decode()
    client.post(f"{BASE}{run.pk}/decide/", {"act": "refuse_all"})
    run.refresh_from_db()
    assert run.state == RunState.CLOSED
    assert set(run.changes.exclude(pk=change.pk).values_list("state", flat=True)) == {
        ChangeState.REJECTED,
        ChangeState.OPEN,
    }


def test_a_plan_that_stays_tells_what_is_still_late(in_acme: Company, client: Client) -> None:
    """Nothing to propose is not "as good as it could be" while somebody comes after what was promised."""
    client.force_login(in_acme.dora.user)
    north, south = make_territory("North"), make_territory("South")
    able = make_engineer(territories=[north])
    told = make_work_order(promised_end_at=tomorrow(9))
    visit = make_visit(tomorrow(13), work_order=told, engineer=able, lock_level=LockLevel.COMMITTED)
    run = proposal()
    assert run.state == RunState.NOTHING and not run.changes.exists()
    text = body(client, f"{BASE}{run.pk}/")
    assert "Nothing to change" not in text and "The plan stays as it is" in text
    assert "after the promise" in text
    assert "its time is promised to the customer" in text
    assert f"visit={visit.pk}" in text
    elsewhere = proposal(territory_id=south.pk)
    assert "Nothing to change" in body(client, f"{BASE}{elsewhere.pk}/")


def test_why_a_visit_stays_late(in_acme: Company) -> None:
    visit = make_visit(tomorrow(13), work_order=make_work_order(promised_end_at=tomorrow(9)))
    run = proposal(kind=RunKind.REPAIR)
    assert why_late(visit, run) == "the search found nobody who can come sooner"
    visit.sent_at = run.asked_at
    assert why_late(visit, run) == "the search found nobody who can come sooner"
    run.kind = RunKind.BUILD
    assert why_late(visit, run) == "it was sent, and building leaves alone what was sent"
    visit.work_order.promised_end_at = run.asked_at
    assert why_late(visit, run) == "the promise was over before this plan was asked for"


def test_overtaken_rows_say_why(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    make_engineer()
    work_order = make_work_order()
    run = proposal()
    make_visit(tomorrow(16), work_order=work_order)
    answer = client.post(f"{BASE}{run.pk}/decide/", {"act": "accept_all"}, follow=True)
    text = answer.content.decode()
    assert "1 row was overtaken" in text
    assert "somebody planned the work meanwhile" in text
    assert Visit.objects.count() == 1


def test_planning_is_for_those_who_plan(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.tom.user)
    assert client.get(BASE).status_code == 403
    assert client.post(BASE, {}).status_code == 403


def test_the_api_asks_accepts_and_refuses(in_acme: Company, program: Callable[..., Client]) -> None:
    api = program(in_acme)
    make_engineer()
    work_order = make_work_order()
    given = {"from_at": tomorrow().isoformat(), "until": tomorrow(24).isoformat(), "steps": 30}
    made = api.post("/api/v1/plan-runs", given, content_type="application/json")
    assert made.status_code == 201, made.content
    assert services.carry_out_due() == 1
    run = api.get(f"/api/v1/plan-runs/{made.json()['id']}").json()
    assert run["state"] == "proposed"
    rows = api.get(f"/api/v1/plan-runs/{run['id']}/changes").json()["results"]
    assert [(row["kind"], row["work_order"]) for row in rows] == [("add", work_order.pk)]
    answer = api.post(f"/api/v1/plan-runs/{run['id']}/accept", {}, content_type="application/json")
    assert answer.json() == {"accepted": 1, "stale": 0}
    busy = api.post("/api/v1/plan-runs", given | {"until": given["from_at"]}, content_type="application/json")
    assert busy.status_code == 422


def test_an_accepted_row_tells_what_it_was_when_it_was_decided(in_acme: Company, client: Client) -> None:
    """Sending a newly planned visit later does not make it one that was sent."""
    client.force_login(in_acme.dora.user)
    make_engineer("Near")
    make_work_order()
    run = proposal()
    change = run.changes.get(kind="add")
    assert "newly planned" not in body(client, f"{BASE}{run.pk}/")
    client.post(f"{BASE}{run.pk}/decide/", {"act": "accept", "change": [change.pk]})
    Visit.objects.update(sent_at=now(), status="dispatched")
    text = body(client, f"{BASE}{run.pk}/")
    assert "newly planned" in text and "was sent</span>" not in text


def test_rows_stand_by_engineer_and_time_and_say_what_they_do_for_the_promise(
    in_acme: Company, client: Client
) -> None:
    client.force_login(in_acme.dora.user)
    zoe, ann = make_engineer("Zoe"), make_engineer("Ann")
    run = proposal()
    run.state = RunState.PROPOSED
    run.save()
    wanted = []
    for engineer, hour in ((zoe, 9), (ann, 13), (ann, 10)):
        work_order = make_work_order(promised_end_at=tomorrow(hour) + timedelta(minutes=30))
        change = PlanChange.objects.create(
            run=run,
            work_order=work_order,
            kind=ChangeKind.MOVE,
            from_start_at=tomorrow(hour + 1),
            from_engineer=zoe,
            to_engineer=engineer,
            to_start_at=tomorrow(hour),
        )
        wanted.append(str(work_order))
    text = body(client, f"{BASE}{run.pk}/")
    places = [text.index(name) for name in wanted]
    assert places[2] < places[1] < places[0]
    assert serves(change) == [
        "30\u00a0min after the promise without the change",
        "arrives 30\u00a0min before the promise",
    ]
    change.to_start_at = tomorrow(12)
    assert serves(change) == []


def test_how_long_to_search_is_told_in_the_language_of_whoever_asks(client: Client, acme: Company) -> None:
    client.force_login(acme.dora.user)
    client.cookies["django_language"] = "ja"
    page = body(client, BASE)
    assert "5 秒" in page and "5 seconds" not in page and "日数" in page
