"""Expected parts in imports: read from a cell, known by the catalogue, or rejected with what is known."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dispatch.imports.parts import check_known, parts_in
from dispatch.models import WorkOrder, WorkType
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.inventory import make_part

MAPPING: dict[str, Any] = {
    "source": "old",
    "columns": {"external_id": "id", "opened_at": "at", "topic": "kind", "parts": "Spare parts"},
    "topics": {"heat": {"name": "No heat", "work_type": "repair"}, "bill": {"name": "Bill"}},
    "work_types": {"repair": {"name": "Repair", "parts": "FLT-20×1"}},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FLT-20×1; PMP-3×2", {"FLT-20": 1, "PMP-3": 2}),
        ("FLT-20 * 2；PMP-3 x 0.5", {"FLT-20": 2, "PMP-3": Decimal("0.5")}),
        ("BOX-3", {"BOX-3": 1}),
        ("TWO WORDS × 4;", {"TWO WORDS": 4}),
        ("A×1; A×2", {"A": 3}),
        ("", {}),
    ],
)
def test_parts_are_read_from_a_cell(text: str, found: dict[str, Any]) -> None:
    assert parts_in(text) == found


@pytest.mark.parametrize("text", ["FLT×none", "×3", "FLT×0", "FLT×-1", "A×1×2", "A×1e9", "A×NaN"])
def test_what_is_no_part_and_quantity_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="FLT-20×1; PMP-3×2"):
        parts_in(text)


def test_an_unknown_part_names_those_that_are_like_it() -> None:
    one = {"FLT-21": Decimal(1)}
    with pytest.raises(ValueError, match="no part “FLT-21”; known: FLT-20…"):
        check_known(one, {"FLT-20", "PMP-3", "ZZZ"})
    with pytest.raises(ValueError, match="no part is known yet"):
        check_known(one, set())
    check_known(one, {"FLT-21"})


def load(folder: Path, *rows: str, **mapping: Any) -> None:
    (folder / "map.json").write_text(json.dumps({**MAPPING, **mapping}))
    lines = ["id,at,kind,Spare parts", *rows]
    (folder / "in.csv").write_text("\n".join(lines), encoding="utf-8")
    call_command(
        "import_requests",
        str(folder / "in.csv"),
        tenant="acme",
        mapping=folder / "map.json",
        no_dispatch=True,
    )


def expected() -> dict[str, dict[str, Decimal]]:
    return {
        work_order.external_id: {row.part.code: row.quantity for row in work_order.work_order_parts.all()}
        for work_order in WorkOrder.objects.all()
    }


def test_rows_and_work_types_bring_their_parts(acme: Company, tmp_path: Path) -> None:
    with tenant_active(acme.tenant.pk):
        make_part(code="FLT-20"), make_part(code="PMP-3")
    load(tmp_path, "1,2026-04-01T09:00,heat,PMP-3×2", "2,2026-04-01T09:00,heat,", "3,2026-04-01T09:00,bill,")
    with tenant_active(acme.tenant.pk):
        usual = WorkType.objects.get(code="repair").work_type_parts.get()
        assert (usual.part.code, usual.quantity) == ("FLT-20", Decimal(1))
        assert expected() == {"1": {"PMP-3": 2}, "2": {"FLT-20": 1}}


def test_a_bad_cell_rejects_its_row_and_the_rest_load(acme: Company, tmp_path: Path, capsys: Any) -> None:
    with tenant_active(acme.tenant.pk):
        make_part(code="FLT-20")
    at = "2026-04-01T09:00"
    load(
        tmp_path,
        f"1,{at},heat,FLT-21×1",
        f"2,{at},heat,FLT-20×x",
        f"3,{at},bill,FLT-20",
        f"4,{at},heat,FLT-20×3",
    )
    told = capsys.readouterr()
    counts = json.loads(told.out.splitlines()[-1])
    assert (counts["created"], counts["rejected"]) == (1, 3)
    lines = [line for line in told.err.splitlines() if line.startswith("line ")]
    assert "line 2: column “spare_parts”: there is no part “FLT-21”; known: FLT-20" in lines[0]
    assert lines[1].startswith("line 3: column “spare_parts”: “FLT-20×x” is not a part")
    assert lines[2] == "line 4: column “spare_parts”: “Bill” is no field work, which takes no parts"
    with tenant_active(acme.tenant.pk):
        assert expected() == {"4": {"FLT-20": 3}}


def test_a_work_type_with_an_unknown_part_stops_the_import(acme: Company, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="work type “repair”, parts: there is no part “FLT-20”"):
        load(tmp_path, "1,2026-04-01T09:00,heat,")
    with tenant_active(acme.tenant.pk):
        assert not WorkOrder.objects.exists()
