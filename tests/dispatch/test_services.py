"""What may be done to work orders and visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from core.errors import Conflict, IllegalTransition, NotAllowed
from dispatch import services
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import WorkOrder
from journal.models import AuditEntry, OutboxEvent
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_place, make_ticket, make_visit, make_work_order, make_work_type
from tests.factories.tickets import make_policy
from tests.factories.workforce import make_engineer, make_territory
from tickets.enums import ClockState, SlaKpi, TicketStatus, WaitingFor
from tickets.models import SlaClock, Ticket
from tickets.reasons import words_of_reason

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")


def test_a_visit_is_planned_recorded_and_published(in_acme: Company) -> None:
    engineer, work_order = make_engineer("Tom"), make_work_order()
    visit = services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=engineer.pk,
        start_at=AT + HOUR,
        actor=in_acme.dora.actor,
        at=AT,
    )
    work_order.refresh_from_db()
    assert visit.status == VisitStatus.SCHEDULED
    assert visit.end_at == AT + 2 * HOUR
    assert work_order.status == WorkOrderStatus.SCHEDULED
    assert AuditEntry.objects.filter(verb="scheduled", object_id=visit.pk).exists()
    assert OutboxEvent.objects.filter(name="dispatch.VisitScheduled").exists()


def test_only_a_planner_plans(in_acme: Company) -> None:
    engineer, work_order = make_engineer(), make_work_order()
    with pytest.raises(NotAllowed, match="Plan, move and send visits"):
        services.schedule_visit(
            work_order_id=work_order.pk,
            engineer_id=engineer.pk,
            start_at=AT + HOUR,
            actor=in_acme.sora.actor,
            at=AT,
        )


def test_an_overlap_is_refused_by_name_even_with_a_reason(in_acme: Company) -> None:
    engineer = make_engineer("Tom")
    taken = make_visit(AT + HOUR, engineer=engineer)
    with pytest.raises(Conflict, match=f"Tom has {taken.work_order}") as refused:
        services.schedule_visit(
            work_order_id=make_work_order().pk,
            engineer_id=engineer.pk,
            start_at=AT + HOUR + timedelta(minutes=30),
            override_reason="must",
            actor=in_acme.dora.actor,
            at=AT,
        )
    assert refused.value.facts["visit_id"] == taken.pk


def test_a_missing_skill_cannot_be_overridden(in_acme: Company) -> None:
    work_order = make_work_order(work_type=make_work_type(skills={"gas": 2}))
    engineer = make_engineer("Tom", skills={"gas": 1})
    with pytest.raises(services.CannotSchedule, match="Gas at level 1, 2 is needed") as refused:
        services.schedule_visit(
            work_order_id=work_order.pk,
            engineer_id=engineer.pk,
            start_at=AT + HOUR,
            override_reason="please",
            actor=in_acme.dora.actor,
            at=AT,
        )
    assert refused.value.facts["can_be_forced"] is False


def test_a_soft_rule_needs_a_reason_and_keeps_it(in_acme: Company) -> None:
    north = make_territory("North")
    engineer = make_engineer("Tom", territories=[north])
    work_order = make_work_order(site=make_place("South"))
    facts: dict[str, Any] = {
        "work_order_id": work_order.pk,
        "engineer_id": engineer.pk,
        "start_at": AT + HOUR,
    }
    with pytest.raises(services.CannotSchedule, match="South is outside the territory"):
        services.schedule_visit(**facts, actor=in_acme.dora.actor, at=AT)
    visit = services.schedule_visit(**facts, override_reason="Only one free", actor=in_acme.dora.actor, at=AT)
    assert visit.reason["override"] == "Only one free"
    assert visit.reason["broken"][0]["code"] == "territory"


def test_a_stale_move_says_who_moved_it(in_acme: Company) -> None:
    engineer = make_engineer("Tom")
    visit = make_visit(AT + HOUR, engineer=engineer)
    moved = services.move_visit(
        visit_id=visit.pk,
        engineer_id=engineer.pk,
        start_at=AT + 3 * HOUR,
        version=1,
        actor=in_acme.dora.actor,
        at=AT,
    )
    assert moved.version == 2
    with pytest.raises(Conflict, match="was changed by Dora Dispatcher") as refused:
        services.move_visit(
            visit_id=visit.pk,
            engineer_id=engineer.pk,
            start_at=AT + 5 * HOUR,
            version=1,
            actor=in_acme.ada.actor,
            at=AT,
        )
    assert refused.value.problem_code == "stale"
    assert refused.value.facts["version"] == 2


def test_a_moved_accepted_visit_must_be_accepted_again(in_acme: Company) -> None:
    engineer = make_engineer()
    visit = make_visit(AT + HOUR, engineer=engineer, status=VisitStatus.ACCEPTED, accepted_at=AT, sent_at=AT)
    moved = services.move_visit(
        visit_id=visit.pk,
        engineer_id=engineer.pk,
        start_at=AT + 4 * HOUR,
        version=1,
        actor=in_acme.dora.actor,
        at=AT,
    )
    assert (moved.status, moved.accepted_at) == (VisitStatus.DISPATCHED, None)


def test_what_has_begun_cannot_be_moved(in_acme: Company) -> None:
    visit = make_visit(status=VisitStatus.ON_SITE)
    with pytest.raises(IllegalTransition, match="cannot be moved"):
        services.move_visit(
            visit_id=visit.pk,
            engineer_id=visit.engineer_id,
            start_at=AT + 4 * HOUR,
            version=1,
            actor=in_acme.dora.actor,
            at=AT,
        )


def test_sending_twice_sends_once(in_acme: Company) -> None:
    visit = make_visit()
    for _ in range(2):
        sent = services.send_visit(visit_id=visit.pk, actor=in_acme.dora.actor, at=AT)
    assert (sent.status, sent.sent_at) == (VisitStatus.DISPATCHED, AT)
    assert OutboxEvent.objects.filter(name="dispatch.VisitSent").count() == 1


def test_drafts_of_a_day_are_sent_together(in_acme: Company) -> None:
    today, tomorrow = make_visit(AT + HOUR), make_visit(AT + 25 * HOUR)
    count = services.send_drafts(from_at=AT, to_at=AT + 24 * HOUR, actor=in_acme.dora.actor, at=AT)
    today.refresh_from_db()
    tomorrow.refresh_from_db()
    assert (count, today.status, tomorrow.status) == (1, "dispatched", "scheduled")


def test_the_day_of_a_visit_moves_the_work_order_and_stamps_times(in_acme: Company) -> None:
    engineer = make_engineer(membership=in_acme.tom.membership)
    visit = make_visit(engineer=engineer, status=VisitStatus.DISPATCHED, sent_at=AT)
    tom = in_acme.tom.actor
    steps = ["accepted", "travelling", "on_site", "paused", "on_site", "done"]
    seen = []
    for minute, step in enumerate(steps):
        at = AT + timedelta(minutes=minute)
        visit = services.progress_visit(visit_id=visit.pk, status=step, actor=tom, at=at, device_at=at)
        seen.append(WorkOrder.objects.get(pk=visit.work_order_id).status)
    assert seen == ["scheduled", "in_progress", "in_progress", "in_progress", "in_progress", "done"]
    assert visit.arrived_at == AT + timedelta(minutes=2)
    assert visit.ended_at == AT + timedelta(minutes=5)
    assert OutboxEvent.objects.filter(name="dispatch.VisitCompleted").count() == 1


def test_another_engineer_may_not_tap(in_acme: Company) -> None:
    visit = make_visit(engineer=make_engineer("Somebody else"), status=VisitStatus.DISPATCHED)
    with pytest.raises(NotAllowed, match="belongs to Somebody else"):
        services.progress_visit(visit_id=visit.pk, status="accepted", actor=in_acme.tom.actor, at=AT)


def test_work_that_could_not_be_completed_waits_with_its_reason(in_acme: Company) -> None:
    visit = make_visit(status=VisitStatus.ON_SITE)
    services.progress_visit(
        visit_id=visit.pk, status="could_not_complete", reason="No key", actor=in_acme.dora.actor, at=AT
    )
    work_order = WorkOrder.objects.get(pk=visit.work_order_id)
    assert (work_order.status, work_order.follow_up_reason) == ("unscheduled", "No key")


def test_a_ticket_waits_for_its_visit_and_comes_back(in_acme: Company) -> None:
    ticket = make_ticket()
    work_type = make_work_type()
    work_order = services.create_work_order_from_ticket(
        ticket_id=ticket.pk, work_type_id=work_type.pk, actor=in_acme.dora.actor, at=AT
    )
    visit = services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=make_engineer().pk,
        start_at=AT + HOUR,
        actor=in_acme.dora.actor,
        at=AT,
    )
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (TicketStatus.WAITING, WaitingFor.VISIT)
    services.cancel_visit(visit_id=visit.pk, reason="Called off", actor=in_acme.dora.actor, at=AT)
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.OPEN
    assert _said_when_back(ticket) == (False, f"{work_order}: Unscheduled")


def _said_when_back(ticket: Ticket) -> tuple[bool, str]:
    """What the record and the fact say of a ticket whose visits are over."""
    entry = AuditEntry.objects.filter(object_id=ticket.pk, verb="continued").get()
    fact = OutboxEvent.objects.filter(name="tickets.TicketVisitsEnded").get().payload
    assert fact["reason"] == entry.reason
    return fact["is_done"], entry.reason


def test_the_arrival_clock_is_the_promise_and_stops_on_site(in_acme: Company) -> None:
    make_policy(
        name="All", calendar={}, first_response_minutes=None, arrival_minutes=240, resolution_minutes=None
    )
    ticket = make_ticket()
    work_order = services.create_work_order_from_ticket(
        ticket_id=ticket.pk, work_type_id=make_work_type().pk, actor=in_acme.dora.actor, at=AT
    )
    assert work_order.promised_end_at == AT + 4 * HOUR
    visit = make_visit(work_order=work_order, status=VisitStatus.TRAVELLING)
    services.progress_visit(visit_id=visit.pk, status="on_site", actor=in_acme.dora.actor, at=AT + HOUR)
    clock = SlaClock.objects.get(ticket=ticket, kpi=SlaKpi.ARRIVAL)
    assert clock.state == ClockState.MET
    reason = clock.segments.latest("pk").reason
    for language, words in {"en": "Arrived on site for WO-1", "ja": "WO-1で現地到着"}.items():
        with translation.override(language):
            assert words_of_reason(reason) == words


def test_cancelling_work_cancels_its_visits_but_not_under_way(in_acme: Company) -> None:
    visit = make_visit()
    services.cancel_work_order(
        work_order_id=visit.work_order_id, reason="Withdrawn", actor=in_acme.dora.actor, at=AT
    )
    visit.refresh_from_db()
    assert (visit.status, visit.work_order.status) == ("cancelled", "cancelled")
    busy = make_visit(status=VisitStatus.ON_SITE)
    with pytest.raises(IllegalTransition):
        services.cancel_work_order(
            work_order_id=busy.work_order_id, reason="x", actor=in_acme.dora.actor, at=AT
        )


def test_only_done_work_is_settled_and_only_once(in_acme: Company) -> None:
    work_order = make_work_order()
    with pytest.raises(IllegalTransition, match="can be settled when"):
        services.settle_work_order(work_order_id=work_order.pk, actor=in_acme.cora.actor, at=AT)
    visit = make_visit(status=VisitStatus.DONE)
    for _ in range(2):
        settled = services.settle_work_order(
            work_order_id=visit.work_order_id, actor=in_acme.cora.actor, at=AT
        )
    assert settled.status == WorkOrderStatus.SETTLED
    with pytest.raises(IllegalTransition, match="takes no more visits"):
        services.schedule_visit(
            work_order_id=settled.pk,
            engineer_id=visit.engineer_id,
            start_at=AT + 5 * HOUR,
            actor=in_acme.dora.actor,
            at=AT,
        )
