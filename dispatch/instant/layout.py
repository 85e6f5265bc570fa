"""Where everything stands in what the passes over all rows are asked and find."""

from __future__ import annotations

NO_OVERTIME, OVERTIME_LAST, OVERTIME = 0, 1, 2
FROM_AT, EARLIEST, LATEST, SECONDS, OVERTIME_RULE, IS_BOUND = range(6)
"""What stands where in `asked`; IS_BOUND says whether `hours` bound the start."""
AT, MINUTES, LOAD, OVER, FROM = range(5)
"""What stands where in `found`."""
WINDOW, PERSON, ARRIVAL, WAY, ADDED, BUSY = range(6)
"""What stands where in `pairs`."""
