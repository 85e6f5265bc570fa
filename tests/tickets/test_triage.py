"""Triage: likely duplicates, suggestions, owner and next action, labels, waking, follow-ups."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.errors import BadInput, Conflict
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact, make_customer
from tests.factories.knowledge import make_article
from tests.factories.tickets import FOUNDER, make_policy, make_ticket, make_topic
from tickets import queries, services, triage
from tickets.enums import TicketKind, TicketStatus, WaitingFor
from tickets.learning import Learned
from tickets.likeness import LIKELY, Alike, Sketch, likeness, words_of
from tickets.models import SubState, Ticket, TicketMessage
from tickets.services import Intake, LikelyDuplicate
from tickets.services.intake import INTAKE

NYC = Path(__file__).parents[3] / "shared" / "data" / "service_requests" / "nyc_311_2024-04-15.csv"
TOKYO = ZoneInfo("Asia/Tokyo")


def sketch(text: str, **facts: object) -> Sketch:
    return Sketch(words_of(text), **{"at": AT, **facts})  # type: ignore[arg-type]


class TestLikeness:
    """The pure rule."""

    def test_the_same_asset_and_words_soon_after_are_likely_one(self) -> None:
        found = likeness(
            sketch("複合機が紙づまり", asset_id=1, customer_id=2),
            sketch("紙づまりの表示が消えない", asset_id=1, customer_id=2),
        )
        assert found.score >= LIKELY
        assert Alike.ASSET in found.reasons

    def test_words_alone_are_never_enough(self) -> None:
        assert (
            likeness(sketch("the copier jams", customer_id=1), sketch("the copier jams", customer_id=2)).score
            == 0
        )

    def test_the_same_customer_with_another_problem_is_not_offered(self) -> None:
        one = sketch("the copier jams", customer_id=1, contact_id=3)
        other = sketch("please send the invoice again", customer_id=1, contact_id=3)
        assert likeness(one, other).score < LIKELY

    def test_another_asset_speaks_against_it(self) -> None:
        one = sketch("the copier jams", customer_id=1, contact_id=3, asset_id=1)
        assert (
            likeness(one, sketch("the copier jams", customer_id=1, contact_id=3, asset_id=2)).score < LIKELY
        )

    @pytest.mark.parametrize(("days", "likely"), [(0, True), (5, True), (25, False), (40, False)])
    def test_time_between_them_counts(self, days: int, likely: bool) -> None:
        one = sketch("copier jams", asset_id=1)
        other = sketch("copier jams", asset_id=1, at=AT - timedelta(days=days))
        assert (likeness(one, other).score >= LIKELY) is likely

    def test_words_of_every_script(self) -> None:
        assert words_of("Ｃopier 紙づまり 打印机") == {"copier", "紙づ", "づま", "まり", "打印", "印机"}


def test_matches_are_offered_with_their_reasons(in_acme: Company) -> None:
    asset = make_asset()
    contact = make_contact(asset.site.customer)
    facts = {"contact_id": contact.pk, "asset_id": asset.pk}
    old = make_ticket(**facts)
    new = make_ticket(**facts, subject="Paper jam on 3F", at=AT + timedelta(hours=2))
    make_ticket(customer_id=make_customer(name="Other").pk)
    [match] = queries.duplicates_of(new)
    assert match.ticket == old
    assert match.reasons[0] == Alike.ASSET
    services.dismiss_duplicate(ticket_id=new.pk, other_id=old.pk, actor=in_acme.sora.actor, at=AT)
    assert queries.duplicates_of(Ticket.objects.get(pk=new.pk)) == []
    assert queries.duplicates_of(Ticket.objects.get(pk=old.pk)) == []


def test_opening_warns_lists_and_goes_on(in_acme: Company) -> None:
    contact = make_contact()
    old = make_ticket(contact_id=contact.pk)
    with pytest.raises(LikelyDuplicate) as warning:
        make_ticket(contact_id=contact.pk, allow_duplicate=False)
    assert warning.value.facts["duplicates"][0]["id"] == old.pk  # type: ignore[index]
    make_ticket(contact_id=contact.pk, allow_duplicate=True)
    make_ticket(contact_id=contact.pk, allow_duplicate=False, source="bms", external_id="9")
    assert Ticket.objects.count() == 3


def test_looking_for_duplicates_costs_the_same_for_every_customer(in_acme: Company) -> None:
    contact = make_contact()
    for n in range(12):
        make_ticket(contact_id=contact.pk, subject=f"Request {n}", description=f"different {n}")
    with connection.execute_wrapper(_at_most(4)):
        queries.find_duplicates(text="Request", at=AT, customer_id=contact.customer_id, contact_id=contact.pk)


def _at_most(most: int):  # type: ignore[no-untyped-def]
    counted = []

    def wrap(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        counted.append(sql)
        assert len(counted) <= most, counted
        return execute(sql, params, many, context)

    return wrap


class TestOpinion:
    """What triage would suggest."""

    def solved(self, company: Company, topic_id: int, *subjects: str) -> None:
        for subject in subjects:
            ticket = make_ticket(subject=subject, description="", topic_id=topic_id)
            services.resolve_ticket(ticket_id=ticket.pk, resolution="", actor=company.sora.actor, at=AT)

    def test_it_is_learned_from_solved_tickets_and_explained(self, in_acme: Company) -> None:
        jam, toner = make_topic(), make_topic(code="toner", name="Toner", default_priority=4)
        self.solved(in_acme, jam.pk, "Copier stuck again", "Everything stuck in tray 2")
        self.solved(in_acme, toner.pk, "Prints are pale", "Pale stripes")
        make_article(title="Change the toner", topic_code="toner", is_published=True)
        ticket = make_ticket(subject="Pale prints since Monday", description="")
        services.form_opinions(ticket_ids=[ticket.pk], actor=FOUNDER, at=AT)
        ticket.refresh_from_db()
        best = ticket.opinion["topic"][0]
        assert (best["id"], best["texts"], "pale" in best["words"]) == (toner.pk, 2, True)
        assert ticket.opinion["priority"][0]["id"] == 4
        assert ticket.opinion["article"][0]["label"] == "Change the toner"
        assert (ticket.topic_id, ticket.priority) == (None, 3)

    @pytest.mark.parametrize("text", ["紙づまりが直らない", "Paper jam on 3F"])
    def test_a_new_company_has_the_names_of_its_topics(self, in_acme: Company, text: str) -> None:
        make_topic(code="toner", name="トナー切れ")
        jam = make_topic(name="紙づまり Paper jam")
        ticket = make_ticket(subject=text, description="")
        services.form_opinions(ticket_ids=[ticket.pk], actor=FOUNDER, at=AT)
        ticket.refresh_from_db()
        assert ticket.opinion["topic"][0]["id"] == jam.pk

    def test_a_named_asset_is_suggested_and_taken_with_one_click(self, in_acme: Company) -> None:
        asset = make_asset(name="Copier 3F", model="C360i")
        make_asset(asset.site, name="Scanner lobby", model="S1")
        ticket = make_ticket(customer_id=asset.site.customer_id, description="The C360i copier is loud")
        services.form_opinions(ticket_ids=[ticket.pk], actor=FOUNDER, at=AT)
        ticket.refresh_from_db()
        assert [one["id"] for one in ticket.opinion["asset"]] == [asset.pk]
        facts: dict[str, Any] = {"ticket_id": ticket.pk, "actor": in_acme.sora.actor, "at": AT}
        with pytest.raises(Conflict, match="not suggested"):
            services.take_suggestion(what="asset", value=asset.pk + 1, **facts)
        taken = services.take_suggestion(what="asset", value=asset.pk, **facts)
        assert taken.asset_id == asset.pk

    @pytest.mark.parametrize(("usual", "becomes"), [(1, 1), (4, 3)])
    def test_a_topic_brings_its_more_urgent_priority(
        self, in_acme: Company, client: Client, usual: int, becomes: int
    ) -> None:
        leak = make_topic(code="leak", name="Water leak", default_priority=usual)
        ticket = make_ticket(subject="Water leak in the hall", description="")
        services.form_opinions(ticket_ids=[ticket.pk], actor=FOUNDER, at=AT)
        client.force_login(in_acme.sora.user)
        page = client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
        assert ("Water leak</span> · P1" in page) == (usual == 1)
        taken = services.take_suggestion(
            ticket_id=ticket.pk, what="topic", value=leak.pk, actor=in_acme.sora.actor, at=AT
        )
        assert (taken.topic_id, taken.priority) == (leak.pk, becomes)

    def test_an_unknown_language_gets_no_guess(self, in_acme: Company) -> None:
        make_topic()
        ticket = make_ticket(subject="Ну вот опять", description="")
        services.form_opinions(ticket_ids=[ticket.pk], actor=FOUNDER, at=AT)
        ticket.refresh_from_db()
        assert "topic" not in ticket.opinion


@pytest.mark.skipif(
    not NYC.is_file(), reason="../shared/data/service_requests is not here: nothing to measure"
)
def test_topics_of_a_thousand_real_requests_are_guessed_from_their_text() -> None:
    """Each left out in turn. Figures stand in docs/triage.md."""
    with NYC.open(newline="", encoding="utf-8") as file:
        rows = [(row["complaint_type"], words_of(row["descriptor"])) for row in csv.DictReader(file)]
    ids = {name: n for n, name in enumerate(sorted({name for name, _words in rows}))}
    known = Learned()
    for name, number in ids.items():
        known.name(number, words_of(name))
    for name, words in rows:
        known.learn(ids[name], words)
    first = third = 0
    for name, words in rows:
        known.unlearn(ids[name], words)
        found = [guess.topic_id for guess in known.guess(words)]
        known.learn(ids[name], words)
        first += found[:1] == [ids[name]]
        third += ids[name] in found
    assert first / len(rows) >= 0.75
    assert third / len(rows) >= 0.92


class TestOwnerAndNextAction:
    """Past triage a ticket has exactly one owner and a time of the next action."""

    @pytest.mark.parametrize(
        ("hour", "day", "later", "expected"),
        [(10, 20, 0, 20), (18, 20, 0, 23), (10, 21, 0, 23), (10, 20, 2, 24), (18, 20, 2, 25)],
    )
    def test_the_working_day_ends_at_five(self, hour: int, day: int, later: int, expected: int) -> None:
        at = datetime(2026, 11, day, hour, tzinfo=TOKYO)
        ends = triage.end_of_business_day(at.astimezone(UTC), TOKYO, days_later=later)
        assert ends == datetime(2026, 11, expected, 17, tzinfo=TOKYO)

    def test_the_soonest_clock_is_the_next_action(self, in_acme: Company) -> None:
        make_policy()
        ticket = make_ticket(channel="phone", actor=in_acme.sora.actor)
        assert (ticket.owner_id, ticket.next_action_at) == (in_acme.sora.membership.pk, ticket.due_at)

    def test_without_a_promise_it_is_the_end_of_the_working_day(self, in_acme: Company) -> None:
        ticket = make_ticket(channel="phone", actor=in_acme.sora.actor)
        assert ticket.next_action_at == datetime(2026, 11, 23, 17, tzinfo=TOKYO)

    def test_a_customer_who_is_asked_gets_two_days(self, in_acme: Company) -> None:
        ticket = make_ticket()
        waits = services.wait_ticket(
            ticket_id=ticket.pk, waiting_for=WaitingFor.CUSTOMER, actor=in_acme.sora.actor, at=AT
        )
        assert waits.next_action_at == datetime(2026, 11, 25, 17, tzinfo=TOKYO)

    @pytest.mark.parametrize("lost", [{"owner": None}, {"next_action_at": None}])
    def test_the_database_insists(self, in_acme: Company, lost: dict[str, None]) -> None:
        ticket = services.take_ticket(ticket_id=make_ticket().pk, actor=in_acme.sora.actor, at=AT)
        with pytest.raises(IntegrityError, match="ticket_owned_and_timed"), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(**lost)


class TestLabels:
    """A tenant's own labels within states."""

    def label(self, company: Company, **facts: object) -> SubState:
        values = {"code": "quoted", "name": "Quote sent", "status": "waiting", "at": AT}
        return services.create_sub_state(**{**values, "actor": company.ada.actor, **facts})  # type: ignore[arg-type]

    def test_a_label_belongs_to_its_state_and_leaves_with_it(self, in_acme: Company) -> None:
        label, ticket, sora = self.label(in_acme), make_ticket(), in_acme.sora.actor
        with pytest.raises(BadInput, match="not for a ticket"):
            services.set_sub_state(ticket_id=ticket.pk, sub_state_id=label.pk, actor=sora, at=AT)
        services.wait_ticket(ticket_id=ticket.pk, waiting_for="parts", actor=sora, at=AT)
        marked = services.set_sub_state(ticket_id=ticket.pk, sub_state_id=label.pk, actor=sora, at=AT)
        assert marked.sub_state == label
        gone_on = services.continue_ticket(ticket_id=ticket.pk, actor=sora, at=AT)
        assert gone_on.sub_state is None

    def test_codes_are_taken_once_and_hidden_ones_are_not_given(self, in_acme: Company) -> None:
        label = self.label(in_acme)
        with pytest.raises(Conflict, match="already"):
            self.label(in_acme)
        services.update_sub_state(
            sub_state_id=label.pk, name="Quoted", is_active=False, actor=in_acme.ada.actor, at=AT
        )
        assert queries.sub_states_for("waiting") == []


