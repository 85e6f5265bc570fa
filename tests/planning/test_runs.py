"""Planning runs from being asked for to a proposal, against the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.clock import now
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed
from dispatch.enums import LockLevel, VisitStatus
from dispatch.models import DispatchPolicy, Visit
from planning import services
from planning.enums import ChangeKind, RunState
from planning.models import PlanRun
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer, make_territory
from tests.planning.runs import SYSTEM, TOKYO, accept, proposal, tomorrow
from workforce.models import EngineerPair


def test_a_run_that_changes_nothing_has_nothing_to_decide(in_acme: Company) -> None:
    make_engineer(hours=None)
    make_work_order()
    run = proposal()
    assert run.state == RunState.NOTHING
    assert [row.kind for row in run.changes.all()] == [ChangeKind.UNSERVED]
    assert accept(run) == {"accepted": 0, "stale": 0}
    run.refresh_from_db()
    assert run.state == RunState.NOTHING


def test_what_cannot_be_planned_says_why(in_acme: Company) -> None:
    make_engineer(skills={"gas": 1})
    work_order = make_work_order()
    work_order.work_order_skills.create(skill=make_engineer(skills={"lift": 1}).skills.get(), level=3)
    run = proposal()
    (change,) = run.changes.all()
    assert change.kind == ChangeKind.UNSERVED
    told = [(reason["code"], reason["has"], reason["people"]) for reason in change.reasons]
    assert sorted(told) == [("skill", 0, 1), ("skill", 1, 1)], "one has less of it, one has none"


def test_what_was_sent_or_promised_stays_when_a_day_is_built(in_acme: Company) -> None:
    far, near = make_engineer("Far", home_latitude=36.2), make_engineer("Near")
    north = make_work_order(site=make_place(latitude=36.2))
    sent = make_visit(
        tomorrow(9), engineer=far, work_order=north, sent_at=now(), status=VisitStatus.DISPATCHED
    )
    beside = make_work_order(site=north.site)
    firm = make_visit(tomorrow(11), engineer=far, work_order=beside, lock_level=LockLevel.CONFIRMED)
    loose = make_visit(tomorrow(15), engineer=far)
    run = proposal()
    assert [change.visit for change in run.changes.all()] == [loose]
    assert accept(run)["accepted"] == 1
    for visit in (sent, firm):
        visit.refresh_from_db()
        assert visit.engineer == far
    loose.refresh_from_db()
    assert loose.engineer == near


def test_those_who_never_go_together_do_not(in_acme: Company) -> None:
    first, second, third = (make_engineer(name) for name in "abc")
    EngineerPair.objects.create(first=first, second=second, liking="excluded")
    make_work_order(crew_size=2)
    assert third in {change.to_engineer for change in proposal().changes.all()}


def test_a_territory_plans_its_own_work_with_its_own_people(in_acme: Company) -> None:
    north = make_territory("North")
    mine = make_engineer(territories=[north])
    make_engineer()
    inside = make_work_order(site=make_place("NORTH"))
    make_work_order(site=make_place("South"))
    run = proposal(territory_id=north.pk)
    (change,) = run.changes.all()
    assert (change.work_order, change.to_engineer) == (inside, mine)


def test_several_days_are_planned_one_after_the_other(in_acme: Company) -> None:
    make_engineer()
    for _n in range(10):
        make_work_order(duration_minutes=120)
    run = proposal(until=tomorrow(72))
    days = {change.to_start_at.astimezone(TOKYO).date() for change in run.changes.all() if change.to_start_at}
    assert len(days) == 3
    assert run.figures["after"]["unserved"] == 0


def test_the_same_steps_propose_the_same_plan(in_acme: Company) -> None:
    for n in range(4):
        make_engineer(home_longitude=139.7 + n / 40)
    for n in range(12):
        make_work_order(site=make_place(latitude=35.6 + n / 60))
    told = []
    for _again in range(2):
        run = proposal()
        told.append(
            list(run.changes.values_list("work_order", "to_engineer", "to_start_at").order_by("work_order"))
        )
        services.reject_changes(run_id=run.pk, actor=SYSTEM, at=now())
    assert told[0] == told[1]


def test_the_policy_in_force_is_pinned_on_the_run_and_its_visits(in_acme: Company) -> None:
    DispatchPolicy.objects.create(version=7, status="published", created_at=now(), published_at=now())
    make_engineer()
    make_work_order()
    run = proposal()
    assert run.policy_version == 7
    accept(run)
    assert Visit.objects.get().policy_version == 7


def test_a_run_may_be_called_off_before_and_not_after(in_acme: Company) -> None:
    make_engineer()
    make_work_order()
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        "steps": 40,
    }
    run = services.ask_plan(**given)
    services.cancel_run(run_id=run.pk, actor=SYSTEM, at=now())
    assert services.carry_out_due() == 0
    done = proposal()
    with pytest.raises(IllegalTransition, match="Proposed"):
        services.cancel_run(run_id=done.pk, actor=SYSTEM, at=now())
    with pytest.raises(IllegalTransition, match="Cancelled"):
        accept(run)


def test_two_runs_over_the_same_people_do_not_run_at_once(in_acme: Company) -> None:
    given: dict[str, Any] = {"from_at": tomorrow(), "until": tomorrow(24), "actor": SYSTEM, "at": now()}
    run = services.ask_plan(**given)
    with pytest.raises(Conflict, match=str(run)):
        services.ask_plan(**given)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"until": tomorrow(-1)}, "end after it begins"),
        ({"from_at": tomorrow(-72), "until": tomorrow(-48)}, "has passed"),
        ({"until": tomorrow(24 * 30)}, "14 days"),
        ({"kind": "magic"}, "magic is no kind"),
    ],
)
def test_an_impossible_run_is_refused(in_acme: Company, facts: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        **facts,
    }
    with pytest.raises(BadInput, match=said):
        services.ask_plan(**given)


def test_only_who_plans_visits_may_plan(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        services.ask_plan(from_at=tomorrow(), until=tomorrow(24), actor=in_acme.tom.actor, at=now())


def test_a_run_whose_planner_died_is_taken_up_again_three_times(in_acme: Company) -> None:
    make_engineer()
    run = services.ask_plan(from_at=tomorrow(), until=tomorrow(24), actor=SYSTEM, at=now(), steps=10)
    gone = now() - timedelta(minutes=5)
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, leased_until=gone, attempts=1)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.NOTHING, 2)
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, leased_until=gone, attempts=3)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "three times" in run.problem


@pytest.mark.django_db
def test_companies_take_turns(acme: Company, globex: Company) -> None:
    """Whoever asks for many plans first keeps nobody waiting for all of them."""
    asked: list[tuple[str, int]] = []
    for company, territories in ((acme, ("North", "South", "West")), (globex, ("East",))):
        with tenant_active(company.tenant.pk):
            for name in territories:
                run = services.ask_plan(
                    from_at=tomorrow(),
                    until=tomorrow(24),
                    territory_id=make_territory(name=name).pk,
                    actor=SYSTEM,
                    at=now(),
                    steps=1,
                )
                asked.append((name, run.pk))
    order = []
    for _turn in asked:
        services.carry_out_due(limit=1)
        order += [name for name, pk in asked if name not in order and _has_ended(pk, acme, globex)]
    assert order == ["North", "East", "South", "West"]


def _has_ended(run_id: int, *companies: Company) -> bool:
    for company in companies:
        with tenant_active(company.tenant.pk):
            if PlanRun.objects.filter(pk=run_id, ended_at__isnull=False).exists():
                return True
    return False


def test_a_day_without_engineers_or_work_is_no_failure(in_acme: Company) -> None:
    assert not proposal().changes.exists()
    make_work_order()
    (change,) = proposal().changes.all()
    assert change.kind == ChangeKind.UNSERVED
    assert change.reasons[0]["code"] == "nobody"
