"""What a customer is told of work whose visit is called off and planned anew, of crews, and of letters that did not
get through."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.enums import OutboundStatus
from channels.models import OutboundMessage
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from feedback import services
from feedback.models import VisitLetter
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_visit
from tests.feedback.told import TEN, call_off, make_sent, make_told, move, tell, waiting, went_out


def invite(*visits: Visit) -> None:
    services.invite_to_track(visit_ids=[visit.pk for visit in visits], actor=SYSTEM, at=AT)


def plan_anew(visit: Visit, start_at: Any) -> Visit:
    """Another visit of the same work, sent to its engineer."""
    visit.work_order.refresh_from_db()
    anew = make_visit(
        start_at,
        work_order=visit.work_order,
        status=VisitStatus.DISPATCHED,
        sent_at=AT,
        told_start_at=start_at,
    )
    invite(anew)
    return anew


def sets_out(visit: Visit) -> None:
    for status in (VisitStatus.ACCEPTED, VisitStatus.TRAVELLING):
        Visit.objects.filter(pk=visit.pk).update(status=status)
    services.take_back_changes(visit_ids=[visit.pk], actor=SYSTEM, at=AT)


def make_crew() -> list[Visit]:
    """Two visits that go together, of which nothing was told yet."""
    first = make_sent(crew_size=2)
    key = uuid4()
    Visit.objects.filter(pk=first.pk).update(crew_key=key)
    second = make_visit(
        TEN, work_order=first.work_order, status=VisitStatus.DISPATCHED, sent_at=AT, crew_key=key
    )
    return [Visit.objects.get(pk=one.pk) for one in (first, second)]


def shift(visits: list[Visit], hours: int) -> None:
    for visit in visits:
        visit.start_at, visit.end_at = visit.start_at + hours * HOUR, visit.end_at + hours * HOUR
        visit.told_start_at = visit.start_at
        visit.save()
    tell(*(visit.pk for visit in visits))


def test_a_visit_planned_anew_is_one_letter_about_its_new_time(in_acme: Company) -> None:
    visit = make_told()
    call_off(visit)
    anew = plan_anew(visit, TEN + 3 * HOUR)
    tell(visit.pk)
    (letter,) = waiting()
    assert "moved" in letter.subject and "12:30–13:30" in letter.body and "9:30–10:30" in letter.body
    assert anew.engineer.name in letter.body
    went_out()
    tell(visit.pk, anew.pk)
    assert waiting() == []


def test_a_visit_planned_anew_before_its_end_was_heard_of_is_one_letter_too(in_acme: Company) -> None:
    visit = make_told()
    Visit.objects.filter(pk=visit.pk).update(status=VisitStatus.CANCELLED)
    plan_anew(visit, TEN + 3 * HOUR)
    tell(visit.pk)
    (letter,) = waiting()
    assert "moved" in letter.subject


def test_a_visit_planned_anew_at_the_same_time_names_who_comes(in_acme: Company) -> None:
    visit = make_told()
    call_off(visit)
    anew = plan_anew(visit, TEN)
    (letter,) = waiting()
    assert anew.engineer.name in letter.body and "moved" not in letter.subject


def test_what_is_planned_anew_and_called_off_too_ends_with_nobody_comes(in_acme: Company) -> None:
    visit = make_told()
    call_off(visit)
    call_off(plan_anew(visit, TEN + 3 * HOUR))
    (letter,) = waiting()
    assert "cancelled" in letter.subject and "9:30–10:30" in letter.body


def test_who_was_told_that_nobody_comes_is_told_when_somebody_does(in_acme: Company) -> None:
    visit = make_told()
    call_off(visit)
    went_out()
    plan_anew(visit, TEN + 3 * HOUR)
    (letter,) = waiting()
    assert "moved" not in letter.subject and "12:30 and 13:30" in letter.body


def test_one_of_several_days_called_off_is_told_though_others_come(in_acme: Company) -> None:
    first = make_told(may_split=True)
    first.refresh_from_db()
    assert first.shares_work
    second = make_visit(
        TEN + 24 * HOUR, work_order=first.work_order, status=VisitStatus.DISPATCHED, sent_at=AT
    )
    invite(second)
    went_out()
    call_off(first)
    (letter,) = waiting()
    assert "cancelled" in letter.subject and "9:30–10:30" in letter.body


def test_a_crew_is_one_letter(in_acme: Company) -> None:
    crew = make_crew()
    invite(*crew)
    (letter,) = waiting()
    assert all(visit.engineer.name in letter.body for visit in crew)
    went_out()
    shift(crew, 3)
    (letter,) = waiting()
    assert "12:30–13:30" in letter.body and all(visit.engineer.name in letter.body for visit in crew)
    shift(crew, -3)
    assert waiting() == []
    call_off(crew[0])
    (letter,) = waiting()
    assert "cancelled" in letter.subject
    went_out()
    tell(*(visit.pk for visit in crew))
    assert waiting() == []


def test_a_crew_told_one_by_one_is_one_letter(in_acme: Company) -> None:
    crew = make_crew()
    for visit in crew:
        invite(visit)
    assert len(waiting()) == 1
    went_out()
    for visit in crew:
        visit.status = VisitStatus.CANCELLED
        visit.save()
    for visit in crew:
        tell(visit.pk)
    assert len(waiting()) == 1


def test_a_letter_that_waits_to_be_tried_again_is_taken_back_by_the_next(in_acme: Company) -> None:
    visit = make_told()
    move(visit, TEN + 2 * HOUR)
    OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).update(attempts=1, claimed_at=None)
    move(visit, TEN + 5 * HOUR)
    (letter,) = waiting()
    assert "14:30–15:30" in letter.subject and "9:30–10:30" in letter.body


@pytest.mark.parametrize("is_first", [True, False])
def test_what_did_not_get_through_is_not_known(in_acme: Company, is_first: bool) -> None:
    visit = make_told()
    if not is_first:
        move(visit, TEN + 2 * HOUR)
    newest = VisitLetter.objects.latest("pk").message_id
    OutboundMessage.objects.filter(pk=newest).update(status=OutboundStatus.FAILED, due_at=None)
    move(visit, TEN + 5 * HOUR)
    (letter,) = waiting()
    if is_first:
        assert "14:30 and 15:30" in letter.body and "9:30" not in letter.body
    else:
        assert "14:30–15:30" in letter.subject and "9:30–10:30" in letter.body


def test_who_was_not_reached_is_not_told_that_nobody_comes(in_acme: Company) -> None:
    visit = make_told()
    OutboundMessage.objects.update(status=OutboundStatus.FAILED)
    call_off(visit)
    assert waiting() == []


@pytest.mark.parametrize(("hours", "told"), [(-2, 1), (3, 0)])
def test_an_earlier_time_is_told_also_when_somebody_sets_out_at_once(
    in_acme: Company, hours: int, told: int
) -> None:
    visit = make_told()
    move(visit, TEN + hours * HOUR)
    sets_out(visit)
    assert len(waiting()) == told and VisitLetter.objects.count() == 1 + told
    assert all("7:30–8:30" in letter.subject and letter.due_at is None for letter in waiting())


def test_an_earlier_time_is_told_when_its_fact_comes_after_they_set_out(in_acme: Company) -> None:
    visit = make_told()
    Visit.objects.filter(pk=visit.pk).update(
        start_at=TEN - 2 * HOUR, end_at=TEN - HOUR, told_start_at=TEN - 2 * HOUR
    )
    sets_out(visit)
    tell(visit.pk)
    (letter,) = waiting()
    assert "7:30–8:30" in letter.subject


def test_nobody_is_told_who_comes_once_it_is_over(in_acme: Company) -> None:
    visit = make_sent()
    for status in (VisitStatus.ACCEPTED, VisitStatus.TRAVELLING, VisitStatus.ON_SITE, VisitStatus.DONE):
        Visit.objects.filter(pk=visit.pk).update(status=status)
    invite(visit)
    assert waiting() == []


def test_many_planned_anew_need_as_many_statements_as_two(in_acme: Company) -> None:
    counts = []
    for number in (2, 12):
        visits = [make_told() for _one in range(number)]
        for visit in visits:
            call_off(visit)
        anew = [
            make_visit(TEN + HOUR, work_order=visit.work_order, status=VisitStatus.DISPATCHED, sent_at=AT)
            for visit in visits
        ]
        with CaptureQueriesContext(connection) as captured:
            invite(*anew)
        counts.append(len(captured))
        assert [letter.subject.startswith("Your visit has moved") for letter in waiting()] == [True] * number
    assert counts[0] == counts[1]
