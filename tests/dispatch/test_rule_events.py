"""What rules wait for: shares of a clock, lateness, parts, visits called off and ended, set times."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import BadInput
from dispatch import services
from dispatch.enums import RuleEvent, RunOutcome, VisitStatus
from dispatch.models import DispatchRun, DispatchTimer, Visit
from dispatch.services import reactions, timers
from dispatch.views.runs import told_run
from inventory.models import Part
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import (
    make_provider,
    make_rule,
    make_ticket,
    make_visit,
    make_work_order,
    make_work_type,
)
from tests.factories.workforce import make_engineer
from tickets.models import Topic

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SYSTEM = Actor.system("tests")


@pytest.fixture
def at_time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the clock of timers."""

    def move(moment: Any) -> int:
        monkeypatch.setattr(timers, "now", lambda: moment)
        return services.fire_due_timers()

    return move


def _rule(company: Company, event: str, **facts: Any) -> Any:
    return services.create_rule(
        name=f"On {event}", event=event, actor=company.dora.actor, at=AT, **{"strategy": "earliest", **facts}
    )


def test_at_seventy_percent_of_the_promise_a_rule_acts(in_acme: Company, at_time: Any) -> None:
    _rule(in_acme, "sla_share", event_facts={"percent": 70}, expression="work.priority <= 2")
    make_engineer()
    due = {"created_at": AT, "promised_end_at": AT + 10 * HOUR}
    work_order, other = make_work_order(priority=1, **due), make_work_order(priority=3, **due)
    at_time(AT)
    waiting = DispatchTimer.objects.filter(done_at=None, work_order=work_order)
    assert waiting.get().due_at == AT + 7 * HOUR
    at_time(AT + 6 * HOUR)
    assert not DispatchRun.objects.exists()
    at_time(AT + 7 * HOUR)
    at_time(AT + 7 * HOUR)
    run = DispatchRun.objects.get(work_order=work_order)
    assert (run.outcome, run.event, run.inputs["percent"]) == (RunOutcome.ASSIGNED, "sla_share", 70)
    assert run.inputs["facts"] == {"work.priority": 1}
    assert told_run(run, {})["facts"] == [{"word": "Priority", "name": "work.priority", "value": "P1"}]
    run.inputs["facts"] = {"work.type": run.work_order.work_type.code, "site.area_key": "north"}
    assert [fact["value"] for fact in told_run(run, {})["facts"]] == [run.work_order.work_type.name, "north"]
    assert DispatchRun.objects.get(work_order=other).explanation["rules"][0]["why"] == "expression"
    assert not DispatchTimer.objects.filter(done_at=None).exists()


def test_a_share_follows_the_tickets_own_clock_and_its_pauses(acme: Company, at_time: Any) -> None:
    from tickets import services as tickets

    with tenant_active(acme.tenant.pk):
        tickets.create_policy(name="Standard", resolution_minutes=600, actor=acme.ada.actor, at=AT)
        topic = Topic.objects.create(code="no-heat", name="No heat")
        make_work_type(topic=topic)
        _rule(acme, "sla_share", event_facts={"percent": 50, "kpi": "resolution"})
        ticket = make_ticket(topic_id=topic.pk)
    deliver_all()
    at_time(AT)
    with tenant_active(acme.tenant.pk):
        waiting = DispatchTimer.objects.filter(done_at=None, work_order__ticket=ticket)
        assert waiting.get().due_at == AT + 5 * HOUR
        tickets.wait_ticket(
            ticket_id=ticket.pk,
            waiting_for="customer",
            next_action_at=AT + 30 * HOUR,
            actor=acme.sora.actor,
            at=AT + HOUR,
        )
    deliver_all()
    at_time(AT + 6 * HOUR)
    with tenant_active(acme.tenant.pk):
        assert not DispatchRun.objects.filter(event="sla_share").exists()
        tickets.continue_ticket(ticket_id=ticket.pk, actor=acme.sora.actor, at=AT + 11 * HOUR)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        assert waiting.get().due_at == AT + 15 * HOUR
    at_time(AT + 15 * HOUR)
    with tenant_active(acme.tenant.pk):
        assert DispatchRun.objects.get(event="sla_share").outcome == RunOutcome.NOBODY


