"""Many at once: tickets become work, visits and waiting tickets as one by one, for a fixed number of statements."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch import services
from dispatch.enums import RunOutcome
from dispatch.models import DispatchRun, Visit, WorkOrder
from dispatch.services import auto
from journal.models import AuditEntry, OutboxEvent
from journal.services import deliver_all
from notices.enums import MailWish
from notices.models import Notice
from notices.services import set_own_hours
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_rule, make_ticket, make_visit, make_work_order, make_work_type
from tests.factories.tickets import make_policy
from tests.factories.workforce import make_engineer
from tests.journal.facts import in_threads
from tickets import services as tickets
from tickets.enums import TicketStatus, WaitingFor
from tickets.models import SlaClock, SlaSegment, Ticket, Topic

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")


def _furnish(engineers: int = 3) -> Topic:
    topic = Topic.objects.create(code="no-heat", name="No heat")
    make_work_type(topic=topic)
    make_rule(horizon_days=9)
    make_policy(calendar={}, arrival_minutes=600)
    for _ in range(engineers):
        make_engineer()
    return topic


@pytest.mark.django_db(transaction=True)
def test_each_ticket_gets_its_visit_its_run_its_wait_and_its_word(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        topic = _furnish()
        opened = [make_ticket(topic_id=topic.pk).pk for _ in range(8)]
    deliver_all()
    with tenant_active(acme.tenant.pk):
        for ticket in Ticket.objects.filter(pk__in=opened):
            work_order = WorkOrder.objects.get(ticket=ticket)
            visit = Visit.objects.get(work_order=work_order)
            run = DispatchRun.objects.get(work_order=work_order)
            assert (run.outcome, run.visit_id) == (RunOutcome.ASSIGNED, visit.pk)
            assert run.explanation["chosen"]["engineer_id"] == visit.engineer_id
            assert (ticket.status, ticket.waiting_for) == (TicketStatus.WAITING, WaitingFor.VISIT)
            assert (ticket.visit_at, work_order.status) == (visit.start_at, "scheduled")
            promised = SlaClock.objects.get(ticket=ticket, code="arrival").due_at
            assert work_order.promised_end_at == promised
            told = Notice.objects.filter(membership_id=ticket.owner_id or 0)
            assert told.filter(path__endswith=f"/{ticket.pk}/").count() == 1
            assert work_order.description == "Cold since Sunday"
        assert set(Ticket.objects.values_list("version", flat=True)) == {2}, "each waits once"
        assert AuditEntry.objects.filter(verb="scheduled", changes__rule__startswith="Rule").count() == 8


@pytest.mark.django_db(transaction=True)
def test_more_tickets_need_no_more_statements(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        topic = _furnish(engineers=6)
        for person in acme.people.values():
            set_own_hours(weekly={}, mail=MailWish.WARNINGS, kinds={}, actor=person.actor, at=AT)
    needed = []
    for count in (2, 12):
        with tenant_active(acme.tenant.pk):
            for _ in range(count):
                make_ticket(topic_id=topic.pk)
        with CaptureQueriesContext(connection) as asked:
            deliver_all()
        needed.append(len(asked))
    few, many = needed
    assert many <= few + 5


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_cannot_become_work_holds_up_no_other(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_active(acme.tenant.pk):
        topic = _furnish()
        bad, *good = [make_ticket(topic_id=topic.pk).pk for _ in range(4)]
    note = tickets.note_work_orders

    def refuses_one(*, work_types: dict[int, str], **facts: Any) -> None:
        if bad in work_types:
            raise RuntimeError("no work for this one")
        note(work_types=work_types, **facts)

    monkeypatch.setattr(tickets, "note_work_orders", refuses_one)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        assert set(WorkOrder.objects.values_list("ticket_id", flat=True)) == set(good)
        assert Visit.objects.count() == 3
        (waiting,) = OutboxEvent.objects.filter(delivered_at=None)
        assert waiting.payload["ticket_id"] == bad
        assert "no work for this one" in waiting.last_error
    monkeypatch.undo()
    with tenant_active(acme.tenant.pk):
        OutboxEvent.objects.filter(delivered_at=None).update(due_at=AT - 999 * HOUR)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.count() == 4


def _plan_at_the_same_moment(acme: Company, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Two workers plan new work, each writing only when the other has chosen, or waits: who wrote at once?"""
    with tenant_active(acme.tenant.pk):
        make_rule(horizon_days=9)
        make_engineer()
        work_type = make_work_type()
        halves = [[make_work_order(work_type=work_type).pk for _ in range(3)] for _ in range(2)]
    gate, written, write = threading.Barrier(2), [], auto._write

    def waits_for_the_other(*given: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=2)
        found = write(*given)
        written.append(found is not None)
        return found

    monkeypatch.setattr(auto, "_write", waits_for_the_other)

    def plan() -> None:
        with tenant_active(acme.tenant.pk):
            services.dispatch_new_work(work_order_ids=halves.pop(), actor=SYSTEM, at=AT)

    in_threads(2, plan)
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.count() == 6
    return written


