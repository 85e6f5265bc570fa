"""What helps to write: canned replies, drafts, mentions, who is here, and a warning when others were faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict, NotAllowed
from journal.models import OutboxEvent
from notices import services as notices
from notices.queries import unread_count
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.customers import make_contact
from tests.factories.tickets import make_ticket
from tickets import queries, services, triage
from tickets.models import CannedReply, Draft, Sitting, Ticket
from tickets.services import AnsweredMeanwhile
from tickets.services.intake import INTAKE
from tickets.services.telling import path_of

SignIn = Callable[[Person], Client]


@pytest.fixture
def ticket(acme: Company) -> Ticket:
    with tenant_active(acme.tenant.pk):
        return make_ticket(contact_id=make_contact(language="ja").pk, language="ja")


class TestMentions:
    """`@name` in a note."""

    @pytest.mark.parametrize(
        ("text", "who"),
        [
            ("@Sora Desk please look", [2]),
            ("@sora desk and @Tom", [2, 3]),
            ("＠森健二 確認して", [4]),
            ("mail me at tom@tom.example", []),
            ("nobody here, @Nemo", []),
            ("(@desk), please", [2]),
            ("@sora", [1]),
            ("@k.mori and @さやかさん", [4, 5]),
            ("@青山 is two people", []),
            ("@青山太郎", [6]),
            ("@Tomato @tommy", []),
            ("@tom, @Tom's", [3]),
        ],
    )
    def test_names_after_an_at_are_meant(self, text: str, who: list[int]) -> None:
        names = {
            1: "Sora",
            2: "Sora Desk",
            3: "Tom",
            4: "森健二",
            5: "青山 さやか",
            6: "青山太郎",
            7: "青山 花",
        }
        addresses = {4: "K.Mori@acme.example", 6: "aoyama@acme.example"}
        assert triage.mentioned(text, names, addresses) == who

    def test_each_is_told_once_and_nobody_of_their_own_note(self, in_acme: Company, ticket: Ticket) -> None:
        note = services.reply_to_ticket(
            ticket_id=ticket.pk,
            body="@Dora Dispatcher and @Sora Desk: see above, @Dora Dispatcher",
            kind="internal",
            actor=in_acme.sora.actor,
            at=AT,
        )
        dora, sora = in_acme.dora.membership.pk, in_acme.sora.membership.pk
        assert note.mentions == sorted([dora, sora])
        told = OutboxEvent.objects.filter(name="tickets.MemberMentioned").values_list("payload", flat=True)
        assert [one["membership_id"] for one in told] == [dora]

    def test_words_to_the_customer_mention_nobody(self, in_acme: Company, ticket: Ticket) -> None:
        said = services.reply_to_ticket(
            ticket_id=ticket.pk, body="@Dora Dispatcher", actor=in_acme.sora.actor, at=AT
        )
        assert said.mentions == []


class TestDrafts:
    """What somebody began to write is kept until it is sent."""

    def test_it_survives_a_reload_and_is_nobody_elses(
        self, acme: Company, ticket: Ticket, signed_in: SignIn
    ) -> None:
        sora, url = signed_in(acme.sora), f"/t/acme/tickets/{ticket.pk}/"
        assert sora.post(f"{url}draft/", {"body": "お世話になって", "kind": "internal"}).status_code == 204
        assert "お世話になって" in sora.get(url).content.decode()
        assert "お世話になって" not in signed_in(acme.ada).get(url).content.decode()
        sora.post(f"{url}reply/", {"body": "お世話になっております。", "kind": "public"})
        with tenant_active(acme.tenant.pk):
            assert not Draft.objects.exists()

    def test_emptied_it_is_gone(self, in_acme: Company, ticket: Ticket) -> None:
        facts: dict[str, Any] = {"ticket_id": ticket.pk, "actor": in_acme.sora.actor, "at": AT}
        services.save_draft(body="Dear", **facts)
        services.save_draft(body="Dear Mari", **facts)
        assert Draft.objects.get().body == "Dear Mari"
        services.save_draft(body="  ", **facts)
        assert not Draft.objects.exists()


class TestPresence:
    """Who else is at a ticket."""

    def beat(self, person: Person, ticket: Ticket, seconds: int, *, is_writing: bool = False) -> None:
        at = AT + timedelta(seconds=seconds)
        services.sit_at(ticket_id=ticket.pk, is_writing=is_writing, actor=person.actor, at=at)

    def test_others_see_who_writes_until_they_leave(self, in_acme: Company, ticket: Ticket) -> None:
        self.beat(in_acme.sora, ticket, 0)
        self.beat(in_acme.sora, ticket, 15, is_writing=True)
        seen = queries.others_at(ticket.pk, in_acme.ada.actor, AT + timedelta(seconds=20))
        assert [(one.member.name, one.is_writing) for one in seen] == [("Sora Desk", True)]
        assert queries.others_at(ticket.pk, in_acme.sora.actor, AT + timedelta(seconds=20)) == []
        assert queries.others_at(ticket.pk, in_acme.ada.actor, AT + timedelta(seconds=56)) == []

    def test_whoever_is_there_has_read_what_led_there(self, in_acme: Company, ticket: Ticket) -> None:
        for person, number in ((in_acme.sora, 1), (in_acme.sora, 2), (in_acme.ada, 1)):
            notices.notify(
                membership_ids=[person.membership.pk],
                kind="ticket_mentioned" if number == 1 else "sla_breached",
                facts={"ticket": str(ticket)},
                path=path_of(ticket),
                key=f"{number}",
                actor=Actor.system("notices"),
                at=AT,
                urgent=True,
            )
        other = make_ticket()
        self.beat(in_acme.sora, other, 0)
        assert unread_count(in_acme.sora.membership.pk) == 2
        self.beat(in_acme.sora, ticket, 5)
        assert unread_count(in_acme.sora.membership.pk) == 0
        assert unread_count(in_acme.ada.membership.pk) == 1
        assert OutboxEvent.objects.filter(name="notices.NoticesRead").count() == 1

    def test_only_a_change_is_told(self, in_acme: Company, ticket: Ticket) -> None:
        for seconds, is_writing in ((0, False), (15, False), (30, True), (45, True), (60, False)):
            self.beat(in_acme.sora, ticket, seconds, is_writing=is_writing)
        assert OutboxEvent.objects.filter(name="tickets.SittingChanged").count() == 3

    def test_handling_time_is_the_sum_of_sittings(self, in_acme: Company, ticket: Ticket) -> None:
        for seconds in (0, 15, 30, 300, 315):
            self.beat(in_acme.sora, ticket, seconds)
        assert Sitting.objects.count() == 2
        assert queries.handling_time(ticket) == timedelta(seconds=45)

    def test_the_page_says_who_is_writing(self, acme: Company, ticket: Ticket, signed_in: SignIn) -> None:
        url = f"/t/acme/tickets/{ticket.pk}/presence/"
        assert signed_in(acme.sora).post(url, {"writing": "yes"}).status_code == 200
        assert "Sora Desk is writing a reply" in signed_in(acme.ada).get(url).content.decode()


class TestMeanwhile:
    """A reply after somebody else's is sent only when it is meant."""

    def test_what_came_in_between_is_shown_and_then_sent_anyway(
        self, acme: Company, ticket: Ticket, signed_in: SignIn
    ) -> None:
        with tenant_active(acme.tenant.pk):
            seen = ticket.messages.get().pk
            services.reply_to_ticket(ticket_id=ticket.pk, body="We come at ten", actor=acme.ada.actor, at=AT)
        sora, url = signed_in(acme.sora), f"/t/acme/tickets/{ticket.pk}/reply/"
        page = sora.post(url, {"body": "We come at noon", "kind": "public", "seen": seen})
        text = page.content.decode()
        assert page.status_code == 409
        assert all(
            words in text for words in ("Others wrote", "We come at ten", "We come at noon", "Send anyway")
        )
        with tenant_active(acme.tenant.pk):
            latest = ticket.messages.order_by("pk").last()
            assert latest is not None
        assert f'name="seen" value="{latest.pk}"' in text
        again = sora.post(url, {"body": "We come at noon", "kind": "public", "seen": latest.pk})
        assert again.status_code == 303

    def test_the_customers_words_count_and_ones_own_do_not(self, in_acme: Company, ticket: Ticket) -> None:
        seen = ticket.messages.get().pk
        facts: dict[str, Any] = {
            "ticket_id": ticket.pk,
            "actor": in_acme.sora.actor,
            "at": AT,
            "seen_message_id": seen,
        }
        services.reply_to_ticket(body="One", **facts)
        services.reply_to_ticket(body="Two", **facts)
        services.receive_reply(
            ticket_id=ticket.pk, body="No, wait", author_label="Mari", actor=INTAKE, at=AT, channel="email"
        )
        with pytest.raises(AnsweredMeanwhile) as warning:
            services.reply_to_ticket(body="Three", **facts)
        assert [one.body for one in warning.value.messages] == ["No, wait"]
        services.reply_to_ticket(body="A note needs no warning", kind="internal", **facts)


