"""A day of New York's service requests, planned for sixty engineers: every visit planned, or told why not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management import call_command

from accounts.enums import RoleCode
from dispatch.models import Visit, WorkOrder
from planning import services
from planning.enums import ChangeKind, RunState
from planning.models import PlanRun
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company, found_company
from tests.factories.workforce import make_engineer, make_territory
from workforce.models import Skill

REAL = Path(__file__).resolve().parents[3] / "shared/data/service_requests/nyc_311_2024-04-15.csv"
MORNING = datetime(2024, 4, 16, 9, 0, tzinfo=UTC)
BOROUGHS = {
    "MANHATTAN": (40.78, -73.97),
    "BROOKLYN": (40.65, -73.95),
    "QUEENS": (40.72, -73.82),
    "BRONX": (40.85, -73.87),
    "STATEN ISLAND": (40.58, -74.15),
}
SYSTEM = Actor.system("tests")


def hire(number: int) -> None:
    """So many engineers over the boroughs, each with two of every three skills."""
    skills = list(Skill.objects.order_by("code").values_list("code", flat=True))
    territories = {area: make_territory(area) for area in BOROUGHS}
    for n in range(number):
        area = list(BOROUGHS)[n % len(BOROUGHS)]
        latitude, longitude = BOROUGHS[area]
        make_engineer(
            f"{area.title()} {n}",
            skills={code: 2 for place, code in enumerate(skills) if (place + n) % 3},
            territories=[territories[area]],
            hours=("07:00", "17:00"),
            home_latitude=latitude + n % 7 / 200,
            home_longitude=longitude + n % 5 / 200,
        )


@pytest.fixture
def city(db: None) -> Company:
    people = {"ada": ("Ada Admin", RoleCode.TENANT_ADMIN)}
    return found_company("city", "City Service", people, time_zone="America/New_York", currency="USD")


def test_every_field_request_of_the_day_is_planned_or_explained(city: Company) -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL} is not here; it is shared beside the project, not shipped with it")
    call_command("import_requests", "--tenant", "city", "--format", "nyc311", str(REAL), "--no-dispatch")
    with patch("django.utils.timezone.now", return_value=MORNING):
        with tenant_active(city.tenant.pk):
            hire(60)
            run = services.ask_plan(
                from_at=MORNING, until=MORNING + timedelta(days=1), actor=SYSTEM, at=MORNING, steps=60
            )
        assert services.carry_out_due() == 1
        with tenant_active(city.tenant.pk):
            run = PlanRun.objects.get(pk=run.pk)
            assert run.state == RunState.PROPOSED, run.problem
            told = set(run.changes.values_list("work_order", flat=True))
            waiting = set(WorkOrder.objects.values_list("pk", flat=True))
            assert told == waiting
            unserved = run.changes.filter(kind=ChangeKind.UNSERVED)
            assert all(change.reasons for change in unserved)
            planned = run.changes.filter(kind=ChangeKind.ADD).count()
            assert planned + unserved.count() == len(waiting)
            assert planned >= 0.9 * len(waiting), json.dumps(run.figures)
            assert all(sum(why["people"] for why in change.reasons) == 60 for change in unserved)
            counts = services.accept_changes(run_id=run.pk, actor=SYSTEM, at=MORNING)
            assert counts == {"accepted": planned, "stale": 0}
            assert Visit.objects.count() == planned
