"""Telling people, what they want to be told, and who is on call."""

from __future__ import annotations

from notices.services.pruning import prune
from notices.services.roster import add_duty, remove_duty
from notices.services.telling import (
    Telling,
    deliver_due,
    mark_all_read,
    mark_read,
    mark_seen,
    notify,
    notify_each,
    write_letters,
)
from notices.services.wishes import set_own_hours

__all__ = [
    "Telling",
    "add_duty",
    "deliver_due",
    "mark_all_read",
    "mark_read",
    "mark_seen",
    "notify",
    "notify_each",
    "prune",
    "remove_duty",
    "set_own_hours",
    "write_letters",
]
