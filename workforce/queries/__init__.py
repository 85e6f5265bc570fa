"""Reads of engineers, skills, territories, providers, crews, capacity and working time."""

from workforce.queries.catalogue import (
    get_territory,
    providers,
    skills,
    skills_with_counts,
    territories,
    territories_with_counts,
)
from workforce.queries.hours import (
    absences_from,
    break_windows,
    shift_intervals,
    weekly_shifts,
    working_intervals,
)
from workforce.queries.people import (
    active_engineers,
    check_visible,
    engineer_for_update,
    engineers_matching,
    engineers_with_everything,
    find_engineer_of,
    get_engineer,
    visible_to,
)

__all__ = [
    "absences_from",
    "active_engineers",
    "break_windows",
    "check_visible",
    "engineer_for_update",
    "engineers_matching",
    "engineers_with_everything",
    "find_engineer_of",
    "get_engineer",
    "get_territory",
    "providers",
    "shift_intervals",
    "skills",
    "skills_with_counts",
    "territories",
    "territories_with_counts",
    "visible_to",
    "weekly_shifts",
    "working_intervals",
]
