"""Pure decisions about tickets."""

from __future__ import annotations

from core.transitions import check_transition
from tickets.enums import TicketStatus

S = TicketStatus

TRANSITIONS: dict[TicketStatus, tuple[TicketStatus, ...]] = {
    S.NEW: (S.OPEN, S.WAITING, S.RESOLVED, S.MERGED, S.SPAM),
    S.OPEN: (S.WAITING, S.RESOLVED, S.MERGED, S.SPAM),
    S.WAITING: (S.OPEN, S.RESOLVED, S.MERGED),
    S.RESOLVED: (S.CLOSED, S.REOPENED),
    S.CLOSED: (S.REOPENED,),
    S.REOPENED: (S.OPEN, S.WAITING, S.RESOLVED),
    S.MERGED: (),
    S.SPAM: (S.OPEN,),
}

ACTIVE = frozenset({S.NEW, S.OPEN, S.WAITING, S.REOPENED})
"""States in which somebody owes the customer something."""


def check_move(thing: str, current: str, wanted: TicketStatus) -> None:
    """Raise `IllegalTransition` unless the ticket may go from `current` to `wanted`."""
    check_transition(TRANSITIONS, thing=thing, current=TicketStatus(current), wanted=wanted)
