"""Parts of a van that planned visits count on are nobody else's: by hand, candidates, windows, rules and runs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dispatch import queries, reasons, services
from dispatch.enums import RunOutcome, VisitStatus
from dispatch.evaluator import Claim, Person, Reason, Work, evaluate
from dispatch.models import DispatchPolicy, Visit, WorkOrder
from dispatch.queries.live import forget
from dispatch.queries.slots import Asked
from inventory import services as stock
from inventory.models import Part, StockLocation
from planning.enums import ChangeKind
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_rule, make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal, tomorrow
from workforce.models import Engineer

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")
HERE = (35.7, 139.7)


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


@pytest.fixture
def pump(in_acme: Company) -> Part:
    return make_part(code="PUMP-1", name="Pump")


@pytest.fixture
def tom(in_acme: Company) -> Engineer:
    return make_engineer("Tom")


@pytest.fixture
def van(tom: Engineer, pump: Part) -> StockLocation:
    """Tom's, with one pump."""
    found = make_van(tom)
    make_stock(pump, found, 1)
    return found


def needing(part: Part, quantity: int = 1, **facts: Any) -> WorkOrder:
    work_order = make_work_order(**facts)
    work_order.work_order_parts.create(part=part, quantity=quantity)
    return work_order


def strict() -> None:
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)


def plan(work_order: WorkOrder, engineer: Engineer, hours: int, why: str = "") -> Visit:
    return services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=engineer.pk,
        start_at=AT + hours * HOUR,
        actor=SYSTEM,
        at=AT,
        override_reason=why,
    )


def use(part: Part, visit: Visit, van: StockLocation) -> None:
    stock.use_part(
        part_id=part.pk,
        location_id=van.pk,
        quantity=Decimal(1),
        key=f"{visit.stock_key}tap",
        actor=SYSTEM,
        at=AT,
    )


@pytest.mark.parametrize(
    ("held", "claims", "has_enough"),
    [
        (1, [], True),
        (1, [(2, 1)], False),
        (1, [(1, 1)], True),
        (2, [(2, 1)], True),
        (3, [(2, 1), (3, 2)], False),
        (0.3, [(2, 0.2)], False),
        (1.3, [(2, 0.1), (3, 0.2)], True),
    ],
)
def test_the_evaluator_counts_what_other_work_counts_on(
    held: float, claims: list[tuple[int, float]], has_enough: bool
) -> None:
    told = tuple(Claim(work, f"WO-{work}", quantity) for work, quantity in claims)
    person = Person(1, "Tom", home=HERE, shifts=[(0, 36_000)], parts={7: held}, promised={7: told})
    verdict = evaluate(person, Work(1, 3600, HERE, parts={7: 1}), 3600)
    assert [reason.code for reason in verdict.broken] == ([] if has_enough else ["parts"])


def test_the_reason_names_the_work_that_counts_on_the_part() -> None:
    facts = {"part": "PUMP-1", "has": 1.0, "needed": 1.0}
    one = Reason("parts", {**facts, "promised": ["WO-12"]})
    assert reasons.words(one) == "PUMP-1: 1 needed, 1 in the van, WO-12 counts on it"
    two = Reason("parts", {**facts, "promised": ["WO-12", "WO-15"]})
    assert reasons.words(two) == "PUMP-1: 1 needed, 1 in the van, WO-12, WO-15 count on it"


def test_by_hand_two_visits_never_count_on_one_part(pump: Part, tom: Engineer, van: StockLocation) -> None:
    first, second = needing(pump), needing(pump)
    visit = plan(first, tom, 4)
    with pytest.raises(services.CannotSchedule, match=f"{first} counts on it") as refused:
        plan(second, tom, 1)
    told: Any = refused.value.facts["reasons"]
    assert told[0]["promised"] == [str(first)]
    services.move_visit(
        visit_id=visit.pk,
        engineer_id=tom.pk,
        start_at=AT + 5 * HOUR,
        version=visit.version,
        actor=SYSTEM,
        at=AT,
    )
    services.cancel_visit(visit_id=visit.pk, reason="x", actor=SYSTEM, at=AT)
    assert plan(second, tom, 1).reason == {}