def test_who_is_late_by_twenty_minutes_is_stood_in_for(in_acme: Company, at_time: Any) -> None:
    _rule(in_acme, "engineer_late", event_facts={"minutes": 20})
    at_time(AT)
    late = make_engineer("Late", home_latitude=35.69, home_longitude=139.75)
    other = make_engineer("Other")
    visit = make_visit(AT + HOUR, engineer=late, status="dispatched", sent_at=AT)
    services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    at_time(AT + HOUR + 19 * MINUTE)
    assert not DispatchRun.objects.exists()
    at_time(AT + HOUR + 20 * MINUTE)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED
    run = DispatchRun.objects.get()
    assert run.visit is not None and run.visit.engineer == other
    assert run.visit.work_order_id == visit.work_order_id


def test_who_has_arrived_is_not_late(in_acme: Company, at_time: Any) -> None:
    _rule(in_acme, "engineer_late", event_facts={"minutes": 20})
    visit = make_visit(AT + HOUR, status="dispatched", sent_at=AT)
    make_engineer("Other")
    at_time(AT)
    assert DispatchTimer.objects.filter(visit=visit, done_at=None).exists()
    Visit.objects.filter(pk=visit.pk).update(status="accepted")
    Visit.objects.filter(pk=visit.pk).update(status="on_site", arrived_at=AT + HOUR)
    at_time(AT + 3 * HOUR)
    assert not DispatchRun.objects.exists()


def test_a_late_engineers_work_offered_to_a_provider_stays_until_it_is_taken(
    in_acme: Company, at_time: Any
) -> None:
    provider = make_provider()
    pim = make_engineer("Pim", provider=provider)
    _rule(
        in_acme,
        "engineer_late",
        event_facts={"minutes": 10},
        steps=[{"strategy": "offer_provider", "provider": provider.pk, "calendar": 0}],
    )
    visit = make_visit(AT + HOUR, status="dispatched", sent_at=AT)
    at_time(AT)
    at_time(AT + HOUR + 10 * MINUTE)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.DISPATCHED
    offer = visit.work_order.offers.get()
    services.accept_offer(
        offer_id=offer.pk,
        engineer_id=pim.pk,
        start_at=AT + 2 * HOUR,
        actor=in_acme.pia.actor,
        at=AT + HOUR + 12 * MINUTE,
    )
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED
    assert Visit.objects.get(status="dispatched").engineer == pim


