"""Parts of which the vans hold too few: the more urgent work gets them, the other is told where they go."""

from __future__ import annotations

from random import Random

import pytest

from dispatch.evaluator import FOREVER, Person
from dispatch.models import DispatchPolicy
from dispatch.policy import ALLOW, PARTS, Policy
from planning import reasons
from planning.days import Prices, Task
from planning.enums import ChangeKind
from planning.plans import plan
from planning.sheet import Plan
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from tests.planning.runs import proposal, tomorrow
from tests.planning.test_links import times
from tests.planning.test_plans import EFFORT, HOUR, person, planned, task

PUMP, BELT = 1, 2


def needing(number: int, part: int = PUMP, quantity: float = 1, **facts: object) -> Task:
    names = {PUMP: "PUMP", BELT: "BELT"}
    return task(number, parts={part: quantity}, part_names=names, **facts)  # type: ignore[arg-type]


def carrying(number: int, pumps: float, **facts: object) -> Person:
    return person(number, parts={PUMP: pumps}, **facts)


def test_the_more_urgent_gets_the_last_part_and_the_other_is_told() -> None:
    found = planned([carrying(1, 1), person(2)], [needing(1, priority=3), needing(2, priority=1)])
    assert list(times(found)) == [2]
    ((left, told),) = found.unplaced
    assert left.work.id == 1
    assert {reason.code: reason.facts.get("people") for reason in told} == {"part_goes_to": 1, "parts": 1}
    goes = next(reason for reason in told if reason.code == "part_goes_to")
    assert (goes.facts["part"], goes.facts["work_order"]) == ("PUMP", "#2")


def test_the_urgent_one_of_tomorrow_goes_before_the_other_of_today() -> None:
    days = [(0, 24 * HOUR), (24 * HOUR, 48 * HOUR)]
    who = carrying(1, 1, shifts=[(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)])
    urgent = needing(2, priority=1, window=(30 * HOUR, 48 * HOUR))
    found = plan([who], [needing(1, priority=3), urgent], days, prices=Prices(), effort=EFFORT)
    assert list(times(found)) == [2]


def test_two_vans_serve_two_even_when_the_first_could_take_either() -> None:
    near = carrying(1, 1, skills={7: (1, FOREVER)})
    far = carrying(2, 1, home=(35.9, 139.5))
    at = times(planned([near, far], [needing(1, priority=1), needing(2, priority=2, skills={7: 1})]))
    assert (at[1][2], at[2][2]) == (2, 1)


def test_what_was_kept_for_work_that_finds_no_place_serves_another() -> None:
    who = carrying(1, 1)
    found = planned([who], [needing(1, priority=1, window=(0, HOUR)), needing(2, priority=4)])
    assert list(times(found)) == [2]
    ((_left, told),) = found.unplaced
    assert told[0].code == "window"


def test_enough_for_all_keeps_nothing() -> None:
    found = planned([carrying(1, 2)], [needing(1), needing(2)])
    assert len(found.placed) == 2
    assert all(one.task.only is None for one in found.placed)


def test_a_policy_that_allows_missing_parts_keeps_none() -> None:
    found = planned([carrying(1, 1)], [needing(1), needing(2)], policy=Policy(verdicts={PARTS: ALLOW}))
    assert len(found.placed) == 2


@pytest.mark.parametrize("seed", range(30))
def test_no_van_gives_more_than_it_holds(seed: int) -> None:
    chance = Random(seed)
    people = [
        person(n, parts={PUMP: chance.randint(0, 3), BELT: chance.randint(0, 4)}, home=(35.6 + n / 50, 139.7))
        for n in range(1, 5)
    ]
    tasks = [
        needing(n, chance.choice((PUMP, BELT)), chance.choice((1, 1, 2)), priority=chance.randint(1, 4))
        for n in range(1, 25)
    ]

    def run() -> Plan:
        return planned([person(p.id, parts=p.parts, home=p.home) for p in people], tasks)

    found = run()
    for who in people:
        for part in (PUMP, BELT):
            taken = sum(o.task.work.parts.get(part, 0) for o in found.placed if o.person_id == who.id)
            assert taken <= who.parts[part]
    left = {one.work.id: one for one, _told in found.unplaced}
    spare = {
        who.id: {
            part: who.parts[part]
            - sum(o.task.work.parts.get(part, 0) for o in found.placed if o.person_id == who.id)
            for part in (PUMP, BELT)
        }
        for who in people
    }
    for one, told in found.unplaced:
        could = [w for w in people if all(spare[w.id][part] >= n for part, n in one.work.parts.items())]
        assert not could or told[0].code not in ("part_goes_to",), (left, spare)
    assert times(run()) == times(found)


def test_a_run_counts_what_visits_that_stay_will_take_and_names_the_work(in_acme: Company) -> None:
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)
    engineer, part = make_engineer(), make_part(code="PUMP-1")
    make_stock(part, make_van(engineer), 2)
    orders = [make_work_order(priority=priority) for priority in (1, 3, 2)]
    for order in orders:
        order.work_order_parts.create(part=part, quantity=1)
    make_visit(tomorrow(9), engineer=engineer, work_order=orders[0], lock_level="confirmed")
    run = proposal()
    rows = {row.work_order_id: row for row in run.changes.all()}
    assert rows[orders[2].pk].kind == ChangeKind.ADD
    left = rows[orders[1].pk]
    assert (left.kind, left.reasons[0]["code"]) == (ChangeKind.UNSERVED, "part_goes_to")
    assert str(orders[2]) in reasons.sentence(left.reasons)
