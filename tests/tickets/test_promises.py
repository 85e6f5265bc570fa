"""Policies with items, calendars with versions, and clocks that follow what is promised now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from core.errors import BadInput, NotAllowed
from customers.models import Contract
from journal import services as journal
from journal.models import OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.customers import make_customer, make_site
from tests.factories.tickets import FOUNDER, OFFICE_HOURS, make_policy, make_ticket, make_topic
from tickets import queries, services
from tickets.enums import ClockState, PolicyReason, SlaEvent, SlaKpi
from tickets.models import BusinessCalendar, SlaClock, SlaPolicy, SlaSegment, Ticket
from tickets.services import NewItem

HOUR = timedelta(hours=1)


def clock(ticket: Ticket, code: str = SlaKpi.RESOLUTION, number: int = 1) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, code=code, round=number)


def local(text: str) -> datetime:
    """November 2026 in Tokyo; AT is Monday the 23rd at 9:00."""
    return datetime.fromisoformat(f"2026-11-{text}+09:00")


def make_calendar(**facts: Any) -> BusinessCalendar:
    values = {"name": "Office", "weekly": OFFICE_HOURS, "actor": FOUNDER, "at": AT, **facts}
    return services.create_calendar(**values)


def make_contract(**facts: Any) -> Contract:
    values = {"number": "C-1", "name": "Full care", "starts_on": date(2026, 1, 1), **facts}
    return Contract.objects.create(**values)


def republish(policy: SlaPolicy, *items: NewItem, at: datetime = AT, **changes: Any) -> SlaPolicy:
    return services.publish_policy(policy_id=policy.pk, items=items, actor=FOUNDER, at=at, **changes)


def pause(ticket: Ticket, waiting_for: str = "customer", at: datetime = AT + HOUR) -> None:
    services.wait_ticket(ticket_id=ticket.pk, waiting_for=waiting_for, actor=FOUNDER, at=at)


def write(ticket: Ticket, at: datetime) -> None:
    services.receive_reply(
        ticket_id=ticket.pk, body="Well?", author_label="Mari", actor=FOUNDER, at=at, channel="email"
    )


def answer(ticket: Ticket, company: Company, at: datetime) -> None:
    services.reply_to_ticket(ticket_id=ticket.pk, body="Soon.", actor=company.sora.actor, at=at)


def test_a_policy_changed_mid_pause_keeps_the_pause(in_acme: Company) -> None:
    policy = make_policy()
    ticket = make_ticket()
    pause(ticket)
    office = policy.items.get(kpi=SlaKpi.RESOLUTION).calendar_id
    shorter = NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=120, calendar_id=office)
    republish(policy, shorter, at=AT + 2 * HOUR)
    held = clock(ticket)
    assert (held.state, held.target_minutes, held.due_at) == (ClockState.PAUSED, 120, None)
    assert held.item.version == 2
    assert clock(ticket, SlaKpi.ARRIVAL).state == ClockState.CANCELLED, "it is no longer promised"
    services.continue_ticket(ticket_id=ticket.pk, actor=FOUNDER, at=local("23T14:00"))
    assert clock(ticket).due_at == local("23T15:00"), "one hour was used, one is left"
    reasons = [segment.reason for segment in clock(ticket).segments.all()]
    assert reasons == ["opened", "waiting", "published", "continued"]


def test_a_promise_that_comes_back_goes_on(in_acme: Company) -> None:
    policy = make_policy(calendar={})
    ticket = make_ticket()
    republish(policy, NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=480), at=AT + HOUR)
    assert clock(ticket, SlaKpi.ARRIVAL).state == ClockState.CANCELLED
    arrival = NewItem(kpi=SlaKpi.ARRIVAL, target_minutes=240)
    republish(policy, NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=480), arrival, at=AT + 2 * HOUR)
    again = clock(ticket, SlaKpi.ARRIVAL)
    assert (again.state, again.due_at) == (ClockState.RUNNING, AT + 5 * HOUR)


def test_a_new_promise_counts_from_when_the_ticket_was_opened(in_acme: Company) -> None:
    policy = make_policy(calendar={}, arrival_minutes=None)
    ticket = make_ticket()
    items = [NewItem(kpi=kpi, target_minutes=240) for kpi in (SlaKpi.RESOLUTION, SlaKpi.ARRIVAL)]
    republish(policy, *items, at=AT + HOUR)
    assert clock(ticket, SlaKpi.ARRIVAL).due_at == AT + 4 * HOUR
    ticket.refresh_from_db()
    assert ticket.due_at == AT + 4 * HOUR


def test_a_met_clock_does_not_move(in_acme: Company) -> None:
    policy = make_policy()
    ticket = make_ticket()
    answer(ticket, in_acme, AT + timedelta(minutes=5))
    before = clock(ticket, SlaKpi.FIRST_RESPONSE)
    republish(policy, NewItem(kpi=SlaKpi.FIRST_RESPONSE, target_minutes=1), at=AT + HOUR)
    after = clock(ticket, SlaKpi.FIRST_RESPONSE)
    assert (after.state, after.due_at, after.item_id) == (ClockState.MET, before.due_at, before.item_id)


def test_a_switched_off_policy_gives_way_to_the_next(in_acme: Company) -> None:
    make_policy(name="All", calendar={})
    urgent = make_policy(name="P1", priority=1, calendar={}, resolution_minutes=60)
    ticket = make_ticket(priority=1)
    assert clock(ticket).policy_reason == "priority"
    services.switch_policy(policy_id=urgent.pk, is_active=False, actor=FOUNDER, at=AT)
    assert (clock(ticket).policy.name, clock(ticket).policy_reason) == ("All", "any")


def test_a_holiday_added_later_moves_a_running_clock(in_acme: Company) -> None:
    calendar = make_calendar()
    make_policy(calendar=None, calendar_id=calendar.pk)
    ticket = make_ticket()
    assert clock(ticket).due_at == local("24T10:00")
    services.update_calendar(
        calendar_id=calendar.pk,
        own_days=[{"on": "2026-11-24", "name": "Founding day", "open": []}],
        actor=FOUNDER,
        at=AT + HOUR,
    )
    moved = clock(ticket)
    assert moved.due_at == local("25T10:00")
    assert moved.calendar_version is not None
    assert moved.calendar_version.number == 2
    assert [segment.calendar_version_id for segment in moved.segments.all()][-1] == moved.calendar_version_id


def test_a_calendar_changed_mid_pause_keeps_the_pause(in_acme: Company) -> None:
    calendar = make_calendar()
    make_policy(calendar=None, calendar_id=calendar.pk)
    ticket = make_ticket()
    pause(ticket)
    services.update_calendar(calendar_id=calendar.pk, weekly={}, actor=FOUNDER, at=AT + 2 * HOUR)
    assert (clock(ticket).state, clock(ticket).elapsed_minutes) == (ClockState.PAUSED, 60)


def test_versions_and_items_are_append_only(in_acme: Company) -> None:
    make_policy()
    for table in ("tickets_calendarversion", "tickets_slaitem"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def test_china_works_on_make_up_days_and_rests_by_decree(in_acme: Company) -> None:
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = make_calendar(weekly=week, country="CN", time_zone="Asia/Shanghai")
    version = queries.version_in_force(calendar)
    assert version.days["2026-10-10"]["open"] == [["09:00", "18:00"]], "a Saturday that is worked"
    assert version.days["2026-10-07"]["open"] == []
    resting = make_calendar(name="Rests", weekly=week, country="CN", works_make_up_days=False)
    assert "2026-10-10" not in queries.version_in_force(resting).days


def test_holidays_of_a_region_partial_days_and_own_working_days(in_acme: Company) -> None:
    own = [
        {"on": "2026-12-24", "name": "Christmas Eve", "open": [["09:00", "12:00"]]},
        {"on": "2026-12-26", "name": "Stocktaking", "open": [["09:00", "12:00"]]},
    ]
    calendar = make_calendar(country="DE", subdivision="BY", own_days=own)
    days = queries.version_in_force(calendar).days
    assert days["2026-01-06"]["open"] == [], "Epiphany is a holiday in Bavaria only"
    assert days["2026-12-24"]["open"] == days["2026-12-26"]["open"] == [["09:00", "12:00"]]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"weekly": {"mon": [["9", "10"]]}}, "calendar"),
        ({"country": "ZZ"}, "country"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"own_days": [{"on": "soon", "open": []}]}, "calendar"),
        ({"own_days": [{"on": "2026-12-24", "open": [["22:00", "06:00"]]}]}, "calendar"),
        ({"own_days": [{"on": "2026-12-24", "open": []}] * 2}, "calendar"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused(
    in_acme: Company, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        make_calendar(**facts)
    assert field in refused.value.errors


def test_only_admins_change_calendars_and_policies(in_acme: Company) -> None:
    calendar, policy = make_calendar(), make_policy()
    sora = in_acme.sora.actor
    with pytest.raises(NotAllowed):
        services.update_calendar(calendar_id=calendar.pk, weekly={}, actor=sora, at=AT)
    with pytest.raises(NotAllowed):
        services.publish_policy(policy_id=policy.pk, items=[], actor=sora, at=AT)


def test_holidays_are_extended_before_they_run_out(in_acme: Company) -> None:
    calendar = make_calendar(country="JP")
    assert not services.refresh_calendar(calendar_id=calendar.pk, actor=FOUNDER, at=AT)
    later = AT + timedelta(days=500)
    assert services.refresh_calendar(calendar_id=calendar.pk, actor=FOUNDER, at=later)
    calendar.refresh_from_db()
    assert f"{later.year + 2}-01-01" in queries.version_in_force(calendar).days


def test_the_contract_wins_with_its_zone(in_acme: Company) -> None:
    customer = make_customer()
    contract = make_contract(customer=customer, time_zone="America/New_York")
    make_policy(name="All", priority=3)
    promise = make_policy(name="Full care", contract_id=contract.pk)
    ticket = make_ticket(customer_id=customer.pk, priority=3)
    held = clock(ticket)
    assert (held.policy, held.policy_reason, held.zone) == (promise, "contract", "America/New_York")
    assert held.due_at == datetime.fromisoformat("2026-11-24T10:00-05:00"), "7 hours a day in New York"


def test_a_contract_that_is_over_promises_nothing(in_acme: Company) -> None:
    customer = make_customer()
    contract = make_contract(customer=customer, ends_on=date(2026, 11, 22))
    make_policy(name="Full care", contract_id=contract.pk)
    assert not SlaClock.objects.filter(ticket=make_ticket(customer_id=customer.pk)).exists()


def test_the_zone_is_the_calendars_own_then_the_sites(in_acme: Company) -> None:
    site = make_site(time_zone="Europe/London")
    make_policy(name="Site's zone")
    assert clock(make_ticket(site_id=site.pk)).zone == "Europe/London"
    shanghai = make_calendar(name="Shanghai", time_zone="Asia/Shanghai")
    make_policy(name="Own zone", priority=1, calendar=None, calendar_id=shanghai.pk)
    assert clock(make_ticket(site_id=site.pk, priority=1)).zone == "Asia/Shanghai"


def test_a_complaint_has_clocks_of_its_own(in_acme: Company) -> None:
    make_policy(name="P1 gold", priority=1, tier="gold")
    make_policy(name="Complaints", kind="complaint", resolution_minutes=60, arrival_minutes=None)
    customer = make_customer(tier="gold")
    ticket = make_ticket(customer_id=customer.pk, priority=1)
    services.triage_ticket(ticket_id=ticket.pk, kind="complaint", actor=in_acme.sora.actor, at=AT)
    assert (clock(ticket).policy.name, clock(ticket).policy_reason) == ("Complaints", "kind")


def test_a_work_order_brings_the_promise_of_its_work_type(in_acme: Company) -> None:
    make_policy(name="All", calendar={})
    make_policy(name="Lifts", work_type_code="lift", calendar={}, arrival_minutes=30)
    ticket = make_ticket()
    services.note_work_order(ticket_id=ticket.pk, work_type_code="lift", actor=FOUNDER, at=AT + HOUR)
    assert clock(ticket, SlaKpi.ARRIVAL).due_at == AT + HOUR / 2
    assert clock(ticket, SlaKpi.ARRIVAL).policy_reason == "work_type"


def test_items_apply_by_channel_and_topic(in_acme: Company) -> None:
    topic = make_topic()
    items = [
        NewItem(
            kpi=SlaKpi.FIRST_RESPONSE,
            target_minutes=5,
            applies_when=[{"field": "channel", "any_of": ["chat", "line"]}],
        ),
        NewItem(kpi=SlaKpi.FIRST_RESPONSE, target_minutes=60),
        NewItem(
            kpi=SlaKpi.RESOLUTION,
            target_minutes=90,
            applies_when=[{"field": "topic", "any_of": [topic.code]}],
        ),
    ]
    services.create_policy(name="All", items=items, actor=FOUNDER, at=AT)
    assert clock(make_ticket(channel="chat"), SlaKpi.FIRST_RESPONSE).target_minutes == 5
    mail = make_ticket(topic_id=topic.pk)
    assert clock(mail, SlaKpi.FIRST_RESPONSE).target_minutes == 60
    assert clock(mail).target_minutes == 90


def test_each_unanswered_message_starts_a_round(in_acme: Company) -> None:
    make_policy(calendar={}, next_response_minutes=60)
    ticket = make_ticket()
    write(ticket, AT + timedelta(minutes=10))
    assert not SlaClock.objects.filter(ticket=ticket, kpi=SlaKpi.NEXT_RESPONSE).exists(), "the first waits"
    answer(ticket, in_acme, AT + HOUR)
    write(ticket, AT + 2 * HOUR)
    write(ticket, AT + 2.5 * HOUR)
    first = clock(ticket, SlaKpi.NEXT_RESPONSE)
    assert (first.state, first.due_at) == (ClockState.RUNNING, AT + 3 * HOUR), "the oldest one counts"
    answer(ticket, in_acme, AT + 2.5 * HOUR)
    assert clock(ticket, SlaKpi.NEXT_RESPONSE).state == ClockState.MET
    write(ticket, AT + 5 * HOUR)
    assert clock(ticket, SlaKpi.NEXT_RESPONSE, 2).due_at == AT + 6 * HOUR


def test_any_two_events_can_be_measured(in_acme: Company) -> None:
    ordered = NewItem(
        kpi=SlaKpi.OTHER,
        code="on-site-after-order",
        name="On site after the order",
        starts_on=SlaEvent.WORK_ORDERED,
        met_when=SlaEvent.ARRIVED,
        target_minutes=120,
    )
    services.create_policy(name="All", items=[ordered], actor=FOUNDER, at=AT)
    ticket = make_ticket()
    assert not SlaClock.objects.exists()
    services.note_work_order(ticket_id=ticket.pk, work_type_code="x", actor=FOUNDER, at=AT + HOUR)
    services.stop_clock(ticket_id=ticket.pk, kpi=SlaKpi.ARRIVAL, actor=FOUNDER, at=AT + 2 * HOUR)
    found = clock(ticket, "on-site-after-order")
    assert (found.state, found.elapsed_minutes, found.started_at) == (ClockState.MET, 60, AT + HOUR)


def test_what_pauses_is_said_by_the_item(in_acme: Company) -> None:
    items = [NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=600, pauses_on=["parts", "visit"])]
    services.create_policy(name="All", items=items, actor=FOUNDER, at=AT)
    ticket = make_ticket()
    pause(ticket, "customer")
    assert clock(ticket).state == ClockState.RUNNING
    pause(ticket, "parts", AT + 2 * HOUR)
    assert clock(ticket).state == ClockState.PAUSED
    assert [segment.reason for segment in clock(ticket).segments.all()] == ["opened", "on_hold"]


@pytest.mark.parametrize(("on_reopen", "rounds"), [("continue", 1), ("restart", 2)])
def test_a_met_clock_reopened_goes_on_or_begins_again(in_acme: Company, on_reopen: str, rounds: int) -> None:
    items = [NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=240, on_reopen=on_reopen)]
    services.create_policy(name="All", items=items, actor=FOUNDER, at=AT)
    ticket = make_ticket()
    sora = in_acme.sora.actor
    services.resolve_ticket(ticket_id=ticket.pk, resolution="Done", actor=sora, at=AT + HOUR)
    services.reopen_ticket(ticket_id=ticket.pk, reason="Not done", actor=sora, at=AT + 24 * HOUR)
    left = 3 * HOUR if on_reopen == "continue" else 4 * HOUR
    assert clock(ticket, number=rounds).due_at == AT + 24 * HOUR + left
    assert SlaClock.objects.filter(ticket=ticket).count() == rounds
    if on_reopen == "restart":
        assert clock(ticket).state == ClockState.MET, "what was met stays met"


@pytest.mark.parametrize(
    "item",
    [
        NewItem(kpi=SlaKpi.OTHER, target_minutes=5),
        NewItem(kpi=SlaKpi.OTHER, target_minutes=5, code="a", name="A", starts_on="opened"),
        NewItem(
            kpi=SlaKpi.OTHER, target_minutes=5, code="a", name="A", starts_on="opened", met_when="opened"
        ),
        NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=5, pauses_on=["rain"]),
        NewItem(
            kpi=SlaKpi.RESOLUTION, target_minutes=5, applies_when=[{"field": "colour", "any_of": ["red"]}]
        ),
    ],
)
def test_a_promise_that_means_nothing_is_refused(in_acme: Company, item: NewItem) -> None:
    with pytest.raises(BadInput):
        services.create_policy(name="All", items=[item], actor=FOUNDER, at=AT)


def test_equal_hours_are_one_calendar(in_acme: Company) -> None:
    make_policy(name="A")
    make_policy(name="B")
    assert BusinessCalendar.objects.count() == 1


def test_why_a_promise_holds_is_worded_in_the_readers_language(in_acme: Company) -> None:
    assert PolicyReason.worded("priority+tier") == "It names this priority and this tier"
    assert PolicyReason.worded("any") == "It holds for every ticket"
    with translation.override("ja"):
        assert PolicyReason.worded("priority+tier") != "It names this priority and this tier"


def test_replaying_many_tickets_takes_few_statements(
    in_acme: Company, django_assert_max_num_queries: Any
) -> None:
    policy = make_policy()
    for _number in range(3):
        make_ticket()
    with django_assert_max_num_queries(32):
        republish(policy, NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=60))
    assert SlaSegment.objects.filter(reason="published").count() == 9


@pytest.mark.django_db(transaction=True)
def test_more_tickets_than_a_batch_are_replayed_one_batch_after_the_other(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.services.replays.BATCH", 2)
    with tenant_active(acme.tenant.pk):
        policy = make_policy(calendar={})
        for _number in range(5):
            make_ticket()
        republish(policy, NewItem(kpi=SlaKpi.RESOLUTION, target_minutes=60))
        assert SlaClock.objects.filter(kpi=SlaKpi.RESOLUTION, target_minutes=60).count() == 2
        assert OutboxEvent.objects.filter(name="tickets.ClocksOutdated").count() == 1
    journal.deliver_all()
    with tenant_active(acme.tenant.pk):
        assert SlaClock.objects.filter(kpi=SlaKpi.RESOLUTION, target_minutes=60).count() == 5
