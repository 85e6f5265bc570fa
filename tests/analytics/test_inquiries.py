"""Inquiries are counted when they happen, and a recount finds the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from analytics import queries, services
from analytics.management.commands import recount_inquiries
from analytics.models import InquiryFigures
from core.clock import now
from core.errors import NotAllowed
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.customers import make_contact
from tests.factories.tickets import make_ticket, make_topic
from tickets import services as tickets
from tickets.models import Sitting

SYSTEM = Actor.system("figures")
SignIn = Callable[[Person], Client]


def rows() -> list[tuple[object, ...]]:
    """Every figure without its own key."""
    names = [f.attname for f in InquiryFigures._meta.concrete_fields if f.attname != "id"]
    return sorted(InquiryFigures.objects.values_list(*names))


def tell_a_story(company: Company, at: datetime = AT) -> None:
    """Answered after 20 minutes, resolved, reopened, resolved; another without an answer; a third is spam."""
    sora, contact = company.sora, make_contact()
    one = make_ticket(contact_id=contact.pk, topic_id=make_topic().pk, at=at)
    Sitting.objects.create(ticket=one, member=sora.membership, from_at=at, seen_at=at + timedelta(minutes=4))
    later = at + timedelta(minutes=20)
    tickets.reply_to_ticket(ticket_id=one.pk, body="We come.", actor=sora.actor, at=later)
    tickets.resolve_ticket(ticket_id=one.pk, resolution="", actor=sora.actor, at=later)
    tickets.reopen_ticket(ticket_id=one.pk, reason="Again", actor=sora.actor, at=later)
    tickets.resolve_ticket(ticket_id=one.pk, resolution="", actor=sora.actor, at=later)
    make_ticket(channel="phone", at=at)
    tickets.mark_spam(ticket_id=make_ticket(channel="web", at=at).pk, actor=sora.actor, at=later)


@pytest.mark.django_db(transaction=True)
def test_handlers_count_and_a_recount_agrees(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        tell_a_story(acme)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        counted = rows()
        assert len(counted) == 2
        InquiryFigures.objects.all().delete()
        assert services.recount_inquiries(actor=SYSTEM, at=AT).counted == 2
        assert rows() == counted


def test_the_figures_say_what_their_definitions_say(in_acme: Company) -> None:
    tell_a_story(in_acme)
    services.recount_inquiries(actor=SYSTEM, at=AT)
    found = queries.inquiries(AT.astimezone(in_acme.tenant.zone).date())
    assert (found.number, found.answered, found.resolved) == (2, 1, 1)
    assert (found.response_median, found.handling_median) == (20, 4)
    assert found.messages_per_resolution == 2
    assert found.reopened_percent == 100
    assert {row.channel: row.counts[9] for row in found.heat} == {"email": 1, "phone": 1}
    assert {(one.name, one.now, one.before) for one in found.topics} == {("", 1, 0), ("Paper jam", 1, 0)}


def test_only_the_system_writes_figures(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        services.refresh_inquiries(ticket_ids=[make_ticket().pk], actor=in_acme.dirk.actor, at=AT)


def test_the_page_shows_them(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.dirk)
    assert "No inquiry in these four weeks" in client.get("/t/acme/today/inquiries/").content.decode()
    with tenant_active(acme.tenant.pk):
        tell_a_story(acme, now() - timedelta(hours=1))
        services.recount_inquiries(actor=SYSTEM, at=AT)
    page = client.get("/t/acme/today/inquiries/").content.decode()
    assert "20\u00a0min" in page and "Paper jam" in page


@pytest.mark.django_db(transaction=True)
def test_the_command_counts_old_tickets_in_batches_and_once(
    acme: Company, globex: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recount_inquiries, "BATCH", 2)
    with tenant_active(globex.tenant.pk):
        make_ticket()
    with tenant_active(acme.tenant.pk):
        tell_a_story(acme)
    for _run in range(2):
        call_command("recount_inquiries", "--tenant", "acme")
        assert json.loads(capsys.readouterr().out)["inquiries"] == 2
        with tenant_active(acme.tenant.pk):
            assert len(rows()) == 2
    with tenant_active(globex.tenant.pk):
        assert not InquiryFigures.objects.exists(), "another company's tickets are left alone"
    with pytest.raises(CommandError, match="no active company nowhere"):
        call_command("recount_inquiries", "--tenant", "nowhere")
