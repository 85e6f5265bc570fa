"""A visit carried out by a program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.enums import Permission
from dispatch.models import Visit
from inventory.models import Part
from tenants.active import tenant_active
from tests.cast import Company
from tests.delivery.acts import drawing
from tests.factories.delivery import make_checklist, make_engineer, make_visit, make_work_type, picture
from tests.factories.inventory import make_part, make_stock, make_van

Program = Callable[..., Client]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def phone(acme: Company, program: Program) -> Client:
    return program(acme, Permission.VISIT_PERFORM, Permission.WORK_VIEW)


@pytest.fixture
def stage(acme: Company) -> tuple[Visit, Part]:
    """A visit sent to Tom, and a part on his van."""
    with tenant_active(acme.tenant.pk):
        tom, work_type, part = make_engineer(acme.tom), make_work_type(), make_part()
        make_checklist(work_type)
        make_stock(part, make_van(tom), 2)
        return make_visit(tom, work_type=work_type), part


def call(client: Client, visit: Visit, act: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/v1/visits/{visit.pk}/{act}", body or {}, content_type="application/json")


def test_the_whole_visit(phone: Client, stage: tuple[Visit, Part]) -> None:
    visit, part = stage
    for act, status in [("accept", "accepted"), ("travel", "travelling"), ("arrive", "on_site")]:
        assert call(phone, visit, act).json()["status"] == status
    assert call(phone, visit, "pause").json()["status"] == "paused"
    assert call(phone, visit, "resume").json()["status"] == "on_site"
    evidence = phone.get(f"/api/v1/visits/{visit.pk}/evidence/").json()
    assert evidence["missing"] == ["Gas valve closed", "CO in flue gas", "Signature"]
    steps = {step["label"]: step["item_id"] for step in evidence["steps"]}
    for label, value in {"Gas valve closed": "pass", "CO in flue gas": "64"}.items():
        assert call(phone, visit, "answers", {"item_id": steps[label], "value": value}).status_code == 201
    used = call(phone, visit, "parts", {"part_id": part.pk, "quantity": "1", "key": "u1"})
    assert (used.status_code, used.json()["quantity_billed"]) == (201, "1.000")
    assert (
        call(phone, visit, "parts", {"part_id": part.pk, "quantity": "1", "key": "u1"}).json() == used.json()
    )
    file = SimpleUploadedFile("a.png", picture(kind="PNG"))
    photo = phone.post(f"/api/v1/visits/{visit.pk}/photos", {"photo": file, "kind": "after"})
    assert (photo.status_code, photo.json()["width"]) == (201, 64)
    refused = call(phone, visit, "complete")
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_missing")
    assert refused.json()["facts"]["missing"] == ["Signature"]
    signed = {"outcome": "signed", "signer_name": "青木"}
    undrawn = call(phone, visit, "signature", signed)
    assert (undrawn.status_code, undrawn.json()["errors"][0]["pointer"]) == (422, "/drawing")
    assert call(phone, visit, "signature", {**signed, "drawing": drawing()}).status_code == 201
    assert call(phone, visit, "complete", {"remarks": "ok"}).json()["status"] == "done"
    after = phone.get(f"/api/v1/visits/{visit.pk}/evidence").json()
    assert after["missing"] == []
    assert [entry["kind"] for entry in after["time_entries"]] == ["travel", "work", "break", "work"]


def test_giving_up_needs_a_reason(phone: Client, stage: tuple[Visit, Part]) -> None:
    visit, _part = stage
    for act in ("accept", "travel", "arrive"):
        call(phone, visit, act)
    assert call(phone, visit, "could-not-complete").status_code == 400
    done = call(phone, visit, "could-not-complete", {"reason": "Nobody there"})
    assert done.json()["end_reason"] == "Nobody there"


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("arrive", {}, 409),
        ("accept", {"device_at": "yesterday"}, 400),
        ("answers", {"item_id": "x", "value": "1"}, 400),
        ("answers", {"item_id": 1, "value": "1"}, 409),
        ("signature", {"outcome": "maybe"}, 400),
        ("parts", {"part_id": 10**9, "quantity": "1", "key": "k"}, 400),
    ],
)
def test_bad_calls_change_nothing(
    acme: Company, phone: Client, stage: tuple[Visit, Part], *, act: str, body: dict[str, Any], status: int
) -> None:
    visit, _part = stage
    answer = call(phone, visit, act, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    with tenant_active(acme.tenant.pk):
        visit.refresh_from_db()
    assert visit.status == "dispatched"


def test_scopes_and_rivals(
    acme: Company, globex: Company, program: Program, stage: tuple[Visit, Part]
) -> None:
    visit, _part = stage
    assert call(program(acme, Permission.WORK_VIEW), visit, "accept").status_code == 403
    assert (
        program(acme, Permission.VISIT_PERFORM).get(f"/api/v1/visits/{visit.pk}/evidence").status_code == 403
    )
    rival = program(globex)
    assert call(rival, visit, "accept").status_code == 404
    assert rival.get(f"/api/v1/visits/{visit.pk}/evidence").status_code == 404
    assert call(Client(), visit, "accept").status_code == 401
