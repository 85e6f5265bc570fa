"""A change that comes while the letter before it is being sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from channels import services as channels
from channels.adapters.base import Outcome, Refused, Retry, Sent
from channels.enums import OutboundStatus
from channels.models import OutboundMessage
from channels.services import sending
from core.errors import Conflict
from dispatch.models import Visit
from feedback.models import VisitLetter
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM
from tests.feedback.told import TEN, make_told, move, waiting, went_out


def is_due() -> None:
    OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).update(due_at=None)


def make_moved(company: Company) -> Visit:
    """A visit whose letter about another time, 11:30, is due."""
    with tenant_active(company.tenant.pk):
        visit = make_told()
        move(visit, TEN + 2 * HOUR)
        is_due()
    return visit


def subjects(company: Company) -> list[str]:
    with tenant_active(company.tenant.pk):
        return [message.subject for message in waiting()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("outcome", "left"),
    [(Retry(reason="busy"), 0), (Refused(reason="no"), 0), (Sent(external_id="x"), 1)],
)
def test_what_is_overtaken_while_it_is_sent_is_not_tried_again(
    acme: Company, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, left: int
) -> None:
    visit = make_moved(acme)

    def overtaken(_letter: Any) -> Outcome:
        with tenant_active(acme.tenant.pk):
            move(visit, TEN + 5 * HOUR)
        return outcome

    monkeypatch.setattr(sending, "hand_over", overtaken)
    channels.send_due(limit=1)
    (newest,) = subjects(acme)
    assert "14:30–15:30" in newest
    with tenant_active(acme.tenant.pk):
        assert OutboundMessage.objects.filter(subject__contains="11:30–12:30").count() == left
        assert VisitLetter.objects.count() == 2 + left
        assert AuditEntry.objects.filter(verb="recalled").count() == 1 - left


@pytest.mark.django_db(transaction=True)
def test_what_is_overtaken_before_its_sender_reads_it_is_not_sent(acme: Company) -> None:
    visit = make_moved(acme)
    claimed = sending._claim()
    assert claimed is not None
    with tenant_active(acme.tenant.pk):
        move(visit, TEN + 5 * HOUR)
    sending._send_claimed(*claimed)
    assert mail.outbox == [] and len(subjects(acme)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_not_overtaken_is_tried_again(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    make_moved(acme)
    monkeypatch.setattr(sending, "hand_over", lambda _letter: Retry(reason="busy"))
    channels.send_due(limit=1)
    (letter,) = subjects(acme)
    assert "11:30–12:30" in letter


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("recalls", "sent"), [(True, 0), (False, 1)])
def test_no_sender_begins_with_what_is_being_taken_back(acme: Company, recalls: bool, sent: int) -> None:
    make_moved(acme)
    with tenant_active(acme.tenant.pk):
        if recalls:
            (letter,) = waiting()
            assert channels.recall_messages(message_ids=[letter.pk], actor=SYSTEM, at=AT) == {letter.pk}
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_sending).result(timeout=30) == sent
    assert len(mail.outbox) == sent


def _sending() -> int:
    try:
        return channels.send_due(limit=1)
    finally:
        connection.close()


def test_what_failed_and_is_overtaken_is_not_sent_again(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 2 * HOUR)
    (old,) = waiting()
    OutboundMessage.objects.filter(pk=old.pk).update(status=OutboundStatus.FAILED)
    old.refresh_from_db()
    assert old.may_be_resent
    move(visit, TEN + 5 * HOUR)
    went_out()
    old.refresh_from_db()
    assert not old.may_be_resent
    with pytest.raises(Conflict, match="newer"):
        channels.resend(message_id=old.pk, actor=SYSTEM, at=AT)
