"""What planning looks up: runs, their changes, and the ground that a run plans on."""

from planning.queries.ground import LOCKED, Ground, as_planned, ground_of, told_span
from planning.queries.helping import ways_out_of
from planning.queries.runs import (
    changes_of,
    decided_count,
    get_run,
    late_visits,
    run_for_update,
    runs,
    undone_of,
)

__all__ = [
    "LOCKED",
    "Ground",
    "as_planned",
    "changes_of",
    "decided_count",
    "get_run",
    "ground_of",
    "late_visits",
    "run_for_update",
    "runs",
    "told_span",
    "undone_of",
    "ways_out_of",
]
