"""How firmly a visit is promised: confirmed, committed, released; and what follows for moving it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.errors import BadInput, Conflict, IllegalTransition
from dispatch import services
from dispatch.enums import LockLevel, VisitStatus
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer


def lock(visit: Visit, level: str, **facts: Any) -> Visit:
    visit.refresh_from_db()
    given = {"version": visit.version, "actor": SYSTEM, "at": AT, **facts}
    return services.lock_visit(visit_id=visit.pk, lock_level=level, **given)


@pytest.fixture
def visit(in_acme: Company) -> Visit:
    return make_visit(AT + 2 * HOUR, engineer=make_engineer(hours=("00:00", "23:59")))


def move(visit: Visit, hours: int, **facts: Any) -> Visit:
    visit.refresh_from_db()
    given = {"engineer_id": visit.engineer_id, "version": visit.version, "actor": SYSTEM, "at": AT, **facts}
    return services.move_visit(visit_id=visit.pk, start_at=visit.start_at + hours * HOUR, **given)


def test_confirming_promises_a_window_that_moving_keeps_to(visit: Visit) -> None:
    lock(visit, LockLevel.CONFIRMED)
    order = visit.work_order
    order.refresh_from_db()
    assert order.promised_start_at is not None and order.promised_end_at is not None
    assert order.promised_start_at <= visit.start_at < order.promised_end_at
    with pytest.raises(services.NeedsConsent):
        move(visit, 6)


def test_of_a_committed_visit_the_engineer_is_part_of_the_promise(visit: Visit) -> None:
    other = make_engineer(hours=("00:00", "23:59"))
    lock(visit, LockLevel.CONFIRMED)
    move(visit, 0, engineer_id=other.pk)
    lock(visit, LockLevel.COMMITTED)
    with pytest.raises(services.NeedsConsent):
        move(visit, 0, engineer_id=make_engineer(hours=("00:00", "23:59")).pk)


def test_releasing_needs_a_reason_and_frees_the_visit(visit: Visit) -> None:
    lock(visit, LockLevel.COMMITTED)
    with pytest.raises(BadInput, match="Say why"):
        lock(visit, LockLevel.PROPOSED, reason=" ")
    with pytest.raises(BadInput, match="Say why"):
        lock(visit, LockLevel.CONFIRMED)
    lock(visit, LockLevel.PROPOSED, reason="Customer is away, by phone")
    assert move(visit, 6, override_reason="Customer is away").lock_level == LockLevel.PROPOSED


def test_what_was_seen_must_be_what_is_there(visit: Visit) -> None:
    with pytest.raises(Conflict, match="Look again"):
        lock(visit, LockLevel.CONFIRMED, version=visit.version + 1)
    lock(visit, LockLevel.CONFIRMED)
    version = Visit.objects.get(pk=visit.pk).version
    assert lock(visit, LockLevel.CONFIRMED).version == version, "the same again changes nothing"


def test_who_is_on_site_is_not_promised_any_more(in_acme: Company) -> None:
    with pytest.raises(IllegalTransition, match="On site"):
        lock(make_visit(status=VisitStatus.ON_SITE), LockLevel.CONFIRMED)


def test_a_crew_is_promised_as_a_whole(in_acme: Company) -> None:
    order, key = make_work_order(crew_size=2), uuid4()
    one = make_visit(AT + HOUR, work_order=order, crew_key=key)
    two = make_visit(AT + HOUR, work_order=order, engineer=make_engineer(), crew_key=key)
    lock(one, LockLevel.CONFIRMED)
    two.refresh_from_db()
    assert two.lock_level == LockLevel.CONFIRMED


def test_the_drawer_and_the_api(
    acme: Company, signed_in: Callable[[Person], Client], program: Callable[..., Client]
) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(AT + HOUR)
    dora = signed_in(acme.dora)
    page = dora.get(f"/t/acme/board/?visit={visit.pk}").content.decode()
    assert "confirmed when somebody comes" in page
    path = f"/t/acme/board/visits/{visit.pk}/lock/"
    form = {"version": visit.version, "lock_level": "committed", "reason": ""}
    assert dora.post(path, form).status_code == 303
    released = dora.post(path, {"version": visit.version + 1, "lock_level": "proposed", "reason": ""})
    assert released.status_code == 422 and "Say why" in released.content.decode()
    api, body = program(acme), {"lock_level": "proposed", "version": visit.version + 1, "reason": "Away"}
    answer = api.post(f"/api/v1/visits/{visit.pk}/lock", body, content_type="application/json")
    assert (answer.status_code, answer.json()["lock_level"]) == (200, "proposed")
