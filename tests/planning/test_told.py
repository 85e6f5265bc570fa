"""Planning keeps to what customers were told: the same window that their page shows."""

from __future__ import annotations

import pytest

from core.clock import now
from dispatch.enums import LockLevel, VisitStatus
from dispatch.models import Visit
from planning.enums import ChangeKind, RunKind
from planning.queries import told_span
from tests.cast import Company
from tests.factories.consents import make_appointment
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import HOUR as AN_HOUR
from tests.planning.runs import proposal, tomorrow
from tests.planning.test_plans import HOUR, person, planned, task

HALF = HOUR // 2


@pytest.mark.parametrize(
    ("opens", "starts"), [(9 * HOUR + HALF, 9 * HOUR + HALF), (10 * HOUR, 10 * HOUR + HALF)]
)
def test_a_visit_may_come_as_early_as_its_customer_was_told_and_no_earlier(opens: int, starts: int) -> None:
    urgent = task(2, priority=1, promised=(10 * HOUR, 10 * HOUR), seconds=HALF)
    told = (opens, 10 * HOUR + HALF // 2)
    visit = task(1, visit_id=1, was=(1, 10 * HOUR), told=told, seconds=HALF)
    found = {one.task.work.id: one.start for one in planned([person(1)], [visit, urgent]).placed}
    assert found == {1: starts, 2: 10 * HOUR}


def test_who_waits_for_somebody_who_is_ill_is_not_left_out_for_a_shorter_way() -> None:
    """Their visit changes in any case; nobody at all is a change too."""
    only = person(1, shifts=[(9 * HOUR, 9 * HOUR + 75 * 60)])
    ill = person(2, absences=[(0, 24 * HOUR)])
    told = task(
        1, priority=4, visit_id=1, was=(2, 9 * HOUR), told=(9 * HOUR, 10 * HOUR), place=(35.69, 139.75)
    )
    nearer = task(2, priority=4, place=(35.68, 139.76))
    (one,) = planned([only, ill], [told, nearer]).placed
    assert one.task.work.id == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("promised", "disturbed"), [(True, 0), (False, 1)])
def test_a_move_inside_the_window_that_was_told_disturbs_nobody(
    in_acme: Company, promised: bool, disturbed: int
) -> None:
    engineer, ten = make_engineer(), tomorrow(10)
    window = {"promised_start_at": ten - AN_HOUR, "promised_end_at": ten + 3 * AN_HOUR} if promised else {}
    order = make_work_order(**window)
    visit = make_visit(ten, engineer=engineer, work_order=order, sent_at=now(), status=VisitStatus.DISPATCHED)
    make_work_order(priority=1, promised_start_at=ten, promised_end_at=ten + AN_HOUR / 12)
    run = proposal(kind=RunKind.REPAIR)
    change = run.changes.get(visit=visit)
    assert change.kind == ChangeKind.MOVE and change.to_engineer_id == engineer.pk
    assert run.figures["changes"]["told"] == disturbed


@pytest.mark.django_db
def test_what_planning_takes_for_told(in_acme: Company) -> None:
    ten = tomorrow(10)
    at = int(ten.timestamp())
    draft = make_visit(ten)
    assert told_span(draft) is None
    sent = make_visit(ten, sent_at=now(), status=VisitStatus.DISPATCHED)
    Visit.objects.filter(pk=sent.pk).update(told_start_at=ten + AN_HOUR / 4)
    sent.refresh_from_db()
    assert told_span(sent) == (at - HOUR // 4, at + 3 * HOUR // 4)
    confirmed = make_appointment(now(), hour=10)
    assert told_span(confirmed) == (at, at + 2 * HOUR)
    bare = make_visit(ten, lock_level=LockLevel.CONFIRMED)
    assert told_span(bare) == (at, at)
