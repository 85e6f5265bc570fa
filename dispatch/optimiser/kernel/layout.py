"""Where everything stands in the arrays of the search.

A route is one contiguous block of rows of eight whole numbers, so that one look at it stays in the
processor's cache: two rows about the route, then its start, its stops and its end, one row each.
"""

from __future__ import annotations

NEVER = 1 << 29

# Columns of a place on a route.
STOP, LEG, DUE_OUT, DONE_OUT, DUE_IN, DONE_IN, LATE = range(7)
COLUMNS = 8
FIRST = 2
"""The row of a route's start; its stops follow, and its end stands in the row that LAST tells."""

# Row 0 of a route: what changes.
LAST, LENGTH, LATENESS, LOAD, FLAGS, CHANGES, CAPACITY, KIND = range(8)
# Row 1 of a route: what does not.
START, END, BREAK_FROM, BREAK_TO, BREAK_SECONDS, HAS_BREAK = range(6)

# Columns of an order.
OPENS, CLOSES, CAP, SECONDS, PRIZE, LATE_PRICE, PIN, AMOUNT, WAS, CHANGE_PRICE, START_BY, GROUP = range(12)
ORDER = 12

# What a search is told: columns of the row of settings.
STRINGS, LONGEST, BLINK, SPLIT, FEW_UNSERVED, NEAR_UNSERVED, EVERYWHERE = range(7)
KEYS = 10
"""Orders in which removed work is put back: random, prize, prize per second, long first, far from help, near
to help, narrow window, early start, late end, large amount."""

MOST_TOUCHED = 192
MOST_POOLED = 512

# What a step counts while it goes on.
TOUCHED, POOLED, WAITING, BEFORE, BROKEN = range(5)
COUNTS = 5