def test_a_visit_called_off_is_planned_again(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        _rule(acme, "visit_cancelled", expression="event.reason.contains('ill')")
        ill, well = make_visit(engineer=make_engineer("One")), make_visit(engineer=make_engineer("Two"))
        services.cancel_visit(visit_id=ill.pk, reason="ill", actor=acme.dora.actor, at=AT)
        services.cancel_visit(visit_id=well.pk, reason="moved", actor=acme.dora.actor, at=AT)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        found = dict(DispatchRun.objects.values_list("work_order_id", "outcome"))
        assert found == {ill.work_order_id: "assigned", well.work_order_id: "no_rule"}


def test_drip_feed_sends_the_next_visit_when_the_current_one_ends(in_acme: Company) -> None:
    _rule(in_acme, "visit_ended")
    tom = make_engineer("Tom", membership=in_acme.tom.membership)
    first = make_visit(AT + HOUR, engineer=tom, status="on_site", sent_at=AT)
    second, third = make_visit(AT + 3 * HOUR, engineer=tom), make_visit(AT + 5 * HOUR, engineer=tom)
    assert services.meet_ended_visit(visit_id=first.pk, actor=SYSTEM, at=AT + 2 * HOUR) is None
    Visit.objects.filter(pk=first.pk).update(status="done")
    for _twice in range(2):
        services.meet_ended_visit(visit_id=first.pk, actor=SYSTEM, at=AT + 2 * HOUR)
    states = dict(Visit.objects.values_list("pk", "status"))
    assert (states[second.pk], states[third.pk]) == ("dispatched", "scheduled")
    run = DispatchRun.objects.get()
    assert (run.outcome, run.visit_id, run.event) == ("sent", second.pk, "visit_ended")


def test_work_that_lacked_a_part_is_planned_when_it_comes(acme: Company) -> None:
    from inventory import services as inventory
    from inventory.enums import LocationKind

    with tenant_active(acme.tenant.pk):
        _rule(acme, "part_arrived", expression="event.part == 'IGN-1'")
        make_engineer()
        waits = make_work_order(follow_up_reason="A part is missing: IGN-1")
        other = make_work_order(follow_up_reason="Nobody there")
        actor = acme.ada.actor
        part = inventory.create_part(code="IGN-1", name="Igniter", price_minor=1, actor=actor, at=AT)
        store = inventory.create_location(
            code="main", name="Main", kind=LocationKind.STORE, actor=actor, at=AT
        )
        inventory.receive_stock(
            part_id=part.pk, location_id=store.pk, quantity=Decimal(1), key="k", actor=actor, at=AT
        )
    deliver_all()
    with tenant_active(acme.tenant.pk):
        assert [run.work_order_id for run in DispatchRun.objects.all()] == [waits.pk]
        other.refresh_from_db()
        assert other.status == "unscheduled"


def test_a_rule_with_a_set_time_runs_once_for_each_occurrence(in_acme: Company, at_time: Any) -> None:
    rule = _rule(in_acme, "schedule", event_facts={"time": "12:00", "weekdays": [0, 1]})
    for _ in range(3):
        make_engineer()
    orders = [make_work_order() for _ in range(3)]
    assert DispatchTimer.objects.get(done_at=None).due_at == AT + 3 * HOUR
    at_time(AT + 2 * HOUR)
    assert not DispatchRun.objects.exists()
    assert at_time(AT + 5 * HOUR) == 1
    assert at_time(AT + 5 * HOUR) == 0
    assert DispatchRun.objects.filter(rule=rule, outcome="assigned").count() == len(orders)
    assert DispatchTimer.objects.get(done_at=None).due_at == AT + 27 * HOUR
    services.set_rule_enabled(rule_id=rule.pk, is_enabled=False, actor=in_acme.dora.actor, at=AT)
    assert not DispatchTimer.objects.filter(done_at=None).exists()


def test_a_rule_that_goes_in_circles_is_stopped_with_the_chain(in_acme: Company) -> None:
    rule = make_rule(event=RuleEvent.VISIT_CANCELLED)
    make_engineer()
    work_order = make_work_order()
    for _ in range(5):
        visit = make_visit(work_order=work_order, status="cancelled")
        run = services.auto_dispatch(
            work_order_id=work_order.pk,
            event=RuleEvent.VISIT_CANCELLED,
            visit_id=visit.pk,
            actor=SYSTEM,
            at=AT,
        )
        assert run.visit is not None
        Visit.objects.filter(pk=run.visit.pk).update(status="cancelled")
        work_order.status = "unscheduled"
        work_order.save()
    run = services.auto_dispatch(
        work_order_id=work_order.pk, event=RuleEvent.VISIT_CANCELLED, actor=SYSTEM, at=AT
    )
    assert run.outcome == RunOutcome.STOPPED
    assert [link["rule"] for link in run.explanation["chain"]] == [rule.name] * 5
    later = services.auto_dispatch(
        work_order_id=work_order.pk, event=RuleEvent.VISIT_CANCELLED, actor=SYSTEM, at=AT + 2 * HOUR
    )
    assert later.outcome == RunOutcome.ASSIGNED


def test_versions_of_a_rule_are_kept(in_acme: Company) -> None:
    dora = in_acme.dora.actor
    rule = _rule(in_acme, "work_created")
    services.update_rule(rule_id=rule.pk, expression="work.priority == 1", actor=dora, at=AT)
    services.set_rule_enabled(rule_id=rule.pk, is_enabled=False, actor=dora, at=AT)
    versions = [(one.version, one.content["expression"]) for one in rule.versions.all()]
    assert versions == [(2, "work.priority == 1"), (1, "")]


@pytest.mark.parametrize(
    ("facts", "field", "text"),
    [
        ({"expression": "work.typ == 'x'"}, "expression", "Line 1, character 5: There is no “work.typ”. Did"),
        ({"expression": "work.priority"}, "expression", "true or false"),
        ({"event": "sla_share", "event_facts": {}}, "percent", "Give a share"),
        ({"event": "engineer_late", "event_facts": {"minutes": 0}}, "minutes", "1 to 1440"),
        ({"event": "schedule", "event_facts": {"time": "25:00"}}, "time", "06:00"),
        ({"steps": [{"strategy": "offer_provider"}]}, "steps", "Step 1: choose a provider"),
        ({"steps": [{"strategy": "magic"}]}, "steps", "Step 1: choose how"),
        ({"steps": [{"strategy": "nearest", "accept_minutes": -1}]}, "steps", "Step 1: give 1 to"),
        ({"steps": [{"strategy": "nearest"}] * 7}, "steps", "at most 6"),
        ({"conditions": {"colour": "red"}}, "conditions", "is not a condition"),
        ({"horizon_days": 60}, "horizon_days", "1 to 14"),
    ],
)
def test_a_rule_that_cannot_work_is_not_saved(
    in_acme: Company, facts: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(BadInput, match=text) as caught:
        services.create_rule(name="x", actor=in_acme.dora.actor, at=AT, **facts)
    assert field in caught.value.errors


def test_a_rule_is_tried_on_the_last_twenty_without_writing(in_acme: Company) -> None:
    make_engineer("Tom", skills={"gas": 2})
    gas, water = make_work_type(skills={"gas": 1}), make_work_type(skills={"water": 1})
    for number in range(22):
        make_work_order(work_type=gas if number % 2 else water, priority=1 if number > 3 else 4)
    before = (DispatchRun.objects.count(), Visit.objects.count())
    facts = {"name": "Urgent", "conditions": {"max_priority": 1}, "strategy": "earliest"}
    found = services.try_rule(actor=in_acme.dora.actor, at=AT, **facts)
    assert len(found) == 20
    told = {(trial.outcome, trial.why) for trial in found}
    assert told == {("assigned", ""), ("nobody", ""), ("no_rule", "priority")}
    assert {name for trial in found for name in trial.engineers} == {"Tom"}
    assert (DispatchRun.objects.count(), Visit.objects.count()) == before
    make_work_order()


@pytest.mark.parametrize(
    ("code", "reason", "waits"),
    [
        ("A1", "A part is missing: A1", True),
        ("A1", "A1 (two of them)", True),
        ("A1", "部品a1が必要", True),
        ("A1", "call seAled a1most", False),
        ("A1", "A1-20 is missing", False),
        ("A1", "Nobody there", False),
        ("B.2", "B.2, please", True),
        ("B.2", "Room Bx2", False),
        ("SEAL-9", "The seal broke", False),
    ],
)
def test_a_part_is_told_by_whole_words_of_its_code(
    in_acme: Company, code: str, reason: str, waits: bool
) -> None:
    part = Part.objects.create(code=code, name="Seal")
    order = make_work_order(follow_up_reason=reason)
    assert reactions._waiting_for(part) == ([order.pk] if waits else [])
