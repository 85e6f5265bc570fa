"""Pages of the service desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.models import InboundMessage
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact, make_customer, make_site
from tests.factories.tickets import FOUNDER, make_policy, make_ticket, make_topic
from tickets import services
from tickets.models import Ticket

SignIn = Callable[[Person], Client]


@pytest.fixture
def desk(acme: Company, signed_in: SignIn) -> Client:
    return signed_in(acme.sora)


@pytest.fixture
def ticket(acme: Company) -> Ticket:
    with tenant_active(acme.tenant.pk):
        make_policy()
        asset = make_asset()
        contact = make_contact(asset.site.customer)
        return make_ticket(contact_id=contact.pk, asset_id=asset.pk, topic_id=make_topic().pk)


def test_the_inbox_shows_the_queue(desk: Client, ticket: Ticket) -> None:
    page = desk.get("/t/acme/tickets/")
    assert page.status_code == 200
    assert "The copier jams" in page.content.decode()


@pytest.mark.parametrize("view", ["open", "mine", "new", "waiting", "all", "nonsense"])
def test_every_view_of_the_inbox_opens_empty(desk: Client, view: str) -> None:
    assert desk.get(f"/t/acme/tickets/?view={view}&channel=web&q=x").status_code == 200


def test_the_ticket_page_shows_talk_clocks_and_customer(desk: Client, ticket: Ticket) -> None:
    text = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    for expected in ("Every day on 3F.", "First response", "Aoki Building", "Copier 3F", "Ticket opened"):
        assert expected in text


@pytest.mark.parametrize("part", ["queue", "talk", "panel"])
def test_a_fragment_is_the_same_part_of_the_page(desk: Client, ticket: Ticket, part: str) -> None:
    url = f"/t/acme/tickets/{ticket.pk}/"
    fragment = desk.get(url, headers={"HX-Request": "true", "HX-Target": part}).content.decode()
    assert fragment.lstrip().startswith(("<section", "<aside"))
    assert f'id="{part}"' in fragment
    assert "<html" not in fragment
    opening = fragment.strip().split(">", 1)[0]
    assert opening in desk.get(url).content.decode()


def test_take_reply_note_wait_continue_resolve_reopen_close(desk: Client, ticket: Ticket) -> None:
    base = f"/t/acme/tickets/{ticket.pk}"
    steps: list[tuple[str, dict[str, str], str]] = [
        ("take", {}, "open"),
        ("reply", {"body": "We come.", "kind": "public"}, "open"),
        ("reply", {"body": "Mind the dog", "kind": "internal"}, "open"),
        ("wait", {"waiting_for": "customer"}, "waiting"),
        ("continue", {}, "open"),
        ("resolve", {"resolution": "New roller"}, "resolved"),
        ("reopen", {"reason": "Jams again"}, "reopened"),
        ("resolve", {}, "resolved"),
        ("close", {}, "closed"),
    ]
    for act, data, status in steps:
        answer = desk.post(f"{base}/{act}/?view=all", data)
        assert (act, answer.status_code) == (act, 303)
        assert answer.headers["Location"].endswith(f"/tickets/{ticket.pk}/?view=all")
        with tenant_active(ticket.tenant.pk):
            ticket.refresh_from_db()
        assert (act, ticket.status) == (act, status)
        assert desk.get(base + "/").status_code == 200


def test_an_empty_reply_is_shown_again(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(f"/t/acme/tickets/{ticket.pk}/reply/", {"body": "", "kind": "public"})
    assert answer.status_code == 422
    assert "reply-error" in answer.content.decode()


def test_what_cannot_be_is_refused_with_the_way_out(desk: Client, ticket: Ticket) -> None:
    answer = desk.post(f"/t/acme/tickets/{ticket.pk}/close/")
    assert answer.status_code == 409
    assert "T-1" in answer.content.decode()


def test_triage_corrects_and_hands_over(desk: Client, acme: Company, ticket: Ticket) -> None:
    values = {
        "priority": 1,
        "kind": "complaint",
        "owner": acme.ada.membership.pk,
        "contact": ticket.contact_id,
    }
    answer = desk.post(f"/t/acme/tickets/{ticket.pk}/triage/", values)
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        ticket.refresh_from_db()
    assert (ticket.priority, ticket.kind, ticket.owner_id) == (1, "complaint", acme.ada.membership.pk)
    assert ticket.status == "open"


def test_what_to_correct_is_asked_for_when_it_is_opened(desk: Client, ticket: Ticket) -> None:
    url = f"/t/acme/tickets/{ticket.pk}/triage/"
    dialog = desk.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in dialog
    assert "Copier 3F" in dialog
    assert "Copier 3F" in desk.get(url).content.decode()
    refused = desk.post(url, {"priority": 9, "kind": "problem"})
    assert refused.status_code == 422
    assert "error" in refused.content.decode()


def test_a_call_shows_who_calls_while_it_rings(desk: Client, ticket: Ticket) -> None:
    found = desk.get("/t/acme/tickets/callers/?phone=%2B81 3 5555 0142", headers={"HX-Request": "true"})
    text = found.content.decode()
    assert "Mari Aoki" in text
    assert "T-1" in text
    assert "<html" not in text
    assert "<html" in desk.get("/t/acme/tickets/callers/?phone=0355550142").content.decode()


def test_a_logged_call_becomes_mine(desk: Client, acme: Company, ticket: Ticket) -> None:
    page = desk.get(f"/t/acme/tickets/new/?channel=phone&contact={ticket.contact_id}")
    assert "Mari Aoki" in page.content.decode()
    values = {"subject": "Toner", "channel": "phone", "kind": "request", "contact": ticket.contact_id}
    answer = desk.post("/t/acme/tickets/new/?channel=phone", values)
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        made = Ticket.objects.get(subject="Toner")
    assert (made.owner_id, made.customer_id) == (acme.sora.membership.pk, ticket.customer_id)


def test_a_form_without_subject_says_so(desk: Client) -> None:
    answer = desk.post("/t/acme/tickets/new/", {"channel": "phone", "kind": "request"})
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()


def test_messages_set_aside_are_seen_and_decided(desk: Client, acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        for raw in (b"Subject: who\n\nhello", b""):
            services.take_in_email(raw=raw, at=AT, actor=FOUNDER)
        first, second = InboundMessage.objects.order_by("id")
    assert "names no sender" in desk.get("/t/acme/tickets/quarantine/").content.decode()
    opened = desk.post(f"/t/acme/tickets/quarantine/{first.pk}/open/", {"sender_address": "x@y.example"})
    assert opened.status_code == 303
    assert desk.post(f"/t/acme/tickets/quarantine/{second.pk}/discard/").status_code == 303
    assert "Everything could be read" in desk.get("/t/acme/tickets/quarantine/").content.decode()


def test_an_engineer_sees_no_inbox(acme: Company, signed_in: SignIn, ticket: Ticket) -> None:
    engineer = signed_in(acme.tom)
    assert engineer.get("/t/acme/tickets/").status_code == 403
    assert engineer.post(f"/t/acme/tickets/{ticket.pk}/take/").status_code == 403


def test_a_rival_sees_nothing(acme: Company, globex: Company, signed_in: SignIn, ticket: Ticket) -> None:
    mallory = signed_in(globex.mallory)
    assert mallory.get(f"/t/acme/tickets/{ticket.pk}/").status_code == 404
    assert mallory.get(f"/t/globex/tickets/{ticket.pk}/").status_code == 404
    assert mallory.post(f"/t/globex/tickets/{ticket.pk}/take/").status_code == 404
    assert signed_in(acme.sora).get(f"/t/acme/tickets/{ticket.pk}/").status_code == 200


def cost_of(client: Client, url: str, headers: dict[str, str] | None = None) -> int:
    """How many statements the second visit to a page takes."""
    client.get(url, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, headers=headers).status_code == 200
    return len(captured)


def test_the_inbox_costs_the_same_for_every_length(acme: Company, desk: Client) -> None:
    costs = []
    for number in range(3):
        with tenant_active(acme.tenant.pk):
            make_policy()
            contact = make_contact(make_customer(name=f"Customer {number}"))
            make_ticket(contact_id=contact.pk, site_id=make_site(contact.customer).pk)
        costs.append(cost_of(desk, "/t/acme/tickets/"))
    assert costs[0] == costs[1] == costs[2] <= 16


def test_a_ticket_costs_the_same_for_every_conversation(acme: Company, desk: Client, ticket: Ticket) -> None:
    costs = []
    for number in range(3):
        with tenant_active(acme.tenant.pk):
            services.reply_to_ticket(ticket_id=ticket.pk, body=f"{number}", actor=acme.sora.actor, at=AT)
            make_ticket(customer_id=ticket.customer_id)
        costs.append(cost_of(desk, f"/t/acme/tickets/{ticket.pk}/"))
    assert costs[0] == costs[1] == costs[2] <= 37


@pytest.mark.parametrize(("part", "most"), [("queue", 15), ("talk", 26), ("panel", 16)])
def test_a_part_of_the_page_asks_for_nothing_but_its_own(
    desk: Client, ticket: Ticket, part: str, most: int
) -> None:
    asked = {"HX-Request": "true", "HX-Target": part}
    assert cost_of(desk, f"/t/acme/tickets/{ticket.pk}/", asked) <= most


def test_mail_text_is_shown_as_text(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        services.take_in_email(raw=make_email(body="<script>alert(1)</script>"), at=AT, actor=FOUNDER)
        found = Ticket.objects.get()
    page = desk.get(f"/t/acme/tickets/{found.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_a_new_ticket_is_opened_for_a_known_customer(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer(name="Aoki Building")
    assert 'name="q"' in desk.get("/t/acme/tickets/new/").content.decode()
    found = desk.get("/t/acme/tickets/callers/?q=aoki", headers={"HX-Request": "true"}).content.decode()
    assert (
        f'form="new-ticket" name="choose" value="customer:{customer.pk}"' in found
        and "Aoki Building" in found
    )
    alone = desk.get("/t/acme/tickets/callers/?q=aoki").content.decode()
    assert f"/t/acme/tickets/new/?customer={customer.pk}" in alone and "new-ticket" not in alone
    assert 'name="q"' not in desk.get(f"/t/acme/tickets/new/?customer={customer.pk}").content.decode()
    none = desk.get("/t/acme/tickets/callers/?q=zzz", headers={"HX-Request": "true"}).content.decode()
    assert "No customer is found" in none


def test_choosing_the_customer_keeps_what_was_typed(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer(name="Aoki Building")
        contact = make_contact(customer, name="Mari Aoki")
    typed = {
        "subject": "Jams again",
        "description": "On 3F",
        "channel": "sms",
        "kind": "complaint",
        "priority": "2",
    }
    for choose in (f"customer:{customer.pk}", f"contact:{contact.pk}"):
        answer = desk.post("/t/acme/tickets/new/", {**typed, "choose": choose})
        assert answer.status_code == 200
        form = answer.context["form"]
        assert not form.errors and answer.context["customer"] == customer
        assert {name: str(form[name].value()) for name in typed} == typed
        assert form["customer"].value() == customer.pk
    assert form["contact"].value() == contact.pk
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()


def test_a_row_of_the_inbox_names_its_ticket(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket(customer_id=make_customer(name="Aoki Building").pk)
    page = desk.get("/t/acme/tickets/").content.decode()
    assert f'<span class="number">{ticket}</span>' in page
