"""The board draws what has begun as it happened, and shows what its counts count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch import queries
from dispatch.enums import VisitStatus
from dispatch.queries.blocks import Block
from dispatch.queries.board import Board, Lane
from dispatch.rules import Taps, span_taken
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM, TOKYO, local
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer

SignedIn = Callable[[Person], Client]
MINUTE = timedelta(minutes=1)
TEN, NOON = local(AT, 0, 10), local(AT, 0, 12)
PLANNED = TEN, TEN + HOUR


@pytest.mark.parametrize(
    ("status", "taps", "at", "span"),
    [
        (VisitStatus.ACCEPTED, Taps(), NOON, PLANNED),
        (VisitStatus.TRAVELLING, Taps(TEN), TEN + 5 * MINUTE, (TEN + 20 * MINUTE, TEN + 80 * MINUTE)),
        (VisitStatus.TRAVELLING, Taps(TEN), NOON, (NOON, NOON + HOUR)),
        (
            VisitStatus.ON_SITE,
            Taps(arrived_at=TEN + 9 * MINUTE),
            TEN + HOUR / 2,
            (TEN + 9 * MINUTE, TEN + 69 * MINUTE),
        ),
        (VisitStatus.ON_SITE, Taps(arrived_at=TEN - 9 * MINUTE), NOON, (TEN - 9 * MINUTE, NOON)),
        (
            VisitStatus.ON_SITE,
            Taps(arrived_at=TEN - 20 * HOUR),
            TEN - 20 * HOUR,
            (TEN - 20 * HOUR, TEN - 19 * HOUR),
        ),
        (VisitStatus.PAUSED, Taps(arrived_at=TEN), NOON, (TEN, NOON)),
        (VisitStatus.DONE, Taps(arrived_at=NOON, ended_at=NOON + HOUR), NOON + 3 * HOUR, (NOON, NOON + HOUR)),
        (VisitStatus.DONE, Taps(), NOON, PLANNED),
        (VisitStatus.NO_SHOW, Taps(ended_at=TEN + 15 * MINUTE), NOON, (TEN, TEN + 15 * MINUTE)),
        (VisitStatus.NO_SHOW, Taps(ended_at=TEN + 23 * HOUR), TEN + 24 * HOUR, PLANNED),
        (VisitStatus.NO_SHOW, Taps(ended_at=TEN - HOUR), NOON, (TEN - HOUR, TEN - HOUR)),
    ],
)
def test_when_a_visit_takes_its_time(
    status: VisitStatus, taps: Taps, at: datetime, span: tuple[datetime, datetime]
) -> None:
    assert span_taken(status, PLANNED, taps, travel_minutes=20, at=at) == span


def board(at: datetime = NOON, days: int = 0, only: str = "") -> Board:
    day = at.astimezone(TOKYO).date() + timedelta(days=days)
    return queries.board(day, zone=TOKYO, at=at, actor=SYSTEM, only=only)


def lane(at: datetime = NOON, days: int = 0) -> Lane:
    (found,) = board(at, days).lanes
    return found


def times(block: Block) -> tuple[datetime, datetime]:
    return block.start_at, block.end_at


def test_what_happened_is_drawn_and_counted_instead_of_the_plan(in_acme: Company) -> None:
    engineer = make_engineer()
    late: dict[str, Any] = {"arrived_at": NOON - HOUR, "ended_at": NOON - HOUR / 2}
    done = make_visit(TEN - HOUR, engineer=engineer, status=VisitStatus.DONE, **late)
    now = make_visit(TEN, engineer=engineer, status=VisitStatus.ON_SITE, arrived_at=NOON - HOUR / 2)
    planned = make_visit(NOON + HOUR, engineer=engineer)

    found = lane(NOON + HOUR / 2)
    assert [block.visit for block in found.blocks] == [done, now, planned]
    assert [times(block) for block in found.blocks] == [
        (NOON - HOUR, NOON - HOUR / 2),
        (NOON - HOUR / 2, NOON + HOUR / 2),
        (NOON + HOUR, NOON + 2 * HOUR),
    ]
    assert [(block.differs, block.has_begun) for block in found.blocks] == [(True, True)] * 2 + [
        (False, False)
    ]
    travel = sum(block.travel_minutes for block in found.blocks)
    assert found.load_percent == (30 + 60 + 60 + travel) * 100 // found.shift_minutes
    assert [block.length for block in found.blocks] == [30, 60, 60]


def test_the_trip_is_drawn_as_it_was_driven(in_acme: Company) -> None:
    facts: dict[str, Any] = {"travel_started_at": TEN - 40 * MINUTE, "arrived_at": TEN + 5 * MINUTE}
    make_visit(TEN, status=VisitStatus.ON_SITE, **facts)
    (block,) = lane(TEN + HOUR / 2).blocks
    assert block.travel is not None
    assert (block.travel.length, block.travel.at) == (45, block.at - 45)


def test_a_visit_stands_on_the_day_on_which_it_took_place(in_acme: Company) -> None:
    after: dict[str, Any] = {"arrived_at": TEN + 24 * HOUR, "ended_at": TEN + 25 * HOUR}
    visit = make_visit(TEN, status=VisitStatus.DONE, **after)
    assert lane(NOON + 24 * HOUR, days=-1).blocks == []
    (block,) = lane(NOON + 24 * HOUR).blocks
    assert block.visit == visit


def test_work_that_was_never_ended_is_cut_at_the_boards_edge(in_acme: Company) -> None:
    make_visit(TEN - 24 * HOUR, status=VisitStatus.ON_SITE, arrived_at=TEN - 24 * HOUR)
    shown = board()
    (block,) = shown.lanes[0].blocks
    assert shown.start == local(AT, 0, 7)
    assert (block.at, block.length) == (0, 5 * 60)


def test_what_is_begun_before_its_turn_hides_nothing(in_acme: Company) -> None:
    tom = make_engineer("Tom")
    first = make_visit(TEN, engineer=tom)
    second = make_visit(TEN + HOUR, engineer=tom, status="on_site", arrived_at=TEN)
    third = make_visit(TEN + 3 * HOUR, engineer=tom)
    at = TEN + 10 * MINUTE
    (lane,) = queries.board(at.astimezone(TOKYO).date(), zone=TOKYO, at=at, actor=SYSTEM).lanes
    halves = {block.visit.pk: block.half for block in lane.blocks}
    assert sorted([halves[first.pk], halves[second.pk]]) == ["lower", "upper"]
    assert halves[third.pk] == ""
    late = at + 4 * HOUR
    (lane,) = queries.board(late.astimezone(TOKYO).date(), zone=TOKYO, at=late, actor=SYSTEM).lanes
    halves = {block.visit.pk: block.half for block in lane.blocks}
    assert halves[second.pk] != halves[first.pk] == halves[third.pk], "one that lasts lies under several"


def test_late_visits_of_other_days_are_counted_and_led_to(acme: Company, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        day = timezone.now().astimezone(TOKYO).date() + timedelta(days=2)
        start = datetime(day.year, day.month, day.day, 10, tzinfo=TOKYO)
        late = make_work_order(promised_end_at=start - HOUR)
        make_visit(start, work_order=late)
        make_visit(start, work_order=make_work_order(promised_end_at=start + HOUR))
    dora = signed_in(acme.dora)
    page = dora.get("/t/acme/board/").content.decode()
    assert "<b>1</b>late on other days" in page and f"?day={day}&amp;only=late" in page
    there = dora.get(f"/t/acme/board/?day={day}").content.decode()
    assert "late on other days" not in there and "<b>1</b>late visit" in there


def test_the_tooltip_tells_what_is_planned_where_it_differs(acme: Company, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        done = make_visit(TEN, status=VisitStatus.DONE, arrived_at=TEN + HOUR, ended_at=NOON)
        plan = make_visit(NOON)
    page = signed_in(acme.dora).get(f"/t/acme/board/?day={TEN:%Y-%m-%d}").content.decode()
    assert "11:00–12:00, planned 10:00–11:00, Done" in page
    assert "12:00–13:00, Draft" in page
    assert f'id="visit-{done.pk}"' in page and f'id="visit-{plan.pk}"' in page


def test_a_count_shows_what_it_counts(
    acme: Company, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the tray and of the lanes; what else is on such a lane stands aside."""
    monkeypatch.setattr(timezone, "now", lambda: NOON - HOUR)
    with tenant_active(acme.tenant.pk):
        engineer, other = make_engineer("Kenji"), make_engineer("Maya")
        late_order = make_work_order(promised_end_at=TEN - HOUR)
        late = make_visit(TEN, engineer=engineer, work_order=late_order)
        beside, elsewhere = make_visit(NOON, engineer=engineer), make_visit(NOON, engineer=other)
        overdue = make_work_order(promised_end_at=TEN - HOUR, site=make_place("Ueno"))
        waiting = make_work_order(site=make_place("Meguro"))
    client: Client = signed_in(acme.dora)
    day = f"{TEN:%Y-%m-%d}"
    whole = client.get(f"/t/acme/board/?day={day}").content.decode()
    assert f'href="?day={day}&amp;only=late"' in whole
    page = client.get(f"/t/acme/board/?day={day}&only=late").content.decode()
    lanes = page.split('class="only-small"')[0]
    assert all(f'id="visit-{visit.pk}"' in lanes for visit in (late, beside))
    assert f'id="visit-{elsewhere.pk}"' not in page and f'id="visit-{elsewhere.pk}"' in whole
    assert f'id="need-{overdue.pk}"' in page and f'id="need-{waiting.pk}"' not in page
    assert " aside" in lanes.split(f'id="visit-{beside.pk}"')[0].rsplit("<a", 1)[1]
    assert " aside" not in lanes.split(f'id="visit-{late.pk}"')[0].rsplit("<a", 1)[1]
    assert client.get(f"/t/acme/board/?day={day}&only=nonsense").status_code == 200


