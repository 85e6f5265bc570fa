"""The queue: its parameters, pages and saved views; search by grams; the phone log; codes on equipment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.errors import BadInput, Conflict, NotFound
from core.text import fold
from customers.models import Contact
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.customers import make_asset, make_contact
from tests.factories.tickets import make_policy, make_ticket
from tickets import links, queries, queue, services
from tickets.grams import BLOCK, block_of, grams_of, grams_wanted
from tickets.models import AssetCode, SavedView, Ticket, TicketMessage

SignIn = Callable[[Person], Client]
TOKYO = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def desk(acme: Company, signed_in: SignIn) -> Client:
    return signed_in(acme.sora)


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


def reader(company: Company) -> queries.Reader:
    return queries.Reader(company.sora.actor, AT, company.tenant.zone)


class TestGrams:
    @pytest.mark.parametrize(
        "needle",
        ["printer", "inte", "プリンター", "紙", "紙づ", "t-10482", "p", "pr", "3fの複", "loud noise"],
    )
    def test_what_a_text_holds_is_wanted_of_it(self, needle: str) -> None:
        text = fold("T-10482 Printer 3Fの複合機 プリンターの紙づまり, loud noise")
        assert set(grams_wanted(needle, 7)) <= set(grams_of(text, 10482, 7))

    def test_tenants_share_no_gram(self) -> None:
        assert not set(grams_of("printer", 1, 7)) & set(grams_of("printer", 1, 8))

    def test_blocks_are_negative_and_follow_the_number(self) -> None:
        assert block_of(BLOCK - 1, 7) == block_of(0, 7) < 0
        assert block_of(BLOCK, 7) != block_of(0, 7)


class TestQueue:
    def test_a_queue_reads_back_what_it_says(self) -> None:
        asked = {
            "view": "all",
            "state": "waiting",
            "owner": "me",
            "priority": "1",
            "due": "2026-11-30",
            "q": "x",
        }
        found = queue.read(asked)
        assert found.values() == asked and not found.problems
        assert queue.read(found.values()) == found
        assert found.due == date(2026, 11, 30) and found.is_living and found.by_number

    @pytest.mark.parametrize(
        "name",
        ["view", "state", "owner", "channel", "priority", "topic", "kind", "customer", "due", "waiting"],
    )
    def test_nonsense_is_named_and_left_out(self, desk: Client, name: str) -> None:
        page = desk.get("/t/acme/tickets/", {name: "nonsense"})
        assert page.status_code == 200
        assert "“nonsense”" in page.content.decode()

    @pytest.mark.parametrize("view", ["open", "all"])
    def test_pages_go_on_where_the_last_one_ended(
        self, in_acme: Company, view: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tickets.queries.inbox.ROWS", 2)
        made = {make_ticket(subject=f"No {n}").pk for n in range(5)}
        for n, pk in enumerate(sorted(made)):
            # Two are due at the same moment, and two at none.
            Ticket.objects.filter(pk=pk).update(due_at=AT + timedelta(hours=n // 2) if n < 3 else None)
        asked, after, seen = queue.Queue(view=view), "", []
        for _page in range(3):
            page = queries.queue_page(asked, reader(in_acme), after=after)
            seen += [ticket.pk for ticket in page.rows]
            after = page.after
        assert (seen, after) == (sorted(made) if view == "open" else sorted(made, reverse=True), "")

    def test_a_search_goes_on_behind_the_newest(
        self, in_acme: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tickets.queries.inbox.ROWS", 2)
        numbers = [make_ticket(subject=f"Copier {n}").number for n in range(5)]
        first = queries.queue_page(queue.Queue(view="all", q="copier"), reader(in_acme))
        rest = queries.queue_page(queue.Queue(view="all", q="copier"), reader(in_acme), after=first.after)
        assert [ticket.number for ticket in first.rows + rest.rows] == numbers[::-1][:4]

    @pytest.mark.parametrize(
        ("words", "shown"),
        [
            ("T-7", [7, 711, 710, 77, 71, 70, 9]),
            ("t-71", [71, 711, 710]),
            ("Ｔ－７１", [71, 711, 710]),
            ("7", [7, 711, 710, 8]),
            ("71", [71, 711, 710, 8]),
            ("T-12", []),
            ("T-07", []),
            ("beta-70", [8]),
        ],
    )
    def test_a_number_shows_its_ticket_first_then_numbers_that_begin_so_then_texts(
        self, in_acme: Company, monkeypatch: pytest.MonkeyPatch, words: str, shown: list[int]
    ) -> None:
        texts = {8: "The pump beta-70 7110", 9: "It is as in T-7, again"}
        numbers = (5, 7, 8, 9, 70, 71, 77, 710, 711)
        made = [make_ticket(subject=texts.get(number, "Copier"), description="").pk for number in numbers]
        for pk, number in reversed(list(zip(made, numbers, strict=True))):
            ticket = Ticket.objects.get(pk=pk)
            ticket.search_text = ticket.search_text.replace(f"t-{ticket.number} ", f"t-{number} ")
            ticket.number = number
            ticket.save()
        for rows in (50, 3):
            monkeypatch.setattr("tickets.queries.inbox.ROWS", rows)
            asked, after, seen = queue.Queue(view="all", q=words), "", []
            for _page in range(5):
                page = queries.queue_page(asked, reader(in_acme), after=after)
                seen += [ticket.number for ticket in page.rows]
                if not (after := page.after):
                    break
            assert (seen, after) == (shown, "")
            assert {one.number for one in queries.search_tickets(words)} == set(shown)

    def test_a_search_narrowed_by_channel_looks_past_the_others(self, in_acme: Company) -> None:
        wanted = make_ticket(channel="phone")
        for _n in range(3):
            make_ticket(channel="email")
        asked = queue.Queue(view="open", q="copier", channel="phone")
        assert [one.pk for one in queries.queue_page(asked, reader(in_acme)).rows] == [wanted.pk]

    @pytest.mark.parametrize("after", ["x", "-", "9" * 40, "never-", "1e9-3", "never-x", "n-3"])
    @pytest.mark.parametrize("words", ["", "copier", "T-7"])
    def test_a_made_up_place_begins_at_the_start(self, desk: Client, after: str, words: str) -> None:
        assert desk.get("/t/acme/tickets/", {"after": after, "q": words}).status_code == 200

    def test_counts_stop_at_a_thousand(self, in_acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tickets.queries.inbox.MOST_COUNTED", 2)
        for _n in range(4):
            make_ticket()
        assert queries.view_counts(reader(in_acme)) == {"open": 3, "mine": 0, "new": 3, "waiting": 0}

    def test_only_the_rows_that_belong_are_answered(self, desk: Client, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            new, done = make_ticket(subject="Fresh one"), make_ticket(subject="Old one")
            services.resolve_ticket(ticket_id=done.pk, resolution="", actor=acme.sora.actor, at=AT)
        page = desk.get(f"/t/acme/tickets/?view=open&only={new.pk},{done.pk},x").content.decode()
        assert "Fresh one" in page and "Old one" not in page and "<html" not in page

    def test_the_inbox_costs_the_same_for_one_and_three(self, desk: Client, acme: Company) -> None:
        costs: list[int] = []
        for _n in range(2):
            with tenant_active(acme.tenant.pk):
                make_policy()
                make_ticket(contact_id=make_contact().pk)
                if costs:
                    make_ticket(contact_id=make_contact().pk)
            desk.get("/t/acme/tickets/")
            with CaptureQueriesContext(connection) as counted:
                desk.get("/t/acme/tickets/")
            costs.append(len(counted))
        assert costs[0] == costs[1] <= 22


class TestSavedViews:
    def save(self, actor: Actor, name: str = "Late", shared: bool = False) -> SavedView:
        query = {"view": "open", "breached": "1"}
        return services.save_view(name=name, query=query, is_shared=shared, actor=actor, at=AT)

    def test_save_rename_order_remove_in_the_browser(self, desk: Client, acme: Company) -> None:
        saved = desk.post("/t/acme/tickets/views/", {"name": "Late", "view": "open", "breached": "1"})
        assert saved.status_code == 303 and "breached=1" in saved.headers["Location"]
        page = desk.get(saved.headers["Location"]).content.decode()
        assert "Late" in page
        with tenant_active(acme.tenant.pk):
            view = SavedView.objects.get()
            other = self.save(acme.sora.actor, "Second")
        base = f"/t/acme/tickets/views/{view.pk}"
        assert desk.post(f"{base}/name/", {"name": "Too late"}).status_code == 303
        assert desk.post(f"{base}/move/", {"by": "1"}).status_code == 303
        with tenant_active(acme.tenant.pk):
            assert [one.name for one in queries.saved_views(acme.sora.actor)] == ["Second", "Too late"]
        assert desk.post(f"{base}/remove/").status_code == 303
        with tenant_active(acme.tenant.pk):
            assert list(queries.saved_views(acme.sora.actor)) == [other]

    def test_ones_own_is_nobody_elses_and_the_shared_is_everybodys(self, in_acme: Company) -> None:
        own = self.save(in_acme.sora.actor)
        shared = self.save(in_acme.sora.actor, shared=True)
        assert list(queries.saved_views(in_acme.ada.actor)) == [shared]
        with pytest.raises(NotFound):
            services.remove_view(view_id=own.pk, actor=in_acme.ada.actor, at=AT)

    def test_nonsense_and_the_same_name_are_refused(self, in_acme: Company) -> None:
        with pytest.raises(BadInput, match="nonsense"):
            services.save_view(
                name="x", query={"channel": "nonsense"}, is_shared=False, actor=in_acme.sora.actor, at=AT
            )
        self.save(in_acme.sora.actor)
        with pytest.raises(Conflict, match="Late"):
            self.save(in_acme.sora.actor)
        with pytest.raises(BadInput):
            self.save(in_acme.sora.actor, name="  ")


class TestPhoneLog:
    @pytest.mark.parametrize("caller", ["03-5555-0142", "+81 3 5555 0142", "０３（５５５５）０１４２"])
    def test_who_calls_is_known_however_the_number_is_written(
        self, desk: Client, acme: Company, caller: str
    ) -> None:
        with tenant_active(acme.tenant.pk):
            contact = make_contact()
            make_ticket(contact_id=contact.pk, subject="Jam again")
        page = desk.get("/t/acme/tickets/call/", {"caller": caller}).content.decode()
        assert contact.name in page and "Jam again" in page

    def test_a_call_joins_an_open_ticket_once(self, desk: Client, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            contact = make_contact()
            ticket = make_ticket(contact_id=contact.pk)
        data = {"key": "k", "caller": "03-5555-0142", "contact": contact.pk, "ticket": ticket.pk}
        data |= {"body": "It jams again", "began_at": "09:00", "minutes": "4"}
        for _click in range(2):
            answer = desk.post("/t/acme/tickets/call/", data)
            assert answer.status_code == 303, answer.content.decode()
        with tenant_active(acme.tenant.pk):
            assert Ticket.objects.count() == 1
            said = TicketMessage.objects.get(ticket=ticket, body="It jams again")
            assert said.inbound is not None
            assert (said.channel, said.direction, said.inbound.facts["minutes"]) == ("phone", "in", 4)
            assert (
                TicketMessage.objects.filter(ticket=ticket, kind="internal", body__contains="4 min").count()
                == 1
            )

    def test_an_unknown_caller_becomes_a_contact(self, desk: Client, acme: Company) -> None:
        data = {"key": "k2", "caller": "090-1234-5678", "contact": "new", "name": "Jun Ito", "ticket": ""}
        assert desk.post("/t/acme/tickets/call/", {**data, "body": "No heat"}).status_code == 303
        with tenant_active(acme.tenant.pk):
            contact = Contact.objects.get(name="Jun Ito")
            ticket = Ticket.objects.get()
        assert (ticket.contact_id, ticket.channel, ticket.subject) == (contact.pk, "phone", "No heat")
        assert (contact.phone_digits, ticket.owner_id) == ("819012345678", acme.sora.membership.pk)

    def test_a_call_without_words_is_shown_again(self, desk: Client, acme: Company) -> None:
        assert desk.post("/t/acme/tickets/call/", {"caller": "1", "body": ""}).status_code == 422


class TestCodes:
    def code(self, company: Company) -> tuple[AssetCode, str]:
        asset = make_asset()
        code = services.issue_codes(asset_ids=[asset.pk], actor=company.ada.actor, at=AT)[asset.pk]
        return code, links.code_of(code.nonce)

    def test_a_label_opens_the_form_and_a_report_becomes_a_ticket_once(
        self, acme: Company, client: Client
    ) -> None:
        with tenant_active(acme.tenant.pk):
            code, text = self.code(acme)
            name = code.asset.name
        url = f"/c/acme/a/{text}/"
        page = client.get(url)
        assert name in page.content.decode() and page.headers["Cache-Control"] == "no-store"
        for _click in range(2):
            assert client.post(url, {"body": "It smokes", "idempotency_key": "k"}).status_code == 303
        with tenant_active(acme.tenant.pk):
            ticket = Ticket.objects.get()
        assert (ticket.asset_id, ticket.channel, ticket.description) == (code.asset_id, "qr", "It smokes")
        assert "Reported already" in client.get(url).content.decode()
        assert client.post(url, {"body": "Now it burns", "ticket": ticket.pk}).status_code == 303
        with tenant_active(acme.tenant.pk):
            assert Ticket.objects.count() == 1 and TicketMessage.objects.filter(ticket=ticket).count() == 2

    def test_a_wrong_code_is_a_revoked_one_byte_for_byte(self, acme: Company, client: Client) -> None:
        with tenant_active(acme.tenant.pk):
            code, text = self.code(acme)
            services.reissue_code(asset_id=code.asset_id, actor=acme.ada.actor, at=AT)
        revoked, wrong = (client.get(f"/c/acme/a/{one}/") for one in (text, "0" * 26))
        assert revoked.status_code == wrong.status_code == 404
        assert len(revoked.content) == len(wrong.content)

    def test_another_assets_ticket_cannot_be_added_to(self, in_acme: Company) -> None:
        _code, text = self.code(in_acme)
        with pytest.raises(NotFound):
            services.report_by_code(
                code=text, key="k", body="x", ticket_id=make_ticket().pk, actor=Actor.system("t"), at=AT
            )

    def test_a_flood_at_one_label_spares_the_others(self, acme: Company, client: Client) -> None:
        with tenant_active(acme.tenant.pk):
            _one, flooded = self.code(acme)
            _two, other = self.code(acme)
        for n in range(31):
            answer = client.post(
                f"/c/acme/a/{flooded}/", {"body": f"spam {n}"}, REMOTE_ADDR=f"198.51.100.{n}"
            )
        assert answer.status_code == 429 and answer.headers["Retry-After"]
        fresh = client.post(f"/c/acme/a/{other}/", {"body": "It smokes"}, REMOTE_ADDR="203.0.113.9")
        assert fresh.status_code == 303

    def test_labels_are_made_and_printed(self, acme: Company, signed_in: SignIn) -> None:
        with tenant_active(acme.tenant.pk):
            asset = make_asset()
        client, url = signed_in(acme.ada), f"/t/acme/customers/{asset.site.customer_id}/labels/"
        assert "No code yet" in client.get(url).content.decode()
        assert client.post(url).status_code == 303
        assert "<svg" in client.get(url).content.decode()
        assert client.post(f"/t/acme/assets/{asset.pk}/code/revoke/").status_code == 303
        assert "<svg" not in client.get(url).content.decode().split("labels", 1)[1]
