"""Letters to customers whose visit moves, or will not take place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels import services as channels
from channels.enums import OutboundStatus
from channels.models import OutboundMessage
from dispatch import services as dispatching
from dispatch.enums import VisitStatus
from dispatch.events import VisitCancelled, VisitMoved
from dispatch.models import Visit
from dispatch.rules import Window
from feedback import services
from feedback.handlers import on_visit_cancelled, on_visit_moved
from feedback.models import CustomerLink, VisitLetter
from feedback.rules import FOLD_TIME, TRACK_TIME, Known, what_to_tell
from journal import services as journal
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_visit
from tests.feedback.told import MINUTE, TEN, call_off, make_sent, make_told, move, tell, waiting, went_out


def test_who_was_told_a_time_is_written_the_new_one_and_the_one_before(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 3 * HOUR)

    (letter,) = waiting()
    assert (letter.recipient, letter.language, letter.channel) == ("mari@aoki.example", "en", "email")
    assert "12:30–13:30" in letter.subject
    assert "12:30–13:30" in letter.body and "9:30–10:30" in letter.body and "/v/" in letter.body
    assert CustomerLink.objects.get().expires_at == TEN + 4 * HOUR + TRACK_TIME


def test_in_the_customers_language(in_acme: Company) -> None:
    visit = make_told(language="ja")
    move(visit, TEN + 3 * HOUR)
    (letter,) = waiting()
    assert letter.language == "ja" and "変更" in letter.subject


def test_a_shift_within_what_was_told_is_not_written(in_acme: Company) -> None:
    visit, promised = make_told(), make_told(promised_start_at=TEN, promised_end_at=TEN + 4 * HOUR)
    move(visit, TEN + 30 * MINUTE)
    move(promised, TEN + 3 * HOUR)
    assert waiting() == []


def test_several_moves_before_it_is_sent_are_one_letter_and_none_when_undone(in_acme: Company) -> None:
    visit = make_told()
    for hours in (1, 2, 5):
        move(visit, TEN + hours * HOUR)
    (letter,) = waiting()
    assert "14:30–15:30" in letter.body and "9:30–10:30" in letter.body
    assert VisitLetter.objects.count() == 2

    move(visit, TEN)
    assert waiting() == [] and VisitLetter.objects.count() == 1
    assert AuditEntry.objects.filter(verb="recalled").count() == 3


def test_once_somebody_is_on_the_way_no_other_time_is_told(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 3 * HOUR)
    assert OutboundMessage.objects.count() == 2
    for status in (VisitStatus.ACCEPTED, VisitStatus.TRAVELLING):
        Visit.objects.filter(pk=visit.pk).update(status=status)
    services.take_back_changes(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    (first,) = visit.letters.all()
    assert OutboundMessage.objects.get().pk == first.message_id


def test_what_is_being_sent_is_not_taken_back_and_the_next_change_is_another_letter(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 2 * HOUR)
    OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).update(attempts=1, claimed_at=AT)
    move(visit, TEN + 5 * HOUR)
    assert [("14:30–15:30" in one.subject, "11:30–12:30" in one.body) for one in waiting()] == [
        (False, True),
        (True, True),
    ]


def test_a_first_letter_that_waits_is_written_anew(in_acme: Company) -> None:
    visit = make_sent()
    services.invite_to_track(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    move(visit, TEN + 2 * HOUR)
    (letter,) = waiting()
    assert letter.key == f"track:{visit.pk}" and "11:30 and 12:30" in letter.body
    call_off(visit)
    assert waiting() == []


def test_a_visit_called_off_is_told_once(in_acme: Company) -> None:
    visit = make_told()
    call_off(visit)
    tell(visit.pk)
    (letter,) = waiting()
    assert "will not take place" in letter.body and "9:30–10:30" in letter.body
    went_out()
    tell(visit.pk)
    assert waiting() == []


def test_a_move_called_off_before_it_was_told_names_the_time_they_know(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 3 * HOUR)
    call_off(visit)
    (letter,) = waiting()
    assert "will not take place" in letter.body and "9:30–10:30" in letter.body


def test_who_was_told_nothing_is_told_of_no_change(in_acme: Company) -> None:
    draft, silent = make_visit(TEN), make_told(email="")
    move(draft, TEN + 3 * HOUR)
    call_off(draft)
    move(silent, TEN + 3 * HOUR)
    assert waiting() == []


def test_a_crew_sent_again_after_it_moved_is_not_invited_twice(in_acme: Company) -> None:
    visit = make_told()
    services.invite_to_track(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    assert waiting() == []


@pytest.mark.parametrize(
    ("known", "status", "hours", "told"),
    [
        (None, VisitStatus.DISPATCHED, 0, "window"),
        (None, VisitStatus.CANCELLED, 0, "nothing"),
        ("other", VisitStatus.ACCEPTED, 0, "window"),
        ("other", VisitStatus.DONE, 0, "nothing"),
        ("same", VisitStatus.ACCEPTED, 0, "nothing"),
        ("same", VisitStatus.CANCELLED, 0, "nobody"),
        ("same", VisitStatus.CANCELLED, 30, "nothing"),
        ("nobody", VisitStatus.CANCELLED, 0, "nothing"),
    ],
)
def test_what_is_told(known: str | None, status: str, hours: int, told: str) -> None:
    window = Window(AT, AT + HOUR)
    facts = {"same": window, "other": Window(AT - HOUR, AT), "nobody": None}
    change = what_to_tell(
        Known(facts[known]) if known else None, status=status, window=window, at=AT + hours * HOUR
    )
    assert change == {"window": Known(window), "nobody": Known(None), "nothing": None}[told]


def statements(visits: Collection[Visit], kind: type[VisitMoved] | type[VisitCancelled]) -> int:
    """Of the handler, when these visits moved by three hours or were called off."""
    for visit in visits:
        visit.refresh_from_db()
        visit.start_at, visit.end_at = visit.start_at + 3 * HOUR, visit.end_at + 3 * HOUR
        visit.told_start_at = visit.start_at
        visit.status = VisitStatus.CANCELLED if kind is VisitCancelled else visit.status
        visit.save()
    facts: dict[str, Any] = {"work_order_id": 0, "engineer_id": 0, "occurred_at": AT}
    moved = [VisitMoved(visit_id=visit.pk, **facts) for visit in visits]
    cancelled = [VisitCancelled(visit_id=visit.pk, **facts) for visit in visits]
    with CaptureQueriesContext(connection) as captured:
        if kind is VisitCancelled:
            on_visit_cancelled(cancelled)
        else:
            on_visit_moved(moved)
    return len(captured)


@pytest.mark.parametrize("kind", [VisitMoved, VisitCancelled])
def test_many_need_as_many_statements_as_two(
    in_acme: Company, kind: type[VisitMoved] | type[VisitCancelled]
) -> None:
    few, many = ([make_told(TEN + n * HOUR / 12) for n in range(number)] for number in (2, 12))
    assert statements(few, kind) == statements(many, kind)
    assert len(waiting()) == 14
    assert statements(few, VisitCancelled) == statements(many, VisitCancelled), "letters that wait"


def test_many_are_invited_with_as_many_statements_as_two(in_acme: Company) -> None:
    counts = []
    for number in (2, 12):
        ids = [make_sent().pk for _one in range(number)]
        with CaptureQueriesContext(connection) as captured:
            services.invite_to_track(visit_ids=ids, actor=SYSTEM, at=AT)
        counts.append(len(captured))
    assert counts[0] == counts[1] and len(waiting()) == 14


@pytest.mark.django_db(transaction=True)
def test_moving_and_calling_off_write_by_themselves_when_the_pause_is_over(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_told()
        facts: dict[str, Any] = {"visit_id": visit.pk, "actor": SYSTEM, "at": AT}
        dispatching.move_visit(
            engineer_id=visit.engineer_id, start_at=TEN + 3 * HOUR, version=visit.version, **facts
        )
    deliver(acme)
    assert len(mail.outbox) == 0, "it waits for further changes"
    deliver(acme, is_over=True)
    assert [one.subject for one in mail.outbox][-1].startswith("Your visit has moved")
    with tenant_active(acme.tenant.pk):
        dispatching.cancel_visit(reason="Ill", **facts)
    deliver(acme, is_over=True)
    assert len(mail.outbox) == 2 and "cancelled" in mail.outbox[-1].subject


def deliver(company: Company, *, is_over: bool = False) -> None:
    journal.deliver_all()
    if is_over:
        with tenant_active(company.tenant.pk):
            for message in OutboundMessage.objects.filter(status=OutboundStatus.QUEUED):
                message.due_at = (message.due_at or AT) - FOLD_TIME
                message.save(update_fields=["due_at"])
    channels.send_due()