@pytest.mark.django_db(transaction=True)
class TestWaking:
    """A waiting ticket is put back on the desk when its time has come."""

    def waiting(self, company: Company, next_action_at: datetime, **facts: object) -> int:
        with tenant_active(company.tenant.pk):
            ticket = make_ticket()
            services.wait_ticket(
                ticket_id=ticket.pk,
                waiting_for=str(facts.get("waiting_for", "visit")),
                next_action_at=next_action_at,
                actor=company.sora.actor,
                at=AT,
            )
        return ticket.pk

    def test_it_wakes_once_at_its_time_and_not_before(
        self, acme: Company, capsys: pytest.CaptureFixture[str]
    ) -> None:
        past, future = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
        due, later = self.waiting(acme, past), self.waiting(acme, future)
        call_command("tick")
        assert '"woken": 1' in capsys.readouterr().out
        assert services.wake_due_tickets() == 0
        with tenant_active(acme.tenant.pk):
            woken, asleep = Ticket.objects.get(pk=due), Ticket.objects.get(pk=later)
        assert (woken.status, woken.waiting_for, woken.owner_id) == ("open", "", acme.sora.membership.pk)
        assert woken.next_action_at is not None
        assert asleep.status == TicketStatus.WAITING

    def test_waiting_for_a_visit_survives_the_customers_reply(self, acme: Company) -> None:
        pk = self.waiting(acme, datetime(2099, 1, 1, tzinfo=UTC))
        with tenant_active(acme.tenant.pk):
            services.receive_reply(
                ticket_id=pk,
                body="The back door, please",
                author_label="Mari",
                actor=INTAKE,
                at=AT,
                channel="email",
            )
            assert Ticket.objects.get(pk=pk).status == TicketStatus.WAITING


