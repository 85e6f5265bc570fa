"""The public request form: its number, its confirmation, its limits."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from channels.models import OutboundMessage
from channels.services import message_id_of
from customers.models import Contact
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.tickets import FOUNDER
from tickets import services
from tickets.models import Ticket
from tickets.services import Intake
from tickets.views import requests

FORM = {"name": "Cleo", "email": "cleo@home.example", "subject": "No heat", "body": "Since morning"}


def test_the_public_form_gives_a_number_without_sign_in(acme: Company, client: Client) -> None:
    page = client.get("/c/acme/request/?lang=ja")
    assert page.status_code == 200
    answer = client.post("/c/acme/request/", FORM, follow=True)
    assert "T-1" in answer.content.decode()
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get()
        assert ticket.channel == "web"
        assert Contact.objects.get().email == "cleo@home.example"


@pytest.mark.parametrize(
    ("facts", "field", "told"),
    [
        ({"email": "a@b"}, "email", "“a@b” is not an e-mail address. Write it like name@example.com."),
        (
            {"phone": "abc"},
            "phone",
            "“abc” is not a phone number. Write at least 5 digits, such as +1 212 555 0142.",
        ),
        ({"email": "", "phone": "555"}, "phone", "“555” is not a phone number."),
    ],
)
def test_by_what_nobody_is_reached_is_told_at_its_field(
    acme: Company, client: Client, facts: dict[str, str], field: str, told: str
) -> None:
    answer = client.post("/c/acme/request/", {**FORM, **facts})
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field] and errors[field][0].startswith(told)
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "phone", ["03-5555-0142", "（０３）５５５５－０１４２", "+86 138 0013 8000 转 12", "911 55"]
)
def test_a_number_is_taken_however_it_is_written(acme: Company, client: Client, phone: str) -> None:
    answer = client.post("/c/acme/request/", {**FORM, "email": "", "phone": phone})
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        assert Contact.objects.get().prefers == "phone"


def test_mail_from_an_odd_address_is_never_refused(in_acme: Company) -> None:
    raw = make_email(sender="root@intranet")
    assert services.take_in_email(raw=raw, at=AT, actor=FOUNDER) == Intake.OPENED
    assert (Contact.objects.get().email, Contact.objects.get().prefers) == ("root@intranet", "email")


def test_a_double_click_is_one_request(acme: Company, client: Client) -> None:
    for _ in range(2):
        client.post("/c/acme/request/", {**FORM, "idempotency_key": "k1"})
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.count() == 1
        assert OutboundMessage.objects.count() == 1


def test_the_form_says_that_one_of_two_ways_is_enough(acme: Company, client: Client) -> None:
    page = client.get("/c/acme/request/").content.decode()
    for label in ("E-mail", "Phone"):
        assert f'{label} <span class="optional">(one of these two)</span>' in page


def test_a_request_is_confirmed_by_mail_in_its_language(acme: Company, client: Client) -> None:
    client.get("/c/acme/request/?lang=ja")
    answer = client.post("/c/acme/request/", FORM, follow=True)
    assert answer.context["is_mailed"]
    with tenant_active(acme.tenant.pk):
        letter = OutboundMessage.objects.get()
        assert (letter.recipient, letter.language, letter.is_automatic) == ("cleo@home.example", "ja", True)
        assert "T-1" in letter.subject and "T-1" in letter.body
        for typed in (FORM["name"], FORM["subject"], FORM["body"]):
            assert typed not in letter.subject + letter.body, "nobody may send words of their own through us"
    found = re.search(r"/c/acme/request/follow/\?f=\S+", letter.body)
    assert found is not None
    page = Client().get(found.group() + "&lang=en").content.decode()
    assert "T-1" in page and "We have it." in page and FORM["subject"] not in page
    old = found.group().replace("follow", "thanks")
    assert Client().get(old, follow=True).status_code == 200, "letters of last week lead there too"
    assert client.get("/c/acme/request/follow/?f=forged").status_code == 404
    assert client.get(found.group().replace("/acme/", "/globex/")).status_code == 404


def test_an_answer_to_the_confirmation_belongs_to_its_request(acme: Company, client: Client) -> None:
    client.post("/c/acme/request/", FORM)
    with tenant_active(acme.tenant.pk):
        facts = {
            "sender": "Cleo <cleo@home.example>",
            "in_reply_to": message_id_of(OutboundMessage.objects.get()),
        }
        stranger = {**facts, "sender": "Somebody <else@where.example>", "message_id": "<two@where.example>"}
        taken = [
            services.take_in_email(raw=make_email(body="The key is next door", **one), at=AT, actor=FOUNDER)
            for one in (facts, stranger)
        ]
        assert taken == [Intake.REPLY, Intake.OPENED]
        assert "The key is next door" in Ticket.objects.earliest("pk").messages.latest("pk").body


def test_without_an_address_nothing_is_mailed(acme: Company, client: Client) -> None:
    answer = client.post("/c/acme/request/", {**FORM, "email": "", "phone": "03 1234 5678"}, follow=True)
    assert not answer.context["is_mailed"] and "See how far it is" in answer.content.decode()
    with tenant_active(acme.tenant.pk):
        assert not OutboundMessage.objects.exists()


def test_the_form_cannot_flood_a_strangers_mailbox(acme: Company, client: Client) -> None:
    for number in range(5):
        facts = {**FORM, "subject": f"n{number}", "email": "Cleo@home.example" if number else FORM["email"]}
        answer = client.post("/c/acme/request/", facts, REMOTE_ADDR=f"10.0.0.{number}")
        assert answer.status_code == 303
        assert ("mailed" in answer.headers["Location"]) == (number < 3)
    with tenant_active(acme.tenant.pk):
        assert (Ticket.objects.count(), OutboundMessage.objects.count()) == (5, 3)


def test_the_form_says_what_is_missing(acme: Company, client: Client) -> None:
    answer = client.post("/c/acme/request/", {"name": "Cleo", "subject": "x", "body": "y"})
    assert answer.status_code == 422
    assert "phone number" in answer.content.decode()


def test_a_machine_in_the_trap_opens_nothing(acme: Company, client: Client) -> None:
    answer = client.post("/c/acme/request/", {**FORM, "website": "http://spam"})
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        assert not Ticket.objects.exists()


def test_a_flood_is_stopped_for_one_address_only(acme: Company, globex: Company, client: Client) -> None:
    for number in range(10):
        assert client.post("/c/acme/request/", {**FORM, "subject": f"n{number}"}).status_code == 303
    refused = client.post("/c/acme/request/", {**FORM, "subject": "more"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    other = client.post("/c/acme/request/", {**FORM, "subject": "x"}, REMOTE_ADDR="10.0.0.9")
    assert other.status_code == 303
    assert client.post("/c/globex/request/", FORM).status_code == 303


def test_a_company_flooded_from_everywhere_is_shielded_and_others_are_not(
    acme: Company, globex: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PER_TENANT", 3)
    answers = [
        Client(REMOTE_ADDR=f"203.0.113.{n}")
        .post("/c/acme/request/", {**FORM, "subject": f"n{n}"})
        .status_code
        for n in range(4)
    ]
    assert answers == [303, 303, 303, 429]
    assert Client().post("/c/globex/request/", FORM).status_code == 303


def test_who_is_too_loud_uses_up_nobody_elses_share(
    acme: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PER_ADDRESS", 2)
    monkeypatch.setattr(requests, "PER_TENANT", 5)
    answers = [client.post("/c/acme/request/", {**FORM, "body": f"{n}"}).status_code for n in range(20)]
    assert answers == [303] * 2 + [429] * 18
    assert client.post("/c/acme/request/", FORM, REMOTE_ADDR="203.0.113.7").status_code == 303


def test_emoji_and_mixed_scripts_in_a_name_reach_the_desk(acme: Company, client: Client) -> None:
    name = "🧯 Zoë 👩🏽‍🔧 עדי 青木"
    assert client.post("/c/acme/request/", {**FORM, "name": name}).status_code == 303
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.select_related("contact", "customer").get()
    assert ticket.contact is not None
    assert (ticket.contact.name, str(ticket.customer)) == (name, name)
    client.force_login(acme.sora.user)
    assert name in client.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()


def test_a_thanks_code_of_nobody_is_not_found(acme: Company, client: Client) -> None:
    assert client.get("/c/acme/request/thanks/?r=forged").status_code == 404
