"""Where everything stands in the arrays of the search.

A route is one contiguous block of rows of eight whole numbers, so that one look at it stays in the
processor's cache: three rows about the route, then its start, its stops and its end, one row each. A route is
one shift of one person; the numbers of an order stand once for each kind of day, as sites open differently.
"""

from __future__ import annotations

NEVER = 1 << 29

# Columns of a place on a route.
STOP, LEG, DUE_OUT, DONE_OUT, DUE_IN, DONE_IN, LATE, STARTS = range(8)
COLUMNS = 8
FINISH = DUE_OUT
"""In the row of a route's end: when its driver is home."""
FIRST = 3
"""The row of a route's start; its stops follow, and its end stands in the row that LAST tells."""

# Row 0 of a route: what changes.
LAST, LENGTH, LATENESS, LOAD, FLAGS, CHANGES, OVERTIME = range(7)
# Row 1 of a route: when its driver works.
START, END, BREAK_FROM, BREAK_TO, BREAK_SECONDS, HAS_BREAK, REGULAR_END, OVERTIME_PRICE = range(8)
# Row 2 of a route: who drives it, on what kind of day, and with how much.
PERSON, DAY, CAPACITY, KIND = range(4)

# Columns of an order.
OPENS, CLOSES, CAP, SECONDS, PRIZE, LATE_PRICE, PIN, AMOUNT, WAS, CHANGE_PRICE, START_BY, GROUP = range(12)
TOLD_BY, MOVED_PRICE, STAYS = 12, 13, 14
ORDER = 15

# What a search is told: columns of the row of settings.
STRINGS, LONGEST, BLINK, SPLIT, FEW_UNSERVED, NEAR_UNSERVED, NEARBY = range(7)
KEYS = 10
"""Orders in which removed work is put back: random, prize, prize per second, long first, far from help, near
to help, narrow window, early start, late end, large amount."""

MOST_TOUCHED = 192
MOST_POOLED = 512

# What a step counts while it goes on.
TOUCHED, POOLED, WAITING, BEFORE, BROKEN = range(5)
COUNTS = 5

# What a thread and those who wait for it tell each other.
DONE, STOPPED = range(2)
WATCH = 2