@pytest.mark.parametrize("status", sorted(VisitStatus))
def test_only_open_visits_count_on_parts(
    pump: Part, tom: Engineer, van: StockLocation, status: VisitStatus
) -> None:
    make_visit(AT + 3 * HOUR, engineer=tom, work_order=needing(pump), status=status)
    answer = queries.candidates(queries.get_work_order(needing(pump).pk), AT)
    is_open = status in {"scheduled", "dispatched", "accepted", "travelling", "on_site", "paused"}
    assert bool(answer.candidates) is not is_open


def test_what_was_used_on_site_counts_once(pump: Part, tom: Engineer, van: StockLocation) -> None:
    make_stock(pump, van, 1)
    visit = make_visit(AT - HOUR, engineer=tom, work_order=needing(pump, 1), status=VisitStatus.ON_SITE)
    other = queries.get_work_order(needing(pump, 2).pk)
    assert not queries.candidates(other, AT).candidates
    use(pump, visit, van)
    one = queries.get_work_order(needing(pump, 1).pk)
    assert [c.verdict.person.id for c in queries.candidates(one, AT).candidates] == [tom.pk]
    assert not queries.candidates(other, AT).candidates


def test_stock_and_expected_parts_are_noticed_at_once(pump: Part, tom: Engineer, van: StockLocation) -> None:
    first, second = needing(pump), queries.get_work_order(needing(pump).pk)
    plan(first, tom, 4)

    def can() -> bool:
        return bool(queries.candidates(second, AT).candidates)

    assert not can()
    services.update_work_order(work_order_id=first.pk, parts={}, actor=SYSTEM, at=AT)
    assert can()
    services.update_work_order(work_order_id=first.pk, parts={pump.pk: Decimal(1)}, actor=SYSTEM, at=AT)
    assert not can()
    make_stock(pump, van, 1)
    assert can()