@pytest.mark.parametrize("status", [VisitStatus.TRAVELLING, VisitStatus.ON_SITE, VisitStatus.DONE])
def test_the_board_reads_with_a_fixed_number_of_statements(in_acme: Company, status: VisitStatus) -> None:
    counts = []
    for number in (1, 5):
        for turn in range(number):
            begun = TEN - number * HOUR - turn * MINUTE
            ended_at = NOON if status == VisitStatus.DONE else None
            make_visit(TEN, status=status, travel_started_at=begun, arrived_at=begun, ended_at=ended_at)
        with CaptureQueriesContext(connection) as captured:
            board()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_broken_rules_are_counted_while_something_can_be_done_about_them(in_acme: Company) -> None:
    broken: dict[str, Any] = {"reason": {"broken": [{"code": "skill"}]}}
    over: dict[str, Any] = {"arrived_at": TEN - HOUR, "ended_at": TEN, **broken}
    make_visit(TEN - HOUR, status=VisitStatus.DONE, **over)
    assert board().counts["broken"] == 0
    planned = make_visit(NOON + HOUR, **broken)
    shown = board(only="broken")
    assert shown.counts["broken"] == 1
    marked = [block.visit for lane in shown.lanes for block in lane.blocks if "broken" in block.marks]
    assert marked == [planned]


def test_the_tray_counts_what_it_shows(acme: Company, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_order()
    client = signed_in(acme.dora)
    head = '<h2>Unscheduled <span class="muted">{}</span></h2>'
    assert head.format(1) in client.get("/t/acme/board/").content.decode()
    filtered = client.get("/t/acme/board/?only=drafts").content.decode()
    assert head.format(0) in filtered and "None of these wait to be planned." in filtered
