"""How much of the engineers' time is planned, kept free and left: the sums, and where they come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dispatch import capacity as sums
from dispatch.capacity import Rule, Worker, cell_of, minutes_between, rule_for
from dispatch.queries.capacity import capacity
from tenants.queries import current_tenant
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce import services as workforce
from workforce.models import CapacityRule, ShiftBreak

MONDAY = date(2026, 11, 23)
MIDNIGHT = datetime(2026, 11, 22, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUERIES = 11
"""For any number of engineers, visits and days; the tenant's row is known already."""


def cell(workers: list[Worker], rules: list[Rule], **how: Any) -> sums.Cell:
    asked = {"territory_id": 1, "skill_id": None, "day": MONDAY, "begins": MIDNIGHT, "at": MIDNIGHT - HOUR}
    return cell_of(workers, rules, **{**asked, **how})


def worker(planned: dict[int, int] | None = None, **facts: Any) -> Worker:
    return Worker(1, minutes={MONDAY: 480}, planned={MONDAY: planned or {}}, **facts)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ((1, 7, 0), 5),
        ((1, 7, 1), 4),
        ((1, 8, 0), 3),
        ((1, 8, 1), 2),
        ((2, 7, 0), 6),
        ((2, 8, 3), 1),
        ((None, None, 0), 1),
    ],
)
def test_the_most_specific_rule_counts(asked: tuple[int, int, int], chosen: int) -> None:
    rules = [
        Rule(1),
        Rule(2, territory_id=1),
        Rule(3, territory_id=1, weekday=0),
        Rule(4, territory_id=1, skill_id=7),
        Rule(5, territory_id=1, skill_id=7, weekday=0),
        Rule(6, skill_id=7, weekday=0),
    ]
    found = rule_for(rules, *asked)
    assert found is not None and found.id == chosen


def test_a_territory_is_more_specific_than_a_skill_or_a_weekday() -> None:
    rules = [Rule(1, weekday=0), Rule(2, skill_id=7), Rule(3, territory_id=1)]
    assert rule_for(rules, 1, 7, 0) == rules[2]
    assert rule_for(rules, 2, 7, 0) == rules[1]
    assert rule_for(rules[:0], 1, 7, 0) is None


def test_a_share_is_kept_free_until_it_is_released() -> None:
    rule = Rule(9, reserve_percent=25, released_hours=2)
    kept = cell([worker({3: 60})], [rule], at=MIDNIGHT - 3 * HOUR)
    assert (kept.working, kept.planned, kept.reserved, kept.free, kept.rule_id) == (480, 60, 120, 300, 9)
    released = cell([worker({3: 60})], [rule], at=MIDNIGHT - 2 * HOUR)
    assert (released.reserved, released.free, released.is_released) == (0, 420, True)


def test_urgent_work_uses_the_reserve() -> None:
    rule = Rule(reserve_percent=25, up_to_priority=2)
    assert cell([worker({1: 30, 2: 30, 3: 60})], [rule]).reserved == 60
    assert cell([worker({1: 200})], [rule]).reserved == 0


def test_a_bound_counts_beside_the_reserve() -> None:
    rule = Rule(reserve_percent=25, max_minutes=300)
    found = cell([worker({3: 200})], [rule])
    assert (found.reserved, found.free, found.limit) == (120, 100, 300)
    assert cell([worker({3: 400})], [rule]).free == 0


def test_more_plan_than_time_is_told_and_leaves_nothing_free() -> None:
    found = cell([worker({3: 600})], [Rule(reserve_percent=25)])
    assert (found.planned_percent, found.free, found.reserved) == (125, 0, 0)
    assert cell([], []).planned_percent == 0
    assert cell([Worker(1, planned={MONDAY: {3: 10}})], []).planned_percent == 100


def test_who_counts_in_a_cell() -> None:
    north = frozenset({1})
    assert cell([worker(territories=north)], [], territory_id=2).working == 0
    assert cell([worker()], [], territory_id=2).working == 480
    assert cell([worker(territories=north)], [], territory_id=None).working == 480
    skilled = worker(skills={7: MONDAY})
    assert cell([skilled], [], skill_id=7).working == 480
    assert cell([skilled], [], skill_id=8).working == 0
    assert cell([worker(skills={7: MONDAY - timedelta(days=1)})], [], skill_id=7).working == 0


def test_breaks_and_absences_are_no_working_time() -> None:
    nine = MIDNIGHT + 9 * HOUR
    shifts = [(nine, nine + 9 * HOUR)]
    lunch = [(nine + 3 * HOUR, nine + 4 * HOUR, 3600)]
    day = (MIDNIGHT, MIDNIGHT + 24 * HOUR)
    assert minutes_between(shifts, [], lunch, *day) == 480
    assert minutes_between(shifts, [(nine + 2 * HOUR, nine + 9 * HOUR)], lunch, *day) == 120
    assert minutes_between(shifts, [], lunch, MIDNIGHT, nine + 3 * HOUR) == 180


def test_the_days_of_territories_in_a_fixed_number_of_queries(
    in_acme: Company, django_assert_num_queries: Any
) -> None:
    north, south, gas = make_territory("North"), make_territory("South"), make_skill("gas")
    tom = make_engineer(skills={"gas": 2}, territories=[north], hours=("09:00", "18:00"))
    make_engineer(territories=[south], hours=("09:00", "13:00"))
    make_engineer(is_active=False, territories=[north])
    monday = tom.shifts.get(weekday=0)
    ShiftBreak.objects.create(shift=monday, earliest="12:00", latest="12:00", minutes=60)
    make_visit(AT + HOUR, engineer=tom, minutes=90, travel_minutes=20)
    current_tenant()
    CapacityRule.objects.create(territory=north, reserve_percent=25, up_to_priority=1)
    with django_assert_num_queries(QUERIES):
        found = capacity(MONDAY, 2, at=AT - timedelta(days=3), skill_ids=[gas.pk])
    assert [str(day) for day in found.days] == ["2026-11-23", "2026-11-24"]
    first, second = found.row(north.pk)
    assert (first.engineers, first.working, first.planned) == (1, 480, 110)
    assert (first.reserved, first.free) == (120, 250)
    assert (second.working, second.planned, second.free) == (540, 0, 405)
    assert [c.working for c in found.row(south.pk)] == [240, 240]
    assert [c.working for c in found.row(None)] == [720, 780]
    assert [c.working for c in found.row(None, gas.pk)] == [480, 540]
    for _n in range(5):
        make_visit(AT + HOUR, engineer=make_engineer(territories=[north]))
    with django_assert_num_queries(QUERIES):
        again = capacity(MONDAY, 2, at=AT, skill_ids=[gas.pk])
    assert again.row(north.pk)[0].engineers == 6


def test_a_visit_over_midnight_counts_on_both_days(in_acme: Company) -> None:
    tom = make_engineer(hours=("22:00", "06:00"))
    make_visit(AT + 14 * HOUR, engineer=tom, minutes=180, travel_minutes=10)
    found = capacity(MONDAY, 2, at=AT)
    assert [c.planned for c in found.row(None)] == [70, 120]
    assert [c.working for c in found.row(None)] == [480, 480]


def test_an_absent_engineer_has_no_time(in_acme: Company) -> None:
    tom = make_engineer()
    workforce.add_absence(
        engineer_id=tom.pk,
        start_at=MIDNIGHT,
        end_at=MIDNIGHT + 24 * HOUR,
        actor=in_acme.dora.actor,
        at=AT,
    )
    first, second = capacity(MONDAY, 2, at=AT).row(None)
    assert (first.engineers, first.working, second.engineers) == (0, 0, 1)
