"""A ticket lives on as its work does: solved by it, taken up again with it, and responded to by whoever comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch import services
from dispatch.models import Visit, WorkOrder
from journal.models import AuditEntry, OutboxEvent
from journal.services import deliver_all
from notices.models import Notice
from notices.wording import said
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.dispatch.test_lock_order import beside
from tests.factories.dispatch import make_ticket, make_work_type
from tests.factories.tickets import make_policy
from tests.factories.workforce import make_engineer
from tickets import services as tickets
from tickets.enums import ClockState, SlaKpi, TicketKind, TicketStatus, WaitingFor
from tickets.models import SlaClock, Ticket

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
T = TicketStatus
SYSTEM = Actor.system("tests")


def order_of(company: Company, ticket: Ticket, at: datetime = AT) -> WorkOrder:
    return services.create_work_order_from_ticket(
        ticket_id=ticket.pk, work_type_id=make_work_type().pk, actor=company.dora.actor, at=at
    )


def planned(company: Company, order: WorkOrder, start_at: datetime = AT + HOUR, at: datetime = AT) -> Visit:
    visit = services.schedule_visit(
        work_order_id=order.pk,
        engineer_id=make_engineer().pk,
        start_at=start_at,
        actor=company.dora.actor,
        at=at,
    )
    return services.send_visit(visit_id=visit.pk, actor=company.dora.actor, at=at)


def tap(company: Company, visit: Visit, *steps: str, at: datetime, **facts: Any) -> None:
    for status in steps:
        services.progress_visit(visit_id=visit.pk, status=status, actor=company.dora.actor, at=at, **facts)


def work_through(company: Company, visit: Visit, **facts: Any) -> None:
    tap(company, visit, "accepted", "travelling", "on_site", at=visit.start_at)
    tap(company, visit, "done", at=visit.start_at + HOUR, **facts)


def write(ticket: Ticket, at: datetime, channel: str = "email") -> None:
    tickets.receive_reply(
        ticket_id=ticket.pk, body="The lamp, too", author_label="Mari", channel=channel, actor=SYSTEM, at=at
    )


def test_a_ticket_is_resolved_when_the_last_of_its_work_is_done(in_acme: Company) -> None:
    make_policy(calendar={})
    ticket = make_ticket()
    first, second = order_of(in_acme, ticket), order_of(in_acme, ticket)
    early, late = planned(in_acme, first), planned(in_acme, second, AT + 3 * HOUR)
    work_through(in_acme, early)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (T.WAITING, WaitingFor.VISIT), "other work is open"
    work_through(in_acme, late, reason="Igniter changed")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == (T.RESOLVED, AT + 4 * HOUR)
    assert ticket.resolution == f"{first}: Done; {second}: Done, Igniter changed"
    entry = AuditEntry.objects.get(object_id=ticket.pk, verb="resolved")
    assert (entry.actor_label, entry.reason) == ("dispatch", ticket.resolution)
    assert set(SlaClock.objects.values_list("kpi", "state")) == {
        (SlaKpi.FIRST_RESPONSE, ClockState.BREACHED),
        (SlaKpi.ARRIVAL, ClockState.MET),
        (SlaKpi.RESOLUTION, ClockState.MET),
    }
    assert not SlaClock.objects.filter(stopped_at=None).exists() and ticket.due_at is None


def test_the_owner_is_told_that_it_is_resolved(in_acme: Company) -> None:
    ticket = make_ticket()
    tickets.take_ticket(ticket_id=ticket.pk, actor=in_acme.sora.actor, at=AT)
    work_through(in_acme, planned(in_acme, order_of(in_acme, ticket)))
    deliver_all()
    notice = Notice.objects.get(kind="visits_ended")
    assert notice.membership_id == in_acme.sora.membership.pk
    assert said(notice).title == f"{ticket} is resolved: the work is done"
    assert OutboxEvent.objects.filter(name="tickets.TicketResolved").count() == 1


def test_work_done_offline_solved_it_when_it_was_done(in_acme: Company) -> None:
    make_policy(calendar={}, resolution_minutes=150)
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    tap(in_acme, visit, "accepted", "travelling", "on_site", at=AT + HOUR)
    tap(in_acme, visit, "done", at=AT + 5 * HOUR, device_at=AT + 2 * HOUR)
    ticket.refresh_from_db()
    assert ticket.resolved_at == AT + 2 * HOUR
    assert SlaClock.objects.get(kpi=SlaKpi.RESOLUTION).state == ClockState.MET


def test_a_visit_that_took_longer_than_its_ticket_waited_solves_it_too(in_acme: Company) -> None:
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    tap(in_acme, visit, "accepted", "travelling", "on_site", at=AT + HOUR)
    Ticket.objects.filter(pk=ticket.pk).update(status=T.OPEN, waiting_for="", visit_at=None)
    tap(in_acme, visit, "done", at=AT + 6 * HOUR)
    ticket.refresh_from_db()
    assert ticket.status == T.RESOLVED


@pytest.mark.parametrize("waiting_for", ["customer", "parts", "provider"])
def test_what_a_person_lets_wait_for_somebody_else_stays(in_acme: Company, waiting_for: str) -> None:
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    tickets.wait_ticket(
        ticket_id=ticket.pk,
        waiting_for=waiting_for,
        next_action_at=AT + 50 * HOUR,
        actor=in_acme.sora.actor,
        at=AT,
    )
    work_through(in_acme, visit)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (T.WAITING, waiting_for)


def test_what_the_customer_wrote_is_answered_by_a_person(in_acme: Company) -> None:
    asked, called, answered = make_ticket(), make_ticket(), make_ticket()
    for ticket in (asked, called, answered):
        visit = planned(in_acme, order_of(in_acme, ticket))
        write(ticket, AT + 30 * MINUTE, channel="phone" if ticket is called else "email")
        if ticket is answered:
            tickets.reply_to_ticket(
                ticket_id=ticket.pk, body="He will look", actor=in_acme.sora.actor, at=AT + 40 * MINUTE
            )
        work_through(in_acme, visit)
        ticket.refresh_from_db()
    assert (asked.status, called.status, answered.status) == (T.OPEN, T.RESOLVED, T.RESOLVED)
    deliver_all()
    titles = [said(notice).title for notice in Notice.objects.filter(kind="visits_ended")]
    assert f"{asked}: the work is done. Say whether it is solved" in titles


def test_whether_a_complaint_is_solved_is_a_persons_word(in_acme: Company) -> None:
    ticket = make_ticket(kind=TicketKind.COMPLAINT)
    work_through(in_acme, planned(in_acme, order_of(in_acme, ticket)))
    ticket.refresh_from_db()
    assert ticket.status == T.OPEN


def test_work_that_needs_another_visit_solves_nothing(in_acme: Company) -> None:
    ticket = make_ticket()
    order = order_of(in_acme, ticket)
    work_through(in_acme, planned(in_acme, order), follow_up="Part to order")
    ticket.refresh_from_db()
    assert ticket.status == T.OPEN
    work_through(in_acme, planned(in_acme, order, AT + 5 * HOUR))
    ticket.refresh_from_db()
    assert ticket.status == T.RESOLVED


def test_work_called_off_after_the_customer_came_back_solves_nothing(in_acme: Company) -> None:
    """What was done before it was opened again does not solve it a second time."""
    ticket = make_ticket()
    work_through(in_acme, planned(in_acme, order_of(in_acme, ticket)))
    tickets.reopen_ticket(ticket_id=ticket.pk, reason="Again", actor=in_acme.sora.actor, at=AT + 3 * HOUR)
    again = order_of(in_acme, ticket, AT + 3 * HOUR)
    planned(in_acme, again, AT + 5 * HOUR, AT + 3 * HOUR)
    ticket.refresh_from_db()
    assert ticket.status == T.WAITING
    services.cancel_work_order(
        work_order_id=again.pk, reason="Gone", actor=in_acme.dora.actor, at=AT + 4 * HOUR
    )
    ticket.refresh_from_db()
    assert ticket.status == T.OPEN


def test_work_taken_up_again_reopens_the_ticket(in_acme: Company) -> None:
    ticket = make_ticket()
    order = order_of(in_acme, ticket)
    work_through(in_acme, planned(in_acme, order))
    services.update_work_order(
        work_order_id=order.pk, follow_up_reason="It drips", actor=in_acme.dora.actor, at=AT + 3 * HOUR
    )
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == (T.REOPENED, None)
    entry = AuditEntry.objects.get(object_id=ticket.pk, verb="reopened")
    assert entry.reason == f"{order}: Unscheduled, It drips"

    work_through(in_acme, planned(in_acme, order, AT + 5 * HOUR, AT + 3 * HOUR))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at) == (T.RESOLVED, AT + 6 * HOUR)


def test_new_work_for_a_solved_ticket_reopens_it(in_acme: Company) -> None:
    ticket = make_ticket()
    tickets.resolve_ticket(ticket_id=ticket.pk, resolution="By phone", actor=in_acme.sora.actor, at=AT)
    planned(in_acme, order_of(in_acme, ticket, AT + HOUR), AT + 3 * HOUR, AT + HOUR)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (T.WAITING, WaitingFor.VISIT)


def test_what_a_person_resolved_stays_so_while_the_visit_goes_on(in_acme: Company) -> None:
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    tickets.resolve_ticket(ticket_id=ticket.pk, resolution="By phone", actor=in_acme.sora.actor, at=AT)
    work_through(in_acme, visit)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution, ticket.reopened_count) == (T.RESOLVED, "By phone", 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_finish_the_last_works_at_once_one_sees_both_done(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
        visits = [planned(acme, order_of(acme, ticket)) for _n in range(2)]
        for visit in visits:
            tap(acme, visit, "accepted", "travelling", "on_site", at=AT + HOUR)

    def finish(visit: Visit) -> Callable[[], None]:
        return lambda: tap(acme, visit, "done", at=AT + 2 * HOUR)

    beside(acme, finish(visits[0]), finish(visits[1]), lambda: None)
    with tenant_active(acme.tenant.pk):
        ticket.refresh_from_db()
        assert ticket.status == T.RESOLVED


def first_response(ticket: Ticket) -> tuple[str, datetime | None]:
    ticket.refresh_from_db()
    return SlaClock.objects.get(ticket=ticket, kpi=SlaKpi.FIRST_RESPONSE).state, ticket.first_response_at


def test_who_stands_at_the_door_has_responded(in_acme: Company) -> None:
    make_policy(calendar={}, first_response_minutes=90)
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    tap(in_acme, visit, "accepted", "travelling", at=AT + HOUR)
    assert first_response(ticket) == (ClockState.RUNNING, None)
    tap(in_acme, visit, "on_site", at=AT + HOUR)
    assert first_response(ticket) == (ClockState.MET, AT + HOUR)
    assert AuditEntry.objects.filter(object_id=ticket.pk, verb="responded_came").count() == 1


def test_a_customer_who_confirmed_was_spoken_to(in_acme: Company) -> None:
    make_policy(calendar={})
    ticket = make_ticket()
    visit = planned(in_acme, order_of(in_acme, ticket))
    services.lock_visit(
        visit_id=visit.pk,
        lock_level="confirmed",
        version=visit.version,
        actor=in_acme.dora.actor,
        at=AT + 10 * MINUTE,
    )
    assert first_response(ticket) == (ClockState.MET, AT + 10 * MINUTE)


def test_a_first_response_is_given_once(in_acme: Company) -> None:
    """A letter about a visit is not the answer to what was asked since."""
    make_policy(calendar={}, next_response_minutes=60)
    ticket = make_ticket()
    tickets.reply_to_ticket(ticket_id=ticket.pk, body="Soon", actor=in_acme.sora.actor, at=AT)
    write(ticket, AT + MINUTE)
    tickets.note_first_word(ticket_ids=[ticket.pk], actor=SYSTEM, at=AT + 2 * MINUTE)
    assert first_response(ticket) == (ClockState.MET, AT)
    assert SlaClock.objects.get(kpi=SlaKpi.NEXT_RESPONSE).state == ClockState.RUNNING