def test_candidates_and_windows_agree_and_name_the_work(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    strict()
    first, second = needing(pump), needing(pump)
    plan(first, tom, 4)
    order = queries.get_work_order(second.pk)
    ((reason, who),) = queries.candidates(order, AT).excluded
    assert (reason.code, reason.facts["promised"], who[0].id) == ("parts", [str(first)], tom.pk)
    assert queries.slots_for(queries.work_of(order), order.site, Asked(AT)).slots == []
    mine = queries.get_work_order(first.pk)
    assert queries.slots_for(queries.work_of(mine), mine.site, Asked(AT)).slots


def test_rules_give_one_part_to_one_work_order_of_a_batch(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    strict()
    make_rule()
    orders = [needing(pump, priority=priority) for priority in (3, 1, 2)]
    assert services.auto_dispatch_open(actor=SYSTEM, at=AT) == {"assigned": 1, "nobody": 2, "no_rule": 0}
    assert Visit.objects.get().work_order == orders[1]
    run = services.auto_dispatch(work_order_id=orders[2].pk, actor=SYSTEM, at=AT)
    assert (run.outcome, run.explanation["excluded"][0]["promised"]) == (RunOutcome.NOBODY, [str(orders[1])])


def test_what_is_offered_is_not_offered_again(pump: Part, tom: Engineer, van: StockLocation) -> None:
    strict()
    make_rule(steps=[{"strategy": "offer_pool", "accept_minutes": 30}])
    first, second = needing(pump, priority=1), needing(pump, priority=2)
    outcomes = [
        services.auto_dispatch(work_order_id=order.pk, actor=SYSTEM, at=AT).outcome
        for order in (first, second)
    ]
    assert outcomes == [RunOutcome.OFFERED, RunOutcome.NOBODY]


def test_a_run_counts_crews_and_what_is_planned_after_it(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    strict()
    uma = make_engineer("Uma")
    make_stock(pump, make_van(uma), 1)
    pair, alone = needing(pump, crew_size=2, priority=1), needing(pump, priority=3)
    run = proposal()
    rows = {row.work_order_id: row for row in run.changes.order_by("id")}
    assert rows[pair.pk].kind == ChangeKind.ADD
    assert rows[alone.pk].kind == ChangeKind.UNSERVED
    assert str(pair) in str(rows[alone.pk].reasons)
    assert accept(run) == {"accepted": 2, "stale": 0}


def test_accepting_counts_what_was_promised_since(pump: Part, tom: Engineer, van: StockLocation) -> None:
    strict()
    ours, other = needing(pump), needing(pump)
    run = proposal()
    row = run.changes.get(work_order=min(ours, other, key=lambda one: one.pk))
    late = other if row.work_order == ours else ours
    make_visit(tomorrow(40), engineer=tom, work_order=late)
    assert accept(run) == {"accepted": 0, "stale": 1}
    row.refresh_from_db()
    assert (row.reasons[0]["code"], row.reasons[0]["promised"]) == ("parts", [str(late)])


def test_a_visit_that_moves_frees_its_part_for_another_row(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    strict()
    uma = make_engineer("Uma")
    make_stock(pump, make_van(uma), 1)
    skilled = needing(pump, priority=3)
    make_visit(tomorrow(10), engineer=tom, work_order=skilled)
    near = needing(pump, priority=1)
    run = proposal()
    assert accept(run)["stale"] == 0
    holders = {visit.work_order_id: visit.engineer_id for visit in Visit.objects.all()}
    assert set(holders) == {skilled.pk, near.pk} and len(set(holders.values())) == 2


@pytest.mark.parametrize("ended", ["done", "could_not_complete", "no_show"])
def test_what_an_ended_visit_of_the_same_work_used_counts_once(
    pump: Part, tom: Engineer, van: StockLocation, ended: str
) -> None:
    """Two pumps are needed in all: one went in at the first stint, so two open stints count on one more."""
    make_stock(pump, van, 2)
    order = needing(pump, 2, may_split=True)
    use(pump, make_visit(AT - 24 * HOUR, engineer=tom, work_order=order, status=ended), van)
    stints = uuid4()
    for hours in (3, 30):
        make_visit(AT + hours * HOUR, engineer=tom, work_order=order, crew_key=stints)
    one, two = (queries.get_work_order(needing(pump, quantity).pk) for quantity in (1, 2))
    assert queries.candidates(one, AT).candidates
    assert not queries.candidates(two, AT).candidates


def test_as_many_rows_are_accepted_as_a_van_has_parts_for(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    """One of two pumps went meanwhile: the least urgent row gives way."""
    strict()
    make_stock(pump, van, 1)
    orders = {priority: needing(pump, priority=priority) for priority in (3, 1)}
    run = proposal()
    lost = make_visit(AT - HOUR, engineer=tom, work_order=make_work_order(), status=VisitStatus.ON_SITE)
    use(pump, lost, van)
    assert accept(run) == {"accepted": 1, "stale": 1}
    states = dict(run.changes.values_list("work_order_id", "state"))
    assert states == {orders[1].pk: "accepted", orders[3].pk: "stale"}


def test_a_row_that_a_van_could_never_serve_gives_way_to_all(
    pump: Part, tom: Engineer, van: StockLocation
) -> None:
    strict()
    make_stock(pump, van, 2)
    greedy, modest = needing(pump, 2, priority=1), needing(pump, 1, priority=3)
    run = proposal()
    lost = make_visit(AT - HOUR, engineer=tom, work_order=make_work_order(), status=VisitStatus.ON_SITE)
    for tap in range(2):
        stock.use_part(
            part_id=pump.pk,
            location_id=van.pk,
            quantity=Decimal(1),
            key=f"{lost.stock_key}{tap}",
            actor=SYSTEM,
            at=AT,
        )
    assert accept(run) == {"accepted": 1, "stale": 1}
    states = dict(run.changes.values_list("work_order_id", "state"))
    assert states == {greedy.pk: "stale", modest.pk: "accepted"}
