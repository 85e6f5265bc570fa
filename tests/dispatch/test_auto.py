"""Rules that plan by themselves, and what they tell."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from dispatch import services
from dispatch.enums import RunOutcome, VisitStatus
from dispatch.models import DispatchRun, Visit, WorkOrder
from dispatch.views.runs import told_run
from journal.models import OutboxEvent
from journal.services import deliver_all
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import (
    make_place,
    make_rule,
    make_ticket,
    make_visit,
    make_work_order,
    make_work_type,
)
from tests.factories.workforce import make_engineer
from tickets.models import Topic

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")


def test_the_first_rule_that_applies_decides_and_says_why(in_acme: Company) -> None:
    work_type = make_work_type("boiler", skills={"gas": 2})
    make_rule("Urgent only", conditions={"max_priority": 1})
    rule = make_rule("Boilers", conditions={"work_types": ["boiler"]})
    near = make_engineer("Near", skills={"gas": 2})
    far = make_engineer("Far", skills={"gas": 3}, home_latitude=35.9, home_longitude=139.4)
    make_engineer("Plumber", skills={"water": 3})
    work_order = make_work_order(work_type=work_type)
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, run.rule) == (RunOutcome.ASSIGNED, rule)
    assert run.visit is not None and run.visit.engineer == near
    assert run.visit.status == VisitStatus.DISPATCHED
    told = run.explanation
    assert told["rules"] == [{"rule": "Urgent only", "why": "priority"}]
    assert [c["engineer_id"] for c in told["candidates"]] == [far.pk]
    assert told["excluded"][0]["code"] == "skill"
    assert [p["name"] for p in told["excluded"][0]["engineers"]] == ["Plumber"]


def test_strategies_differ(in_acme: Company) -> None:
    busy_near = make_engineer("Near but busy")
    free_far = make_engineer("Far but free", home_latitude=35.9, home_longitude=139.4)
    make_visit(AT, engineer=busy_near, minutes=120)
    chosen = {}
    for strategy in ("nearest", "least_loaded"):
        rule = make_rule(strategy=strategy)
        run = services.auto_dispatch(work_order_id=make_work_order().pk, actor=SYSTEM, at=AT)
        assert run.visit is not None
        chosen[strategy] = run.visit.engineer
        Visit.objects.filter(pk=run.visit.pk).update(status="cancelled")
        rule.delete()
    assert chosen == {"nearest": busy_near, "least_loaded": free_far}


def test_nobody_and_no_rule_are_told_not_raised(in_acme: Company) -> None:
    work_order = make_work_order(work_type=make_work_type(skills={"gas": 5}))
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert run.outcome == RunOutcome.NO_RULE
    make_rule()
    make_engineer("Tom", skills={"gas": 1})
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert run.outcome == RunOutcome.NOBODY
    assert run.explanation["excluded"][0]["code"] == "skill"


def test_when_nobody_keeps_the_promise_the_earliest_still_goes_late(in_acme: Company) -> None:
    make_rule()
    engineer = make_engineer(hours=("13:00", "17:00"))
    work_order = make_work_order(promised_end_at=AT + HOUR)
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert run.visit is not None and run.visit.engineer == engineer
    assert run.explanation["chosen"]["late_minutes"] > 0


def test_a_batch_plans_like_one_by_one_without_overlaps(in_acme: Company) -> None:
    make_rule(horizon_days=5)
    for _ in range(4):
        make_engineer()
    work_type = make_work_type()
    for _ in range(30):
        make_work_order(work_type=work_type)
    counts = services.auto_dispatch_open(actor=SYSTEM, at=AT)
    assert counts == {"assigned": 30, "nobody": 0, "no_rule": 0}
    visits = sorted(Visit.objects.values_list("engineer_id", "start_at", "end_at"))
    for (one, _s, end), (other, start, _e) in pairwise(visits):
        assert one != other or end <= start
    assert WorkOrder.objects.filter(status="scheduled").count() == 30
    assert DispatchRun.objects.count() == 30


def test_field_work_is_made_and_planned_by_events_once(acme: Company) -> None:
    from tenants.active import tenant_active

    with tenant_active(acme.tenant.pk):
        topic = Topic.objects.create(code="no-heat", name="No heat")
        make_work_type(topic=topic)
        make_rule()
        make_engineer()
        ticket = make_ticket(topic_id=topic.pk)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        OutboxEvent.objects.filter(name="tickets.TicketOpened").update(
            delivered_at=None, due_at=AT - 999 * HOUR
        )
    deliver_all()
    with tenant_active(acme.tenant.pk):
        work_order = WorkOrder.objects.get(ticket=ticket)
        assert work_order.visits.count() == 1
        assert work_order.runs.count() == 1
        services.open_field_work(ticket_ids=[ticket.pk], actor=SYSTEM, at=AT)
        services.dispatch_new_work(work_order_ids=[work_order.pk], actor=SYSTEM, at=AT)
        assert (WorkOrder.objects.count(), DispatchRun.objects.count()) == (1, 1)


def test_a_second_import_makes_nothing(in_acme: Company) -> None:
    site = make_place()
    row = services.NewWork(
        site_id=site.pk,
        customer_id=site.customer_id,
        work_type_id=make_work_type(skills={"gas": 2}).pk,
        subject="From a file",
        source="file",
        external_id="1",
    )
    made = services.create_work_orders_in_bulk(rows=[row], actor=SYSTEM, at=AT)
    again = services.create_work_orders_in_bulk(rows=[row], actor=SYSTEM, at=AT)
    assert (len(made), len(again)) == (1, 0)
    assert [s.level for s in made[0].work_order_skills.all()] == [2]


def test_a_rule_says_what_is_wrong_with_its_conditions(in_acme: Company) -> None:
    from core.errors import BadInput

    with pytest.raises(BadInput, match="no work type nothing"):
        services.create_rule(
            name="x", conditions={"work_types": ["nothing"]}, actor=in_acme.dora.actor, at=AT
        )


def test_a_run_tells_the_present_state_once_its_visit_was_changed(in_acme: Company) -> None:
    make_rule()
    make_engineer("Near")
    other = make_engineer("Other", hours=None)
    work_order = make_work_order(promised_end_at=AT - HOUR)
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    told = told_run(run, {})
    assert told["since"] == "" and "after the promise" in told["minuses"][0]
    visit = Visit.objects.get()

    def since(**facts: object) -> str:
        Visit.objects.filter(pk=visit.pk).update(**facts)
        return str(told_run(DispatchRun.objects.get(pk=run.pk), {})["since"])

    assert "changed since: now Other" in since(engineer=other)
    WorkOrder.objects.update(promised_end_at=visit.start_at + 3 * HOUR)
    assert since(start_at=visit.start_at + HOUR, end_at=visit.end_at + HOUR).endswith("; keeps the promise")
    assert since(start_at=visit.start_at + 4 * HOUR, end_at=visit.end_at + 4 * HOUR).endswith(
        "; 1\u00a0h after the promise"
    )
    assert since(status=VisitStatus.CANCELLED) == "called off since"
