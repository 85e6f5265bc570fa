"""Service requests from files: reading, mapping, the command."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer, Site
from dispatch.imports.mapping import SHIPPED, BadRow, check_columns, load_mapping, request_of
from dispatch.imports.reading import UnreadableFile, decode, read
from dispatch.models import DispatchRun, Visit, WorkOrder
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.dispatch import make_rule
from tests.factories.workforce import make_engineer
from tickets.models import Ticket

REAL = Path(__file__).resolve().parents[3] / "shared/data/service_requests/nyc_311_2024-04-15.csv"
API_STYLE = ["unique_key", "created_date", "complaint_type", "descriptor", "incident_zip", "incident_address"]
API_STYLE += ["borough", "open_data_channel_type", "latitude", "longitude", "community_board"]
EXPORT_STYLE = [
    "Unique Key",
    "Created Date",
    "Complaint Type",
    "Descriptor",
    "Incident Zip",
    "Incident Address",
]
EXPORT_STYLE += ["Borough", "Open Data Channel Type", "Latitude", "Longitude", "Community Board"]


def row(
    key: str, at: str, kind: str = "HEAT/HOT WATER", address: str = "1 MAIN STREET", **facts: str
) -> list[str]:
    given = {
        "zip": "11201",
        "borough": "BROOKLYN",
        "channel": "PHONE",
        "lat": "40.69",
        "lng": "-73.99",
        **facts,
    }
    cells = [key, at, kind, "ENTIRE BUILDING", given["zip"], address, given["borough"], given["channel"]]
    return [*cells, given["lat"], given["lng"], "02 BROOKLYN"]


def file_of(header: list[str], *rows: list[str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize(
    ("header", "time"),
    [(API_STYLE, "2025-03-24T01:02:55.000"), (EXPORT_STYLE, "03/24/2025 01:02:55 AM")],
)
def test_both_styles_of_the_city_say_the_same(header: list[str], time: str) -> None:
    mapping = load_mapping(SHIPPED["nyc311"])
    columns, rows = read(file_of(header, row("1", time)))
    check_columns(mapping, columns)
    request = request_of(next(rows), mapping)
    assert request.opened_at == datetime(2025, 3, 24, 5, 2, 55, tzinfo=UTC)
    assert (request.topic.work_type, request.channel, request.area) == ("heating-repair", "phone", "Brooklyn")
    assert request.subject == "No heat or hot water: ENTIRE BUILDING"
    assert request.customer == "Community Board 02 Brooklyn"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("暖房が効きません、至急お願いします", "cp932"),
        ("暖气不热，请尽快派人维修", "gb18030"),
        ("受付番号、暖房修理、千代田区", "cp932"),
        ("暖气", "gb18030"),
        ("Café déjà réparé", "utf-8-sig"),
        ("暖房が効きません", "utf-16"),
    ],
)
def test_encodings_are_recognised(text: str, encoding: str) -> None:
    assert text in decode(f"id,text\n1,{text}\n".encode(encoding))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognised(delimiter: str) -> None:
    columns, rows = read(file_of(["a", "b"], ["1", "2"], delimiter=delimiter))
    assert columns == ["a", "b"]
    assert next(rows).cells == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"id\x00\x01,b\n", "not text"),
    ],
)
def test_a_file_that_is_no_csv_says_what_to_do(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableFile, match=why):
        read(data)


def test_a_missing_column_is_named_with_the_way_out() -> None:
    columns, _rows = read(b"unique_key,complaint_type\n1,Noise\n")
    with pytest.raises(UnreadableFile, match=r"no column “created_date”.*--mapping"):
        check_columns(load_mapping(SHIPPED["nyc311"]), columns)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (row("1", "yesterday"), "“yesterday” is not a time"),
        (row("", "2025-03-24T01:02:55"), "“unique_key” is empty"),
        (row("1", "2025-03-24T01:02:55", lat="999"), "not a place on the map"),
        (row("1", "2025-03-24T01:02:55", address="x" * 20_001), "longer than 20000"),
        (row("1", "2025-03-24T01:02:55")[:-1], "10 values for 11 columns"),
    ],
)
def test_a_bad_row_says_why(cells: list[str], why: str) -> None:
    _columns, rows = read(file_of(API_STYLE, cells))
    with pytest.raises(BadRow, match=why):
        request_of(next(rows), load_mapping(SHIPPED["nyc311"]))


def test_lines_are_counted_as_a_person_counts_them() -> None:
    _columns, rows = read(b'a,b\n1,"two\nlines"\n2,x\n')
    assert [r.line for r in rows] == [2, 4]


def run(capsys: Any, path: Path, slug: str = "acme", **options: Any) -> dict[str, int]:
    call_command("import_requests", path, tenant=slug, **{"format": "nyc311", **options})
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])  # type: ignore[no-any-return]


def test_good_rows_load_bad_rows_are_told_and_a_second_run_makes_nothing(
    acme: Company, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "requests.csv"
    at = "2025-03-24T01:02:55.000"
    rows = [
        row("1", at),
        row("2", at),
        row("2", at),
        row("3", "never"),
        row("4", at, kind="Noise - Residential"),
    ]
    path.write_bytes(file_of(API_STYLE, *rows))
    call_command("import_requests", path, tenant="acme", format="nyc311", no_dispatch=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"rows": 5, "created": 3, "duplicates": 1, "rejected": 1}
    assert "line 5: “never” is not a time" in said.err
    with tenant_active(acme.tenant.pk):
        assert (Ticket.objects.count(), WorkOrder.objects.count()) == (3, 2)
        assert (Site.objects.count(), Customer.objects.count()) == (1, 1)
    assert run(capsys, path) == {"rows": 5, "created": 0, "duplicates": 4, "rejected": 1}
    with tenant_active(acme.tenant.pk):
        assert (Ticket.objects.count(), WorkOrder.objects.count()) == (3, 2)


def test_field_work_is_planned_by_the_same_command(acme: Company, tmp_path: Path, capsys: Any) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule()
        make_engineer(skills={"heating": 2}, home_latitude=40.7, home_longitude=-73.98)
    path = tmp_path / "requests.csv"
    at = "2025-03-24T01:02:55.000"
    path.write_bytes(file_of(API_STYLE, row("1", at), row("2", at, kind="PLUMBING")))
    call_command("import_requests", path, tenant="acme", format="nyc311")
    said = capsys.readouterr().err
    assert "auto-dispatch: 1 of 2 work orders planned, 1 that nobody can do" in said
    assert "1 × lacks Plumbing" in said
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.count() == 1
        assert DispatchRun.objects.count() == 2


def test_a_mapping_of_ones_own(acme: Company, tmp_path: Path, capsys: Any) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(
        json.dumps(
            {
                "source": "oldsystem",
                "time_zone": "Asia/Tokyo",
                "time_formats": ["%Y年%m月%d日 %H:%M"],
                "columns": {"external_id": "番号", "opened_at": "受付", "topic": "種別", "address": "住所"},
                "topics": {"暖房": {"name": "暖房", "work_type": "heater"}},
                "work_types": {"heater": {"name": "暖房修理", "minutes": 45, "skills": {"heater": 1}}},
                "skills": {"heater": "暖房"},
            }
        ),
        encoding="utf-8",
    )
    path = tmp_path / "requests.csv"
    header = ["番号", "受付", "種別", "住所"]
    path.write_bytes(file_of(header, ["7", "2026年11月20日 09:30", "暖房", "千代田区1-1"], encoding="cp932"))
    counts = run(capsys, path, format=None, mapping=mapping, no_dispatch=True)
    assert counts == {"rows": 1, "created": 1, "duplicates": 0, "rejected": 0}
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get()
        assert ticket.opened_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
        assert WorkOrder.objects.get().duration_minutes == 45


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"tenant": "nobody", "format": "nyc311"}, "no tenant “nobody”"),
        ({"tenant": "acme"}, "Say either --format"),
        ({"tenant": "acme", "format": "nyc311"}, "cannot be read: No such file"),
    ],
)
def test_a_wrong_call_says_the_way_out(acme: Company, options: dict[str, str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("import_requests", "/nowhere.csv", **options)


def test_the_citys_thousand_requests(acme: Company, capsys: Any) -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not here; it is shared beside the project, not shipped with it")
    assert run(capsys, REAL, no_dispatch=True) == {
        "rows": 1000,
        "created": 1000,
        "duplicates": 0,
        "rejected": 0,
    }
    with tenant_active(acme.tenant.pk):
        assert WorkOrder.objects.count() == 455
        assert Site.objects.count() < 1000
    assert run(capsys, REAL, no_dispatch=True)["created"] == 0
