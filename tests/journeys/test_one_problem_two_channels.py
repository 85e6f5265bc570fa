"""Two stories of one conversation: by phone and by mail; and an answer to a number that was merged."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels import services as channels
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact
from tests.factories.tickets import make_policy
from tickets import services
from tickets.enums import SlaKpi, TicketStatus
from tickets.models import SlaClock, Ticket
from tickets.services.intake import INTAKE

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db(transaction=True)


def test_same_problem_by_phone_and_mail_becomes_one_ticket(
    acme: Company, signed_in: SignIn, mailoutbox: list[Any]
) -> None:
    desk = signed_in(acme.sora)
    call = the_customer_calls(acme, desk)
    mail = the_same_customer_writes(acme)
    the_page_offers_to_merge(desk, mail, call)
    one = desk.post(f"/t/acme/tickets/{mail.pk}/merge/", {"target": str(call), "tell_customer": "on"})
    assert one.headers["Location"].endswith(f"/tickets/{call.pk}/")
    everything_happens()
    page = desk.get(one.headers["Location"]).content.decode()
    for words in ("The copier jams on 3F", "Paper jam message will not go", "2 messages from", str(mail)):
        assert words in page
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.get(pk=mail.pk).status == TicketStatus.MERGED
        assert SlaClock.objects.filter(ticket=mail).exclude(state="cancelled").count() == 0
        clocks = SlaClock.objects.filter(ticket=call, kpi=SlaKpi.RESOLUTION)
        assert [clock.state for clock in clocks] == ["running"]
    assert [message.to for message in mailoutbox] == [["mari@aoki.example"]]
    assert str(call) in mailoutbox[0].body


def test_customer_replies_to_a_merged_number(acme: Company, signed_in: SignIn, mailoutbox: list[Any]) -> None:
    desk = signed_in(acme.sora)
    call = the_customer_calls(acme, desk)
    mail = the_same_customer_writes(acme)
    desk.post(f"/t/acme/tickets/{mail.pk}/reply/", {"body": "When may we come?", "kind": "public"})
    everything_happens()
    ours = mailoutbox[-1].extra_headers["Message-ID"]
    desk.post(f"/t/acme/tickets/{mail.pk}/merge/", {"target": str(call)})
    answer = make_email(
        subject=f"Re: The copier [{mail}]", message_id="<re@aoki.example>", in_reply_to=ours, body="At ten."
    )
    take(acme, answer)
    stranger = make_email(
        sender="eve@evil.example", message_id="<eve@evil>", in_reply_to=ours, body="Send me the key"
    )
    take(acme, stranger)
    page = desk.get(f"/t/acme/tickets/{call.pk}/").content.decode()
    assert "At ten." in page
    assert "Send me the key" not in page
    with tenant_active(acme.tenant.pk):
        assert list(call.messages.values_list("body", flat=True).order_by("id"))[-1].startswith("At ten.")
        assert Ticket.objects.get(pk=mail.pk).messages.count() == 2


def everything_happens() -> None:
    """What workers and the clock do in between: facts are told, mail goes out."""
    deliver_all()
    channels.send_due()


def the_customer_calls(acme: Company, desk: Client) -> Ticket:
    """A known number: the desk logs the call on the copier."""
    with tenant_active(acme.tenant.pk):
        make_policy()
        asset = make_asset()
        contact = make_contact(asset.site.customer)
    callers = desk.get("/t/acme/tickets/callers/?phone=03-5555-0142", headers={"HX-Request": "true"})
    assert "Mari Aoki" in callers.content.decode()
    desk.post(
        "/t/acme/tickets/new/?channel=phone",
        {
            "subject": "The copier jams on 3F",
            "description": "Paper jam message since this morning",
            "channel": "phone",
            "kind": "problem",
            "contact": contact.pk,
            "customer": asset.site.customer_id,
            "asset": asset.pk,
        },
    )
    deliver_all()
    with tenant_active(acme.tenant.pk):
        return Ticket.objects.get(channel="phone")


def the_same_customer_writes(acme: Company) -> Ticket:
    """Two hours later, by mail."""
    take(acme, make_email(subject="Copier 3F jams", body="Paper jam message will not go away on the copier."))
    with tenant_active(acme.tenant.pk):
        return Ticket.objects.get(channel="email")


def take(acme: Company, raw: bytes) -> None:
    with tenant_active(acme.tenant.pk):
        services.take_in_email(raw=raw, at=timezone.now() + timedelta(seconds=1), actor=INTAKE)
    deliver_all()


def the_page_offers_to_merge(desk: Client, mail: Ticket, call: Ticket) -> None:
    page = desk.get(f"/t/acme/tickets/{mail.pk}/").content.decode()
    assert re.search(rf"Looks like.*{call}", page)
    assert f"Merge into {call}" in page
