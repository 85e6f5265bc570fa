"""Planning runs over tomorrow, carried out and accepted at once: what the tests of planning share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.clock import now
from planning import services
from planning.enums import RunState
from planning.models import PlanRun
from tenants.actors import Actor

SYSTEM = Actor.system("tests")
HOUR = timedelta(hours=1)
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)


def tomorrow(hour: int = 0) -> datetime:
    """An hour of tomorrow in Tokyo, the company's zone."""
    today = now().astimezone(UTC) + timedelta(hours=9)
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(hours=9)
    return midnight + DAY + hour * HOUR


def proposal(**facts: Any) -> PlanRun:
    """A run over tomorrow, carried out."""
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        "steps": 40,
        **facts,
    }
    run = services.ask_plan(**given)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert run.state in (RunState.PROPOSED, RunState.NOTHING), run.problem
    return run


def accept(run: PlanRun, *change_ids: int) -> dict[str, int]:
    return services.accept_changes(run_id=run.pk, change_ids=list(change_ids) or None, actor=SYSTEM, at=now())
