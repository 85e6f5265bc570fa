"""How many confirmations the public form sends: per mailbox, and to strangers per company."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels.models import OutboundMessage
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.customers import make_contact
from tickets import rules
from tickets.models import Ticket

FORM = {"name": "Cleo", "subject": "No heat", "body": "Since morning"}


def ask(client: Client, email: str, number: int = 0, company: str = "acme") -> bool:
    """Whether the request of this sender, taken from a computer of its own, was confirmed."""
    facts = {**FORM, "email": email, "subject": f"n{number} {email}"}
    answer = client.post(
        f"/c/{company}/request/", facts, REMOTE_ADDR=f"10.0.{number}.{sum(email.encode()) % 250}"
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    assert "T-" in page.content.decode() and "See how far it is" in page.content.decode()
    assert page.context["is_mailed"] == ("mailed" in answer.headers["Location"])
    return bool(page.context["is_mailed"])


def test_an_address_with_a_plus_is_the_mailbox_without(acme: Company, client: Client) -> None:
    addresses = ["cleo@home.example", "Cleo+1@home.example", "cleo+a+b@HOME.example", "cleo+3@home.example"]
    assert [ask(client, email) for email in addresses] == [True, True, True, False]
    assert ask(client, "cleon@home.example")
    with tenant_active(acme.tenant.pk):
        assert (Ticket.objects.count(), OutboundMessage.objects.count()) == (5, 4)
        assert OutboundMessage.objects.filter(recipient="Cleo+1@home.example").exists(), "sent as typed"


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("A+b@X.example", "a@x.example"),
        ("+a@x.example", "+a@x.example"),
        ("a@x+y.example", "a@x+y.example"),
        ("a", "a"),
    ],
)
def test_whose_mailbox_it_is(typed: str, mailbox: str) -> None:
    assert rules.mailbox_of(typed) == mailbox


@pytest.mark.parametrize("name", ["REQUEST_LETTERS_AN_HOUR", "REQUEST_LETTERS_A_DAY"])
def test_a_company_writes_to_so_many_strangers_and_its_desk_sees_who_was_not(
    acme: Company, globex: Company, client: Client, settings: Any, name: str
) -> None:
    setattr(settings, name, 2)
    told = [ask(client, f"stranger{number}@far.example", number) for number in range(4)]
    assert told == [True, True, False, False]
    assert not ask(client, "stranger3@far.example", 5), "asking twice makes nobody a customer"
    assert ask(client, "stranger9@far.example", company="globex"), "others are not held"
    with tenant_active(acme.tenant.pk):
        tickets = list(Ticket.objects.order_by("pk"))
        assert (len(tickets), OutboundMessage.objects.count()) == (5, 2)
        left_out = AuditEntry.objects.filter(verb="not_confirmed").order_by("pk")
        assert [entry.object_id for entry in left_out] == [ticket.pk for ticket in tickets[2:]]
    client.force_login(acme.dirk.user)
    record = client.get(f"/t/acme/audit/tickets.ticket/{tickets[2].pk}/").content.decode()
    assert "left out the confirmation" in record


def test_customers_are_confirmed_however_many_strangers_ask(
    acme: Company, client: Client, settings: Any
) -> None:
    settings.REQUEST_LETTERS_A_DAY = 0
    with tenant_active(acme.tenant.pk):
        make_contact(email="mari@aoki.example")
    assert not ask(client, "stranger@far.example")
    assert ask(client, "Mari@aoki.example")
    with tenant_active(acme.tenant.pk):
        Ticket.objects.filter(contact__email="stranger@far.example").update(status="resolved")
    assert ask(client, "stranger@far.example", 1), "we have done something for them"
