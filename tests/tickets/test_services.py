"""What may be done to tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from channels.enums import Channel
from channels.models import OutboundMessage
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed, NotFound
from journal.models import AuditEntry, OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.customers import make_asset, make_contact, make_customer, make_site
from tests.factories.tickets import FOUNDER, make_policy, make_ticket, make_topic
from tickets import queries, services
from tickets.enums import ClockState, MessageKind, SlaKpi, TicketStatus, TimerKind, WaitingFor
from tickets.models import SlaClock, SlaSegment, SlaTimer, Ticket
from tickets.services import NewTicket

HOUR = timedelta(hours=1)


def clock(ticket: Ticket, kpi: str = SlaKpi.RESOLUTION) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, kpi=kpi)


def test_opening_numbers_files_and_tells(in_acme: Company) -> None:
    first, second = make_ticket(), make_ticket()
    assert (first.number, second.number) == (1, 2)
    assert first.status == TicketStatus.NEW
    assert first.messages.get().body == "Every day on 3F."
    assert AuditEntry.objects.filter(object_type="tickets.ticket", object_id=first.pk, verb="opened").exists()
    assert OutboxEvent.objects.filter(name="tickets.TicketOpened").count() == 2


def test_opening_starts_the_clocks_of_the_most_specific_policy(in_acme: Company) -> None:
    make_policy(name="Any")
    make_policy(name="P2", priority=2, resolution_minutes=120)
    gold = make_policy(name="Gold P2", priority=2, tier="gold", resolution_minutes=60)
    customer = make_customer(tier="gold")
    ticket = make_ticket(priority=2, customer_id=customer.pk)
    resolution = clock(ticket)
    assert resolution.policy == gold
    assert resolution.policy_reason == "priority+tier"
    assert resolution.due_at == AT + HOUR, "09:00 on a Monday in Tokyo, inside office hours"
    assert ticket.due_at == AT + timedelta(minutes=30), "the first response is due first"
    assert SlaTimer.objects.filter(clock=resolution).count() == 2


def test_opening_is_cheap(in_acme: Company, django_assert_max_num_queries: Any) -> None:
    make_policy()
    site = make_site()
    make_ticket(site_id=site.pk)
    with django_assert_max_num_queries(14):
        make_ticket(site_id=site.pk)


def test_a_logged_call_is_owned_by_who_took_it(in_acme: Company) -> None:
    ticket = make_ticket(channel=Channel.PHONE, actor=in_acme.sora.actor)
    assert (ticket.owner_id, ticket.status) == (in_acme.sora.membership.pk, TicketStatus.OPEN)


def test_the_customer_follows_from_contact_site_or_asset(in_acme: Company) -> None:
    asset = make_asset()
    assert make_ticket(asset_id=asset.pk).customer == asset.site.customer
    stranger = make_contact(make_customer(name="Other"))
    with pytest.raises(BadInput, match="same customer"):
        make_ticket(asset_id=asset.pk, contact_id=stranger.pk)


def test_a_rivals_site_does_not_exist(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        site = make_site()
    with tenant_active(acme.tenant.pk), pytest.raises(NotFound):
        make_ticket(site_id=site.pk)


def test_a_topic_brings_its_priority(in_acme: Company) -> None:
    topic = make_topic(default_priority=1)
    assert make_ticket(topic_id=topic.pk).priority == 1
    assert make_ticket(topic_id=topic.pk, priority=4).priority == 4


def test_an_external_id_opens_one_ticket(in_acme: Company) -> None:
    make_ticket(source="crm", external_id="7")
    with pytest.raises(Conflict, match="T-1 was opened"):
        make_ticket(source="crm", external_id="7")


def test_over_long_text_is_refused_with_the_field(in_acme: Company) -> None:
    with pytest.raises(BadInput) as refused:
        make_ticket(subject="x" * 301)
    assert "subject" in refused.value.errors


def test_an_engineer_may_not_open_or_answer(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        make_ticket(actor=in_acme.tom.actor)
    ticket = make_ticket()
    with pytest.raises(NotAllowed):
        services.reply_to_ticket(ticket_id=ticket.pk, body="Hi", actor=in_acme.tom.actor, at=AT)


def test_answering_stops_the_first_response_and_takes_the_ticket(in_acme: Company) -> None:
    make_policy()
    contact = make_contact()
    ticket = make_ticket(contact_id=contact.pk)
    services.reply_to_ticket(
        ticket_id=ticket.pk, body="We come today.", actor=in_acme.sora.actor, at=AT + timedelta(minutes=10)
    )
    ticket.refresh_from_db()
    first = clock(ticket, SlaKpi.FIRST_RESPONSE)
    assert (first.state, first.elapsed_minutes) == (ClockState.MET, 10)
    assert (ticket.status, ticket.owner) == (TicketStatus.OPEN, in_acme.sora.membership)
    assert ticket.due_at == clock(ticket, SlaKpi.ARRIVAL).due_at
    assert OutboundMessage.objects.get().recipient == "mari@aoki.example"
    assert not SlaTimer.objects.filter(clock=first, done_at__isnull=True).exists()


def test_a_note_stays_among_us(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket(contact_id=make_contact().pk)
    services.reply_to_ticket(
        ticket_id=ticket.pk,
        body="Careful",
        kind=MessageKind.INTERNAL,
        actor=in_acme.sora.actor,
        at=AT + timedelta(minutes=1),
    )
    assert clock(ticket, SlaKpi.FIRST_RESPONSE).state == ClockState.RUNNING
    assert not OutboundMessage.objects.exists()


def test_waiting_for_the_customer_pauses_and_their_reply_resumes(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket()
    assert clock(ticket).due_at == datetime.fromisoformat("2026-11-24T10:00+09:00")
    actor = in_acme.sora.actor
    services.wait_ticket(ticket_id=ticket.pk, waiting_for=WaitingFor.CUSTOMER, actor=actor, at=AT + HOUR)
    assert (clock(ticket).state, clock(ticket).due_at) == (ClockState.PAUSED, None)
    services.receive_reply(
        ticket_id=ticket.pk,
        body="Here",
        author_label="Mari",
        actor=FOUNDER,
        at=AT + 2 * HOUR,
        channel="email",
    )
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (TicketStatus.OPEN, "")
    assert clock(ticket).due_at == datetime.fromisoformat("2026-11-24T11:00+09:00")


def test_waiting_for_a_visit_survives_a_reply_and_does_not_pause(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket()
    actor = in_acme.sora.actor
    services.wait_ticket(ticket_id=ticket.pk, waiting_for=WaitingFor.VISIT, actor=actor, at=AT + HOUR)
    services.receive_reply(
        ticket_id=ticket.pk,
        body="Use the back door",
        author_label="Mari",
        actor=FOUNDER,
        at=AT + 2 * HOUR,
        channel="email",
    )
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_for) == (TicketStatus.WAITING, WaitingFor.VISIT)
    assert clock(ticket).state == ClockState.RUNNING


def test_every_waiting_ticket_has_an_owner_even_when_the_system_moves_it(in_acme: Company) -> None:
    ticket = make_ticket()
    services.wait_ticket(ticket_id=ticket.pk, waiting_for=WaitingFor.VISIT, actor=FOUNDER, at=AT)
    ticket.refresh_from_db()
    assert ticket.owner is not None
    assert "ticket_work" in ticket.owner.role.permissions


def test_the_system_hands_tickets_to_the_least_busy(in_acme: Company) -> None:
    owners = set()
    for _ in range(2):
        ticket = make_ticket()
        services.wait_ticket(ticket_id=ticket.pk, waiting_for=WaitingFor.VISIT, actor=FOUNDER, at=AT)
        ticket.refresh_from_db()
        owners.add(ticket.owner_id)
    assert owners == {in_acme.ada.membership.pk, in_acme.sora.membership.pk}


def test_resolving_stops_clocks_and_reopening_continues(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket()
    actor = in_acme.sora.actor
    services.resolve_ticket(ticket_id=ticket.pk, resolution="Roller changed", actor=actor, at=AT + HOUR)
    assert clock(ticket).state == ClockState.MET
    assert clock(ticket, SlaKpi.ARRIVAL).state == ClockState.CANCELLED
    services.reopen_ticket(ticket_id=ticket.pk, reason="Jams again", actor=actor, at=AT + 24 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at, ticket.resolved_by) == (TicketStatus.REOPENED, None, "")
    again = clock(ticket)
    assert again.state == ClockState.RUNNING
    assert again.due_at == datetime.fromisoformat("2026-11-24T17:00+09:00"), "6 of 7 h left, from 9:00"


def test_a_customer_reply_reopens_a_resolved_ticket(in_acme: Company) -> None:
    ticket = make_ticket()
    services.resolve_ticket(ticket_id=ticket.pk, resolution="", actor=in_acme.sora.actor, at=AT)
    services.receive_reply(
        ticket_id=ticket.pk, body="No!", author_label="Mari", actor=FOUNDER, at=AT + HOUR, channel="email"
    )
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.REOPENED


def test_a_solved_ticket_cannot_wait(in_acme: Company) -> None:
    ticket = make_ticket()
    services.resolve_ticket(ticket_id=ticket.pk, resolution="", actor=in_acme.sora.actor, at=AT)
    with pytest.raises(IllegalTransition, match="T-1"):
        services.wait_ticket(ticket_id=ticket.pk, waiting_for="parts", actor=in_acme.sora.actor, at=AT)


def test_a_new_priority_during_a_pause_keeps_the_pause(in_acme: Company) -> None:
    make_policy()
    make_policy(name="P1", priority=1, resolution_minutes=60, arrival_minutes=None)
    ticket = make_ticket()
    actor = in_acme.sora.actor
    services.wait_ticket(
        ticket_id=ticket.pk, waiting_for="customer", actor=actor, at=AT + timedelta(minutes=30)
    )
    services.triage_ticket(ticket_id=ticket.pk, priority=1, actor=actor, at=AT + 2 * HOUR)
    paused = clock(ticket)
    assert (paused.state, paused.target_minutes) == (ClockState.PAUSED, 60)
    assert clock(ticket, SlaKpi.ARRIVAL).state == ClockState.CANCELLED, "P1 promises no arrival"
    services.continue_ticket(ticket_id=ticket.pk, actor=actor, at=AT + 2 * HOUR)
    assert clock(ticket).due_at == AT + 2 * HOUR + timedelta(minutes=30)


def test_the_ledger_is_append_only_and_explains_itself(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket()
    actor = in_acme.sora.actor
    services.wait_ticket(ticket_id=ticket.pk, waiting_for="customer", actor=actor, at=AT + HOUR)
    services.continue_ticket(ticket_id=ticket.pk, actor=actor, at=AT + 2 * HOUR)
    lines = queries.explain(clock(ticket), AT + 3 * HOUR)
    assert [(line.state, line.minutes) for line in lines] == [("running", 60), ("paused", 0), ("running", 60)]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_slasegment SET target_minutes = 1")


def test_arrival_stops_its_clock_once(in_acme: Company) -> None:
    make_policy()
    ticket = make_ticket()
    for minutes in (20, 40):
        services.stop_clock(
            ticket_id=ticket.pk,
            kpi=SlaKpi.ARRIVAL,
            actor=FOUNDER,
            at=AT + timedelta(minutes=minutes),
            reason="arrived",
        )
    assert clock(ticket, SlaKpi.ARRIVAL).elapsed_minutes == 20
    assert SlaSegment.objects.filter(clock__ticket=ticket, clock__kpi=SlaKpi.ARRIVAL).count() == 2


def test_search_finds_latin_and_japanese_and_numbers(in_acme: Company) -> None:
    latin = make_ticket(subject="Scanner cannot reach the folder")
    japanese = make_ticket(subject="複合機 3F 紙づまりが毎日出る", description="")
    assert list(queries.search_tickets("scanner CANNOT")) == [latin]
    assert list(queries.search_tickets("紙づまり")) == [japanese]
    assert list(queries.search_tickets("T-2")) == [japanese]
    assert list(queries.search_tickets("printer")) == []


def test_bulk_opens_like_one_by_one_in_few_statements(
    in_acme: Company, django_assert_max_num_queries: Any
) -> None:
    make_policy()
    rows = [
        NewTicket(subject=f"Request {n}", channel="api", description="x", source="nyc311", external_id=str(n))
        for n in range(300)
    ]
    with django_assert_max_num_queries(20):
        made = services.open_tickets_in_bulk(rows=rows, actor=FOUNDER, at=AT)
    assert len(made) == 300
    assert Ticket.objects.count() == 300
    assert SlaClock.objects.count() == SlaSegment.objects.count() == 900
    single = make_ticket()
    assert made[0].due_at == single.due_at
    assert not services.open_tickets_in_bulk(rows=rows, actor=FOUNDER, at=AT), "a second run opens nothing"


@pytest.mark.django_db(transaction=True)
class TestTimers:
    """Timers on the database's clock, in their own transactions."""

    def late_ticket(self, acme: Company) -> Ticket:
        with tenant_active(acme.tenant.pk):
            make_policy(calendar={}, first_response_minutes=30, arrival_minutes=None)
            return make_ticket(at=AT - timedelta(days=400))

    def test_due_timers_warn_and_breach_exactly_once(self, acme: Company) -> None:
        ticket = self.late_ticket(acme)
        assert services.fire_due_timers() == 4
        assert services.fire_due_timers() == 0
        with tenant_active(acme.tenant.pk):
            assert clock(ticket).state == ClockState.BREACHED
            names = list(
                OutboxEvent.objects.filter(name__startswith="tickets.Sla").values_list("name", flat=True)
            )
            assert sorted(names) == ["tickets.SlaBreached"] * 2 + ["tickets.SlaWarned"] * 2

    def test_a_stopped_clock_no_longer_fires(self, acme: Company) -> None:
        ticket = self.late_ticket(acme)
        with tenant_active(acme.tenant.pk):
            services.mark_spam(ticket_id=ticket.pk, actor=acme.sora.actor, at=AT - timedelta(days=399))
        assert services.fire_due_timers() == 0

    def test_a_timer_fires_again_only_for_a_later_time(self, acme: Company) -> None:
        ticket = self.late_ticket(acme)
        services.fire_due_timers()
        with tenant_active(acme.tenant.pk):
            make_policy(name="P4", priority=4, calendar={}, resolution_minutes=500_000, arrival_minutes=None)
            services.triage_ticket(ticket_id=ticket.pk, priority=4, actor=acme.sora.actor, at=AT)
            again = SlaTimer.objects.get(clock=clock(ticket), kind=TimerKind.BREACH)
            assert clock(ticket).state in (ClockState.RUNNING, ClockState.BREACHED)
            assert (again.done_at is None) == (again.due_at > AT)
