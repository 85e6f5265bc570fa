"""What a customer was told of a visit: one window, for their page and for planning runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from core.clock import now
from dispatch import queries, services
from dispatch.enums import VisitStatus
from dispatch.evaluator import Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import load_world, seconds
from dispatch.rules import Window, window_told
from dispatch.services.replanning import Placement
from feedback.wording import window_of
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM, local
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer

MINUTE = timedelta(minutes=1)
NOTHING = None, None


def told(start_at: datetime, first: datetime | None = None) -> Window:
    return window_told(start_at, NOTHING, first)


def test_the_promised_window_is_told_where_the_start_keeps_it() -> None:
    promised = AT, AT + 2 * HOUR
    assert window_told(AT + 2 * HOUR, promised) == Window(*promised)
    late = AT + 2 * HOUR + MINUTE
    assert window_told(late, promised) == told(late)
    assert window_told(AT, (AT, None)) == told(AT)


def test_without_a_promise_half_an_hour_either_side_is_told_in_whole_five_minutes() -> None:
    assert told(AT) == Window(AT - 30 * MINUTE, AT + 30 * MINUTE)
    assert told(AT + 2 * MINUTE) == told(AT) and told(AT + 3 * MINUTE) == told(AT + 5 * MINUTE)


def test_a_small_shift_stays_in_the_window_that_is_known_and_a_large_one_does_not() -> None:
    assert told(AT + 30 * MINUTE, AT) == told(AT) == told(AT - 30 * MINUTE, AT)
    assert told(AT + 31 * MINUTE, AT) == told(AT + 31 * MINUTE)
    promised = AT + HOUR, AT + 3 * HOUR
    assert window_told(AT + HOUR, promised, AT) == Window(*promised)


@pytest.mark.django_db
def test_many_small_shifts_do_not_add_up_unseen(in_acme: Company) -> None:
    dice = Random(4)
    visit = Visit(work_order=WorkOrder(), start_at=AT, told_start_at=AT)
    known = queries.told_of(visit)
    for _shift in range(200):
        start = visit.start_at + dice.randint(-25, 30) * MINUTE
        is_known = known.holds(start)
        visit.told_start_at = queries.start_told(visit, start)
        visit.start_at = start
        assert queries.told_of(visit).holds(start)
        assert (queries.told_of(visit) == known) is is_known
        known = queries.told_of(visit)


@pytest.mark.django_db
def test_sending_notes_what_is_told_on_every_way(in_acme: Company) -> None:
    plain, draft = make_visit(local(AT, 1, 9)), make_visit(local(AT, 1, 12))
    made = make_visit(local(AT, 1, 15), sent_at=AT, status=VisitStatus.DISPATCHED)
    assert set(Visit.objects.exclude(pk=made.pk).values_list("told_start_at", flat=True)) == {None}
    services.send_visit(visit_id=plain.pk, actor=SYSTEM, at=AT)
    services.send_drafts(from_at=draft.start_at, to_at=draft.end_at, actor=SYSTEM, at=AT)
    for visit in (plain, draft, made):
        visit.refresh_from_db()
        assert visit.sent_at == AT and visit.told_start_at == visit.start_at


@pytest.mark.django_db
def test_what_was_told_of_a_sent_visit_is_never_forgotten(in_acme: Company) -> None:
    visit = make_visit(sent_at=AT, status=VisitStatus.DISPATCHED)
    Visit.objects.filter(pk=visit.pk).update(told_start_at=None)
    visit.refresh_from_db()
    assert visit.told_start_at == visit.start_at


@pytest.mark.django_db
def test_a_visit_moved_by_a_little_keeps_its_window_on_the_page_and_the_next_shift_is_told(
    in_acme: Company,
) -> None:
    visit = make_visit(local(now(), 1, 10), sent_at=now(), status=VisitStatus.DISPATCHED)
    visit.refresh_from_db()
    first, known = visit.start_at, window_of(visit)
    for minutes, window in ((20, known), (40, told(first + 40 * MINUTE)), (20, told(first + 40 * MINUTE))):
        visit = move(visit, first + minutes * MINUTE)
        visit.refresh_from_db()
        assert window_of(visit) == window == queries.told_of(visit)


def move(visit: Visit, start_at: datetime) -> Visit:
    return services.move_visit(
        visit_id=visit.pk,
        engineer_id=visit.engineer_id,
        start_at=start_at,
        version=visit.version,
        actor=SYSTEM,
        at=now(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "is_known"), [(30, True), (45, False)])
def test_a_run_that_places_visits_tells_anew_only_what_leaves_the_window(
    in_acme: Company, minutes: int, is_known: bool
) -> None:
    engineer, order = make_engineer(), make_work_order()
    start = local(now(), 1, 10)
    visit = make_visit(
        start, engineer=engineer, work_order=order, sent_at=now(), status=VisitStatus.DISPATCHED
    )
    visit.refresh_from_db()
    later = start + minutes * MINUTE
    (person,) = load_world(start, later, engineer_ids=[engineer.pk]).people
    verdict = Verdict(person, start=seconds(later), end=seconds(later + HOUR))
    placed = services.place_visits(
        placements=[Placement(order, visit, verdict, None)], removed=[], actor=SYSTEM, at=now(), source="run"
    )
    visit.refresh_from_db()
    assert placed and visit.start_at == later
    assert visit.told_start_at == (start if is_known else later)