@pytest.mark.django_db(transaction=True)
def test_workers_take_turns_to_plan_new_work(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _plan_at_the_same_moment(acme, monkeypatch) == [True, True]


@pytest.mark.django_db(transaction=True)
def test_without_turns_they_choose_the_same_times(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the test above: one of them has to plan its work once more, one by one."""
    monkeypatch.setattr(auto, "_take_turns", lambda: None)
    assert sorted(_plan_at_the_same_moment(acme, monkeypatch)) == [False, True]


def _state_of(ticket_id: int) -> dict[str, Any]:
    ticket = Ticket.objects.get(pk=ticket_id)
    names = ("status", "waiting_for", "next_action_at", "visit_at", "owner_id", "version", "event_times")
    segments = SlaSegment.objects.filter(clock__ticket=ticket).order_by("clock__code", "id")
    acts = AuditEntry.objects.filter(object_type="tickets.ticket", object_id=ticket.pk).order_by("id")
    facts = OutboxEvent.objects.filter(payload__ticket_id=ticket.pk).order_by("id")
    return {
        **{name: getattr(ticket, name) for name in (*names, "due_at", "work_type_code")},
        "clocks": list(SlaClock.objects.filter(ticket=ticket).order_by("code").values_list("code", "state")),
        "segments": list(segments.values_list("clock__code", "state", "from_at", "reason")),
        "acts": list(acts.values_list("verb", "changes", "reason", "source")),
        "facts": list(facts.values_list("name", flat=True)),
    }


def test_waiting_together_is_waiting_one_by_one(in_acme: Company) -> None:
    pausing = tickets.NewItem(kpi="resolution", target_minutes=600, pauses_on=["visit"])
    going_on = tickets.NewItem(kpi="arrival", target_minutes=90)
    tickets.create_policy(name="All", items=[pausing, going_on], actor=SYSTEM, at=AT)
    one, *others = [make_ticket().pk for _ in range(3)]
    for pk in (one, *others):
        tickets.assign_owner(
            ticket_id=pk, owner_id=in_acme.sora.membership.pk, actor=in_acme.sora.actor, at=AT
        )
    when: dict[str, Any] = {"next_action_at": AT + 5 * HOUR, "visit_at": AT + 4 * HOUR}
    tickets.wait_ticket(ticket_id=one, waiting_for="visit", actor=SYSTEM, at=AT + HOUR, **when)
    waits = [tickets.Wait(pk, **when) for pk in others]
    tickets.wait_for_visits(waits=waits, actor=SYSTEM, at=AT + HOUR)
    expected = _state_of(one)
    assert expected["clocks"] == [("arrival", "running"), ("resolution", "paused")]
    assert [_state_of(pk) for pk in others] == [expected, expected]


def test_work_noted_together_is_work_noted_one_by_one(in_acme: Company) -> None:
    measured = tickets.NewItem(
        kpi="other",
        code="on-site",
        name="On site",
        starts_on="work_ordered",
        met_when="arrived",
        target_minutes=60,
    )
    tickets.create_policy(name="All", items=[measured], actor=SYSTEM, at=AT)
    tickets.create_policy(name="Lifts", items=[measured], work_type_code="lift", actor=SYSTEM, at=AT)
    one, *others = [make_ticket().pk for _ in range(3)]
    tickets.note_work_order(ticket_id=one, work_type_code="lift", actor=SYSTEM, at=AT + HOUR)
    found = list(Ticket.objects.filter(pk__in=others))
    tickets.note_work_orders(
        tickets=found, work_types=dict.fromkeys(others, "lift"), actor=SYSTEM, at=AT + HOUR
    )
    expected = _state_of(one)
    assert expected["clocks"] == [("on-site", "running")]
    assert [_state_of(pk) for pk in others] == [expected, expected]


def test_the_least_busy_of_the_desk_share_the_new_tickets(in_acme: Company) -> None:
    waits = []
    for _ in range(6):
        waits.append(tickets.Wait(make_ticket().pk, AT + 5 * HOUR, AT + 4 * HOUR))
    found = tickets.wait_for_visits(waits=waits, actor=SYSTEM, at=AT)
    shares = [sum(t.owner_id == pk for t in found) for pk in {t.owner_id for t in found}]
    assert sum(shares) == 6
    assert max(shares) - min(shares) <= 1


def test_a_merged_tickets_visit_lets_the_living_one_wait(in_acme: Company) -> None:
    source, target, other = [make_ticket() for _ in range(3)]
    visits = []
    for ticket in (source, other):
        work_order = make_work_order(ticket=ticket, site=ticket.site, customer=ticket.customer)
        visits.append(work_order)
    tickets.merge_tickets(
        source_id=source.pk, target_id=target.pk, actor=in_acme.sora.actor, at=AT, across_customers=True
    )
    made = [make_visit(AT + n * HOUR, work_order=work, minutes=30).pk for n, work in enumerate(visits, 1)]
    Ticket.objects.filter(status="waiting").update(status="open", waiting_for="", visit_at=None)
    for _ in range(2):
        services.meet_planned_visits(visit_ids=made, actor=SYSTEM, at=AT)
    found = {t.pk: t for t in Ticket.objects.all()}
    assert found[source.pk].status == TicketStatus.MERGED
    assert found[target.pk].visit_at == AT + HOUR
    assert found[other.pk].visit_at == AT + 2 * HOUR
    told = OutboxEvent.objects.filter(name="tickets.TicketChanged", payload__ticket_id=other.pk)
    count = told.count()
    services.meet_planned_visits(visit_ids=made, actor=SYSTEM, at=AT)
    assert told.count() == count, "what waits already is left alone"
