"""Accepting counts the parts of those whose own visit stays, when the rest of their crew goes to somebody else."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dispatch.models import DispatchPolicy, WorkOrder
from dispatch.queries.live import forget
from inventory.models import Part
from planning.enums import ChangeKind
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from tests.planning.runs import HOUR, accept, proposal, tomorrow


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


@pytest.mark.parametrize(("pumps", "expected"), [(1, "stale"), (2, "accepted")])
def test_who_stays_with_a_crew_keeps_the_parts_of_its_van(
    in_acme: Company, pumps: int, expected: str
) -> None:
    """Tom's visit goes to Vic; Uma's stays, with the pump of her van: another work gets it only if there are two."""
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)
    part = make_part(code="PUMP-1")
    tom, uma, vic = (make_engineer(name) for name in ("Tom", "Uma", "Vic"))
    make_stock(part, make_van(uma), pumps)
    make_stock(part, make_van(vic), 1)
    run, crew = proposal(), uuid4()
    pair, other = _needing(part, crew_size=2), _needing(part)
    visit, _stays = (
        make_visit(tomorrow(10), engineer=who, work_order=pair, crew_key=crew) for who in (tom, uma)
    )
    moved = run.changes.create(
        work_order=pair,
        kind=ChangeKind.MOVE,
        visit=visit,
        visit_version=visit.version,
        from_engineer=tom,
        to_engineer=vic,
        to_start_at=visit.start_at,
        to_end_at=visit.end_at,
        crew_key=crew,
    )
    row = run.changes.create(
        work_order=other,
        kind=ChangeKind.ADD,
        work_order_version=other.version,
        to_engineer=uma,
        to_start_at=tomorrow(14),
        to_end_at=tomorrow(14) + HOUR,
    )
    run.state = "proposed"
    run.save(update_fields=["state"])
    accept(run)
    for one in (moved, row):
        one.refresh_from_db()
    assert (moved.state, row.state) == ("accepted", expected)
    assert [reason["code"] for reason in row.reasons] == (["parts"] if expected == "stale" else [])


def _needing(part: Part, **facts: int) -> WorkOrder:
    order = make_work_order(**facts)
    order.work_order_parts.create(part=part, quantity=1)
    return order
