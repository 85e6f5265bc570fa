"""What would help work of a crew that a proposal leaves undone: what lets all of them come, beside the proposal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.translation import override

from core.clock import now
from dispatch.models import WorkOrder
from dispatch.queries.live import forget
from planning import queries, reasons
from planning.enums import ChangeKind
from planning.models import PlanChange, PlanRun
from tests.cast import Company
from tests.factories.dispatch import make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal, tomorrow
from workforce.models import EngineerSkill, Skill


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def _undone(run: PlanRun, order: WorkOrder) -> PlanChange:
    return run.changes.get(kind=ChangeKind.UNSERVED, work_order=order)


def _planned(run: PlanRun, order: WorkOrder) -> set[str]:
    rows = run.changes.filter(kind=ChangeKind.ADD, work_order=order).select_related("to_engineer")
    return {row.to_engineer.name for row in rows if row.to_engineer}


TEXTS = {
    "en": ("Uma could go at", "with Gas at level 1, together with Tom"),
    "ja": ("Uma", "Tom と一緒に"),
    "zh-hans": ("Uma", "与 Tom 一起"),
}


def test_a_crew_lacks_a_skill_and_comes_once_it_is_there(in_acme: Company) -> None:
    make_engineer("Tom", skills={"gas": 1})
    uma = make_engineer("Uma")
    pair = make_work_order(crew_size=2)
    gas = Skill.objects.get()
    pair.work_order_skills.create(skill=gas, level=1)
    (way,) = _undone(proposal(), pair).ways_out or []
    assert (way["code"], way["name"], way["with"]) == ("skill", "Uma", ["Tom"])
    for language, parts in TEXTS.items():
        with override(language):
            (text,) = reasons.ways_out([way], {gas.pk: "Gas"})
            assert all(part in text for part in parts), text
    EngineerSkill.objects.create(engineer=uma, skill=gas, level=1)
    assert _planned(proposal(), pair) == {"Tom", "Uma"}


def test_what_is_told_counts_the_proposal_as_carried_out(in_acme: Company) -> None:
    """Tom's day is full of more urgent work that is not planned before it is accepted; Uma has nothing to do."""
    make_engineer("Tom", hours=("09:00", "18:00"), skills={"gas": 1})
    make_engineer("Uma", hours=("09:00", "18:00"))
    gas = Skill.objects.get()
    for _n in range(11):
        make_work_order(priority=1).work_order_skills.create(skill=gas, level=1)
    pair = make_work_order(crew_size=2, priority=4)
    run = proposal()
    ways = _undone(run, pair).ways_out or []
    assert {way["name"] for way in ways} | {name for way in ways for name in way["with"]} == {"Tom", "Uma"}
    busy = [(row.to_start_at, row.to_end_at) for row in run.changes.filter(to_engineer__name="Tom")]
    for way in ways:
        if way["code"] != "overlap":
            assert not any(
                a.timestamp() < way["end"] and way["start"] < b.timestamp() for a, b in busy if a and b
            )
    (day,) = [way for way in ways if way["code"] == "day"]
    assert day["start"] >= tomorrow(24).timestamp()
    accept(run)
    run.changes.filter(kind=ChangeKind.UNSERVED).exclude(work_order=pair).delete()
    WorkOrder.objects.filter(status="unscheduled").exclude(pk=pair.pk).delete()
    assert _planned(proposal(until=tomorrow(48)), pair) == {"Tom", "Uma"}


def test_looking_for_crews_takes_a_fixed_number_of_statements(
    in_acme: Company, django_assert_max_num_queries: Callable[..., object]
) -> None:
    make_engineer("Tom", hours=None)
    for _n in range(5):
        make_work_order(crew_size=2)
    run = proposal()
    rows = list(run.changes.filter(kind=ChangeKind.UNSERVED))
    assert len(rows) == 5
    with django_assert_max_num_queries(31):  # type: ignore[attr-defined]
        queries.ways_out_of(run, rows, now())
