"""The parts that work is expected to take: from its kind, by page and API, and what the evaluator makes of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.errors import BadInput
from dispatch import queries, reasons, services
from dispatch.enums import RunOutcome
from dispatch.models import DispatchPolicy, WorkOrder, WorkType
from inventory.models import Part
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_place, make_rule, make_work_order, make_work_type
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from workforce.models import Engineer

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")


def needing(part: Part, quantity: int = 2) -> WorkOrder:
    work_order = make_work_order()
    work_order.work_order_parts.create(part=part, quantity=quantity)
    return work_order


def give(engineer: Engineer, part: Part, quantity: int) -> None:
    make_stock(part, make_van(engineer), quantity)


def strict() -> None:
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)


def made(work_type: WorkType, **facts: Any) -> WorkOrder:
    return services.create_work_order(
        site_id=make_place().pk, work_type_id=work_type.pk, subject="x", actor=SYSTEM, at=AT, **facts
    )


def expected(work_order: WorkOrder) -> dict[str, Decimal]:
    return {row.part.code: row.quantity for row in work_order.work_order_parts.all()}


def test_a_work_order_begins_with_the_usual_parts_of_its_kind(in_acme: Company) -> None:
    part, other = make_part(code="FILTER-7"), make_part(code="BELT-2")
    work_type = make_work_type()
    services.update_work_type(work_type_id=work_type.pk, parts={part.pk: Decimal(2)}, actor=SYSTEM, at=AT)
    assert expected(made(work_type)) == {"FILTER-7": 2}
    assert expected(made(work_type, parts={other.pk: Decimal("0.5")})) == {"BELT-2": Decimal("0.5")}
    assert expected(made(work_type, parts={})) == {}


def test_parts_of_a_work_order_are_changed_and_told(in_acme: Company) -> None:
    part = make_part(code="FILTER-7")
    work_order = made(make_work_type())
    changed = services.update_work_order(
        work_order_id=work_order.pk, parts={part.pk: Decimal(3)}, actor=SYSTEM, at=AT
    )
    assert expected(changed) == {"FILTER-7": 3}
    assert changed.version == work_order.version + 1
    with pytest.raises(BadInput, match="how many"):
        services.update_work_order(
            work_order_id=work_order.pk, parts={part.pk: Decimal(0)}, actor=SYSTEM, at=AT
        )


def test_who_has_the_parts_goes_and_the_reason_names_what_the_others_lack(in_acme: Company) -> None:
    part = make_part(code="FILTER-7", name="Filter")
    with_it, without = make_engineer("With"), make_engineer("Without")
    give(with_it, part, 2)
    give(without, part, 1)
    answer = queries.candidates(queries.get_work_order(needing(part).pk), AT)
    assert [one.verdict.person.id for one in answer.candidates] == [with_it.pk]
    (lacking,) = answer.forceable
    texts = [reasons.words(reason) for reason in lacking.minuses]
    assert "FILTER-7 Filter: 1 of 2 in the van" in texts


def test_planning_by_hand_asks_for_a_reason_or_blocks(in_acme: Company) -> None:
    part = make_part(code="FILTER-7")
    work_order, engineer = needing(part), make_engineer()
    facts = {"work_order_id": work_order.pk, "engineer_id": engineer.pk, "start_at": AT + HOUR}
    with pytest.raises(services.CannotSchedule, match="FILTER-7") as refused:
        services.schedule_visit(**facts, actor=SYSTEM, at=AT)  # type: ignore[arg-type]
    assert refused.value.facts["can_be_forced"]
    give(engineer, part, 5)
    services.schedule_visit(**facts, actor=SYSTEM, at=AT)  # type: ignore[arg-type]


def test_a_rule_waits_for_the_part_and_fires_when_it_arrives(in_acme: Company) -> None:
    strict()
    make_rule(event="part_arrived")
    part, other = make_part(code="FILTER-7"), make_part(code="BELT-2")
    engineer, work_order = make_engineer(), needing(part, 1)
    assert services.meet_arrived_part(part_id=other.pk, actor=SYSTEM, at=AT) == []
    (run,) = services.meet_arrived_part(part_id=part.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, run.explanation["excluded"][0]["code"]) == (RunOutcome.NOBODY, "parts")
    assert "FILTER-7" in run.explanation["excluded"][0]["part"]
    give(engineer, part, 1)
    (run,) = services.meet_arrived_part(part_id=part.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, run.work_order_id) == (RunOutcome.ASSIGNED, work_order.pk)


def test_a_run_keeps_the_policy_it_judged_by(in_acme: Company) -> None:
    make_rule()
    make_engineer()
    assert services.auto_dispatch(work_order_id=make_work_order().pk, actor=SYSTEM, at=AT).policy_version == 0
    strict()
    run = services.auto_dispatch(work_order_id=make_work_order().pk, actor=SYSTEM, at=AT)
    assert run.visit is not None
    assert run.policy_version == run.visit.policy_version == 3


def test_parts_are_typed_as_lines(acme: Company, in_acme: Company, client: Client) -> None:
    make_part(code="FILTER-7")
    make_part(code="TWO WORDS")
    work_order = make_work_order()
    client.force_login(acme.dora.user)
    page = f"/t/{acme.tenant.slug}/work-orders/{work_order.pk}/"
    answer = client.post(f"{page}expected-parts/", {"parts": "FILTER-7 2\n\nTWO WORDS\nFILTER-7 x1"})
    assert answer.status_code == 303
    assert expected(work_order) == {"FILTER-7": 3, "TWO WORDS": 1}
    assert "FILTER-7" in client.get(page).content.decode()
    refused = client.post(f"{page}expected-parts/", {"parts": "FILTER-9 1\nFILTER-7 -4"})
    assert refused.status_code == 422
    said = refused.content.decode()
    assert "FILTER-9" in said and "Line 2" in said
    assert expected(work_order) == {"FILTER-7": 3, "TWO WORDS": 1}
