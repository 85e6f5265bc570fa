"""Two tickets of one problem become one, some messages become another, and later answers find their way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from channels import services as channels
from channels.models import OutboundMessage
from channels.services import message_id_of
from core.errors import BadInput, Conflict, IllegalTransition, NotFound, Refusal
from dispatch import queries as dispatch
from dispatch.models import WorkOrder
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.customers import make_contact, make_customer, make_site
from tests.factories.dispatch import make_work_order
from tests.factories.tickets import make_policy, make_ticket
from tickets import queries, services
from tickets.enums import SlaKpi, TicketStatus
from tickets.models import SlaClock, Ticket, TicketMessage
from tickets.services import Intake
from tickets.services.intake import INTAKE

LATER = AT + timedelta(hours=2)


def merge(company: Company, source: Ticket, target: Ticket, **facts: object) -> Ticket:
    values = {"source_id": source.pk, "target_id": target.pk, "actor": company.sora.actor, "at": LATER}
    return services.merge_tickets(**{**values, **facts})  # type: ignore[arg-type]


def pair(**facts: object) -> tuple[Ticket, Ticket]:
    contact = make_contact()
    first = make_ticket(contact_id=contact.pk, description="From the phone", **facts)
    return first, make_ticket(contact_id=contact.pk, description="From the mail", at=AT + timedelta(hours=1))


def test_both_conversations_show_in_one_timeline(in_acme: Company) -> None:
    target, source = pair()
    merge(in_acme, source, target)
    source.refresh_from_db()
    assert (source.status, source.merged_into_id) == (TicketStatus.MERGED, target.pk)
    said = [(one.body, one.ticket_id) for one in queries.conversation_of(target)]
    assert said == [("From the phone", target.pk), ("From the mail", source.pk)]
    assert queries.merged_into(target) == [source]


def test_what_the_earlier_clock_used_is_carried(in_acme: Company) -> None:
    make_policy()
    source, target = pair()
    merge(in_acme, source, target)
    clock = SlaClock.objects.get(ticket=target, kpi=SlaKpi.RESOLUTION)
    own = SlaClock.objects.get(ticket=source, kpi=SlaKpi.RESOLUTION)
    assert clock.started_at == own.started_at == AT
    assert clock.due_at == AT + timedelta(hours=25)
    reasons = [segment.reason for segment in clock.segments.order_by("from_at", "id")]
    assert reasons == [f"carried:{source}", "opened", f"carried:{source}"]
    assert own.state == "cancelled"
    assert own.segments.last().reason == f"merged:{target}"  # type: ignore[union-attr]


def test_a_later_clock_brings_nothing(in_acme: Company) -> None:
    make_policy()
    target, source = pair()
    before = SlaClock.objects.get(ticket=target, kpi=SlaKpi.RESOLUTION)
    merge(in_acme, source, target)
    after = SlaClock.objects.get(pk=before.pk)
    assert (after.due_at, after.segments.count()) == (before.due_at, 1)


def test_an_answer_to_the_source_was_the_first_response(in_acme: Company) -> None:
    make_policy()
    source, target = pair()
    answered = AT + timedelta(minutes=20)
    services.reply_to_ticket(ticket_id=source.pk, body="We look", actor=in_acme.sora.actor, at=answered)
    merge(in_acme, source, target)
    target.refresh_from_db()
    clock = SlaClock.objects.get(ticket=target, kpi=SlaKpi.FIRST_RESPONSE)
    assert (clock.state, target.first_response_at) == ("met", answered)
    assert clock.elapsed_minutes == 20


def test_the_more_urgent_priority_and_what_only_one_knew_hold(in_acme: Company) -> None:
    contact = make_contact()
    site = make_site(contact.customer)
    target = make_ticket(contact_id=contact.pk, priority=3)
    source = make_ticket(contact_id=contact.pk, site_id=site.pk, priority=1)
    merge(in_acme, source, target)
    target.refresh_from_db()
    assert (target.priority, target.site_id) == (1, site.pk)


def test_work_orders_of_the_source_stay_reachable(in_acme: Company) -> None:
    target, source = pair()
    order = make_work_order()
    WorkOrder.objects.filter(pk=order.pk).update(ticket=source)
    merge(in_acme, source, target)
    assert [one.pk for one in dispatch.work_orders_of_ticket(target.pk)] == [order.pk]


def test_an_arrival_for_the_source_stops_the_targets_clock(in_acme: Company) -> None:
    make_policy()
    target, source = pair()
    merge(in_acme, source, target)
    services.stop_clock(ticket_id=source.pk, kpi=SlaKpi.ARRIVAL, actor=in_acme.sora.actor, at=LATER)
    assert SlaClock.objects.get(ticket=target, kpi=SlaKpi.ARRIVAL).state == "met"


def test_later_mail_to_the_source_reaches_the_end_of_the_chain(in_acme: Company) -> None:
    services.take_in_email(raw=make_email(), at=AT, actor=INTAKE)
    first = Ticket.objects.get()
    second, third = (make_ticket(contact_id=first.contact_id) for _n in range(2))
    merge(in_acme, first, second)
    merge(in_acme, second, third)
    answer = make_email(message_id="<two@a>", in_reply_to="<one@aoki.example>", body="And the scanner")
    assert services.take_in_email(raw=answer, at=LATER, actor=INTAKE) == Intake.REPLY
    added = TicketMessage.objects.get(body__startswith="And the scanner")
    assert added.ticket_id == third.pk


def test_the_customer_is_told_once_in_their_language_and_may_answer(in_acme: Company) -> None:
    contact = make_contact(language="ja")
    target, source = (make_ticket(contact_id=contact.pk, language="ja") for _n in range(2))
    merge(in_acme, source, target, tell_customer=True)
    sent = OutboundMessage.objects.get()
    assert (sent.language, sent.recipient) == ("ja", contact.email)
    assert str(target) in sent.body
    answer = make_email(message_id="<re@a>", in_reply_to=message_id_of(sent), body="Thank you")
    assert services.take_in_email(raw=answer, at=LATER, actor=INTAKE) == Intake.REPLY
    assert TicketMessage.objects.get(body__startswith="Thank you").ticket_id == target.pk


def test_what_cannot_be_merged_says_why(in_acme: Company) -> None:
    target, source = pair()
    with pytest.raises(BadInput, match="into itself"):
        merge(in_acme, source, source)
    with pytest.raises(NotFound):
        merge(in_acme, source, Ticket(pk=987_654_321))
    merge(in_acme, source, target)
    third = make_ticket(contact_id=target.contact_id)
    with pytest.raises(Conflict, match=f"Choose {target} instead"):
        merge(in_acme, third, source)
    with pytest.raises(IllegalTransition):
        merge(in_acme, source, third)
    services.resolve_ticket(ticket_id=target.pk, resolution="", actor=in_acme.sora.actor, at=LATER)
    with pytest.raises(Conflict, match="Reopen it first"):
        merge(in_acme, third, target)


def test_different_customers_are_merged_only_when_meant(in_acme: Company) -> None:
    target = make_ticket(customer_id=make_customer(name="Aoki").pk)
    source = make_ticket(customer_id=make_customer(name="Baba").pk)
    with pytest.raises(Conflict, match="different customers") as refusal:
        merge(in_acme, source, target)
    assert refusal.value.problem_code == "different_customers"
    assert merge(in_acme, source, target, across_customers=True).pk == target.pk


def test_a_rivals_ticket_is_not_here(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_ticket()
    with tenant_active(acme.tenant.pk):
        ours = make_ticket()
        with pytest.raises(NotFound):
            merge(acme, ours, theirs)
        with pytest.raises(NotFound):
            merge(acme, theirs, ours)


def test_a_merge_can_be_undone(in_acme: Company) -> None:
    make_policy()
    target, source = pair()
    merge(in_acme, source, target)
    back = services.unmerge_ticket(ticket_id=source.pk, actor=in_acme.sora.actor, at=LATER)
    assert (back.status, back.merged_into_id, back.owner_id) == (
        TicketStatus.OPEN,
        None,
        in_acme.sora.membership.pk,
    )
    assert SlaClock.objects.get(ticket=source, kpi=SlaKpi.RESOLUTION).state == "running"
    assert queries.conversation_of(target).count() == 1
    with pytest.raises(Conflict, match="not merged"):
        services.unmerge_ticket(ticket_id=source.pk, actor=in_acme.sora.actor, at=LATER)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two people merge at the same second."""

    @pytest.mark.parametrize("_round", range(5))
    def test_into_each_other_makes_no_circle(self, acme: Company, _round: int) -> None:
        with tenant_active(acme.tenant.pk):
            one, two = pair()
        done = self.race(acme, [(one, two), (two, one)])
        assert sorted(done) == ["merged", "refused"]
        with tenant_active(acme.tenant.pk):
            assert Ticket.objects.filter(status=TicketStatus.MERGED).count() == 1

    def test_one_source_goes_into_one_target_only(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            one, two = pair()
            three = make_ticket(contact_id=one.contact_id)
        assert sorted(self.race(acme, [(one, two), (one, three)])) == ["merged", "refused"]

    def test_a_reply_during_the_merge_is_in_the_living_ticket(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            target, source = pair()
        start = threading.Barrier(2)

        def answer() -> None:
            start.wait(timeout=30)
            with tenant_active(acme.tenant.pk):
                services.receive_reply(
                    ticket_id=source.pk,
                    body="More",
                    author_label="Mari",
                    actor=INTAKE,
                    at=LATER,
                    channel="email",
                )
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        start.wait(timeout=30)
        with tenant_active(acme.tenant.pk):
            merge(acme, source, target)
        thread.join(timeout=30)
        with tenant_active(acme.tenant.pk):
            assert "More" in [one.body for one in queries.conversation_of(target)]

    @staticmethod
    def race(company: Company, merges: list[tuple[Ticket, Ticket]]) -> list[str]:
        start, results = threading.Barrier(len(merges)), []

        def run(source: Ticket, target: Ticket) -> None:
            start.wait(timeout=30)
            try:
                with tenant_active(company.tenant.pk):
                    merge(company, source, target)
                results.append("merged")
            except Refusal:
                results.append("refused")
            connection.close()

        threads = [threading.Thread(target=run, args=each) for each in merges]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return results


def test_split_messages_and_answers_to_them_go_to_the_new_ticket(in_acme: Company) -> None:
    services.take_in_email(raw=make_email(), at=AT, actor=INTAKE)
    ticket = Ticket.objects.get()
    other = make_email(
        message_id="<two@a>", in_reply_to="<one@aoki.example>", body="Also: the scanner is dead"
    )
    services.take_in_email(raw=other, at=LATER, actor=INTAKE)
    moved = TicketMessage.objects.get(body__startswith="Also")
    opened = services.split_ticket(
        ticket_id=ticket.pk, message_ids=[moved.pk], subject="Scanner", actor=in_acme.sora.actor, at=LATER
    )
    assert (opened.subject, opened.split_from_id, opened.customer_id) == (
        "Scanner",
        ticket.pk,
        ticket.customer_id,
    )
    answer = make_email(message_id="<three@a>", in_reply_to="<two@a>", body="It beeps")
    assert services.take_in_email(raw=answer, at=LATER, actor=INTAKE) == Intake.REPLY
    assert TicketMessage.objects.get(body__startswith="It beeps").ticket_id == opened.pk
    old = make_email(message_id="<four@a>", in_reply_to="<one@aoki.example>", body="Still jams")
    services.take_in_email(raw=old, at=LATER, actor=INTAKE)
    assert TicketMessage.objects.get(body__startswith="Still jams").ticket_id == ticket.pk


def test_a_split_leaves_something_and_takes_only_its_own(in_acme: Company) -> None:
    ticket, other = make_ticket(), make_ticket()
    [message] = ticket.messages.all()
    for ids in ([message.pk], [], [other.messages.get().pk]):
        with pytest.raises(BadInput):
            services.split_ticket(ticket_id=ticket.pk, message_ids=ids, actor=in_acme.sora.actor, at=LATER)


def test_an_answer_that_moves_was_the_new_tickets_first_response(in_acme: Company) -> None:
    make_policy()
    contact = make_contact()
    ticket = make_ticket(contact_id=contact.pk)
    ours = services.reply_to_ticket(
        ticket_id=ticket.pk, body="Scanner: ok", actor=in_acme.sora.actor, at=LATER
    )
    opened = services.split_ticket(
        ticket_id=ticket.pk, message_ids=[ours.pk], actor=in_acme.sora.actor, at=LATER
    )
    assert opened.first_response_at == LATER
    sent = OutboundMessage.objects.get()
    found = channels.find_ours([message_id_of(sent)])
    assert found == sent
