"""Pure decisions about tickets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from core.transitions import check_transition
from tickets.enums import PolicyReason, TicketStatus, WaitingFor

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


PAUSES_RESOLUTION = frozenset({WaitingFor.CUSTOMER})
"""Waiting for these is not our time. Parts, providers and visits are: the customer waits for us."""


class Promise(Protocol):
    """What choosing needs to know of an SLA policy."""

    @property
    def pk(self) -> int: ...
    @property
    def priority(self) -> int | None: ...
    @property
    def tier(self) -> str: ...


Policy = TypeVar("Policy", bound=Promise)


def choose_policy(
    policies: Iterable[Policy], *, priority: int, tier: str
) -> tuple[Policy, PolicyReason] | None:
    """The most specific promise that fits, and why it won; the older of two alike. None when none fits."""
    fitting = [
        policy
        for policy in policies
        if policy.priority in (None, priority) and (not policy.tier or policy.tier == tier)
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda policy: (policy.priority is not None, bool(policy.tier), -policy.pk))
    reasons = {
        (True, True): PolicyReason.TIER_AND_PRIORITY,
        (True, False): PolicyReason.PRIORITY,
        (False, True): PolicyReason.TIER,
        (False, False): PolicyReason.ANY,
    }
    return best, reasons[best.priority is not None, bool(best.tier)]


def status_after_reply(status: str, waiting_for: str) -> TicketStatus:
    """Where a ticket goes when its customer writes. Waiting for parts, a provider or a visit survives it."""
    current = TicketStatus(status)
    if current in (S.RESOLVED, S.CLOSED):
        return S.REOPENED
    if current == S.WAITING and waiting_for == WaitingFor.CUSTOMER:
        return S.OPEN
    return current


def status_when_taken(status: str) -> TicketStatus:
    """Where a ticket goes when somebody takes it or answers it."""
    current = TicketStatus(status)
    return S.OPEN if current in (S.NEW, S.REOPENED) else current