class TestFollowUp:
    """An answer to something closed long ago is a new need."""

    def closed(self, company: Company) -> Ticket:
        services.take_in_email(raw=make_email(), at=AT, actor=INTAKE)
        ticket, sora = Ticket.objects.get(), company.sora.actor
        services.resolve_ticket(ticket_id=ticket.pk, resolution="Roller", actor=sora, at=AT)
        return services.close_ticket(ticket_id=ticket.pk, actor=sora, at=AT)

    def answer(self, days: int) -> Intake:
        mail = make_email(message_id="<two@a>", in_reply_to="<one@aoki.example>", body="It jams again")
        return services.take_in_email(raw=mail, at=AT + timedelta(days=days), actor=INTAKE)

    def test_soon_after_it_is_reopened(self, in_acme: Company) -> None:
        ticket = self.closed(in_acme)
        assert self.answer(10) == Intake.REPLY
        ticket.refresh_from_db()
        assert (ticket.status, ticket.reopened_count) == (TicketStatus.REOPENED, 1)

    def test_long_after_a_linked_ticket_follows(self, in_acme: Company) -> None:
        ticket = self.closed(in_acme)
        assert self.answer(20) == Intake.OPENED
        follower = Ticket.objects.exclude(pk=ticket.pk).get()
        assert (follower.follows, follower.contact_id, follower.status) == (ticket, ticket.contact_id, "new")
        assert follower.messages.get().body.startswith("It jams again")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.reopened_count) == (TicketStatus.CLOSED, 0)

    def test_the_same_mail_again_follows_once(self, in_acme: Company) -> None:
        self.closed(in_acme)
        assert [self.answer(20), self.answer(20)] == [Intake.OPENED, Intake.KNOWN]
        assert Ticket.objects.count() == 2


def test_a_complaint_is_a_kind_of_its_own(in_acme: Company) -> None:
    assert make_ticket(kind=TicketKind.COMPLAINT).get_kind_display() == "Complaint"
    assert TicketMessage.objects.count() == 1
