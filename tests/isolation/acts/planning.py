"""Valid bodies for the routes of planning."""

from __future__ import annotations

from datetime import timedelta

from planning.models import PlanChange, PlanRun
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import NOW, TODAY, Side
from workforce.models import Territory

_OPEN = put(PlanRun, 0, state="proposed")


def _with_a_row_to_decide(side: Side) -> None:
    _OPEN(side)
    put(PlanChange, 0, kind="add")(side)


PAGES: dict[str, Act] = {
    "planning:run_list": Act(
        # Tomorrow is not over in any of the companies' zones.
        {"kind": "build", "day": f"{TODAY + timedelta(days=1)}", "days": 1, "budget_seconds": 2}
    ),
    "planning:run_decide": Act({"act": "refuse", "change": Own(PlanChange)}, before=_with_a_row_to_decide),
    "planning:run_cancel": Act(before=put(PlanRun, 0, state="queued")),
}

API: dict[str, Act] = {
    "plan-run-list post": Act(
        {
            "from_at": NOW.isoformat(),
            "until": (NOW + timedelta(days=1)).isoformat(),
            "territory": Own(Territory),
        }
    ),
    "plan-run-accept post": Act({}, before=_OPEN),
    "plan-run-refuse post": Act({}, before=_OPEN),
    "plan-run-cancel post": Act({}, before=put(PlanRun, 0, state="queued")),
}