def test_first_response_and_reopenings_are_counted_when_they_happen(in_acme: Company, ticket: Ticket) -> None:
    sora = in_acme.sora.actor
    for hours in (1, 2):
        services.reply_to_ticket(ticket_id=ticket.pk, body="Yes", actor=sora, at=AT + timedelta(hours=hours))
    services.resolve_ticket(ticket_id=ticket.pk, resolution="", actor=sora, at=AT)
    found = services.reopen_ticket(ticket_id=ticket.pk, reason="Again", actor=sora, at=AT)
    assert (found.first_response_at, found.reopened_count) == (AT + timedelta(hours=1), 1)


class TestCannedReplies:
    """Words said often."""

    def make(self, company: Company, **facts: object) -> CannedReply:
        values = {"title": "On our way", "body": "Dear {contact}, about {ticket}: {visit}.", "at": AT}
        return services.create_canned_reply(**{**values, "actor": company.ada.actor, **facts})  # type: ignore[arg-type]

    def test_the_customers_language_comes_first(self, in_acme: Company, ticket: Ticket) -> None:
        english = self.make(in_acme, language="en")
        japanese = self.make(in_acme, language="ja", title="伺います")
        any_language = self.make(in_acme, title="OK")
        self.make(in_acme, title="Old", language="ja")
        CannedReply.objects.filter(title="Old").update(is_active=False)
        assert queries.canned_replies_for(ticket) == [japanese, any_language, english]

    def test_the_box_offers_them_filled_in(self, acme: Company, ticket: Ticket, signed_in: SignIn) -> None:
        with tenant_active(acme.tenant.pk):
            reply = self.make(acme)
        text = signed_in(acme.sora).get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
        assert f"Dear Mari Aoki, about {ticket}: {{visit}}." in text
        data = {"body": "Dear Mari", "kind": "public", "canned": reply.pk}
        signed_in(acme.sora).post(f"/t/acme/tickets/{ticket.pk}/reply/", data)
        with tenant_active(acme.tenant.pk):
            reply.refresh_from_db()
        assert reply.used_count == 1

    def test_settings_add_and_correct_them(self, acme: Company, signed_in: SignIn) -> None:
        ada = signed_in(acme.ada)
        values = {"title": "Thanks", "body": "Thank you, {contact}.", "language": "en", "is_active": "on"}
        assert ada.post("/t/acme/settings/canned-replies/", values).status_code == 303
        assert ada.post("/t/acme/settings/canned-replies/", values).status_code == 422
        with tenant_active(acme.tenant.pk):
            pk = CannedReply.objects.get().pk
        changed = {**values, "body": "Many thanks"}
        assert ada.post(f"/t/acme/settings/canned-replies/{pk}/", changed).status_code == 303
        assert "Many thanks" in ada.get(f"/t/acme/settings/canned-replies/{pk}/").content.decode()
        assert signed_in(acme.sora).get("/t/acme/settings/canned-replies/").status_code == 403

    def test_only_admins_write_them(self, in_acme: Company) -> None:
        with pytest.raises(NotAllowed):
            self.make(in_acme, actor=in_acme.sora.actor)
        self.make(in_acme)
        with pytest.raises(Conflict, match="already"):
            self.make(in_acme)


def test_settings_keep_sub_states(acme: Company, signed_in: SignIn) -> None:
    ada = signed_in(acme.ada)
    values = {"status": "waiting", "name": "Quote sent", "code": "quoted", "position": 1}
    assert ada.post("/t/acme/settings/sub-states/", values).status_code == 303
    assert ada.post("/t/acme/settings/sub-states/", values).status_code == 422
    page = ada.get("/t/acme/settings/sub-states/").content.decode()
    assert "Quote sent" in page
