"""Pure decisions about tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from core.transitions import check_transition
from tickets.enums import PolicyReason, SlaEvent, SlaKpi, TicketKind, TicketStatus, WaitingFor

S = TicketStatus

TRANSITIONS: dict[TicketStatus, tuple[TicketStatus, ...]] = {
    S.NEW: (S.OPEN, S.WAITING, S.RESOLVED, S.MERGED, S.SPAM),
    S.OPEN: (S.WAITING, S.RESOLVED, S.MERGED, S.SPAM),
    S.WAITING: (S.OPEN, S.RESOLVED, S.MERGED),
    S.RESOLVED: (S.CLOSED, S.REOPENED),
    S.CLOSED: (S.REOPENED,),
    S.REOPENED: (S.OPEN, S.WAITING, S.RESOLVED, S.MERGED),
    S.MERGED: (S.OPEN,),
    S.SPAM: (S.OPEN,),
}

ACTIVE = frozenset({S.NEW, S.OPEN, S.WAITING, S.REOPENED})
"""States in which somebody owes the customer something."""


def mailbox_of(email: str) -> str:
    """What stands for all spellings that reach one mailbox: lower case, without what follows a plus sign."""
    name, at, domain = email.strip().casefold().rpartition("@")
    plain, _plus, _label = name.partition("+")
    return f"{plain or name}{at}{domain}"


def check_move(thing: str, current: str, wanted: TicketStatus) -> None:
    """Raise `IllegalTransition` unless the ticket may go from `current` to `wanted`."""
    check_transition(TRANSITIONS, thing=thing, current=TicketStatus(current), wanted=wanted)


PAUSES_RESOLUTION = frozenset({WaitingFor.CUSTOMER})
"""What waiting is not our time unless a policy says otherwise. Parts, providers and visits are: the customer
waits for us."""

RESPONSES = frozenset({SlaKpi.FIRST_RESPONSE, SlaKpi.NEXT_RESPONSE})
"""Promises to answer: solving the problem answers too."""

MEASURES: dict[SlaKpi, tuple[SlaEvent, SlaEvent]] = {
    SlaKpi.FIRST_RESPONSE: (SlaEvent.OPENED, SlaEvent.WE_REPLIED),
    SlaKpi.NEXT_RESPONSE: (SlaEvent.CUSTOMER_WROTE, SlaEvent.WE_REPLIED),
    SlaKpi.ARRIVAL: (SlaEvent.OPENED, SlaEvent.ARRIVED),
    SlaKpi.RESOLUTION: (SlaEvent.OPENED, SlaEvent.RESOLVED),
}
"""From when and until when each KPI counts; `SlaKpi.OTHER` names its own two."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a ticket decides which promise holds. `contract_ids` are those in force, newest first."""

    priority: int
    kind: str = ""
    channel: str = ""
    topic: str = ""
    tier: str = ""
    work_type: str = ""
    contract_ids: tuple[int, ...] = ()


CONDITION_FIELDS = ("kind", "channel", "topic", "tier", "priority", "work_type")
"""What an item's conditions may ask about; a topic by its code."""


def applies(conditions: Iterable[Mapping[str, Any]], facts: Facts) -> bool:
    """Whether every condition {"field", "any_of"} holds."""
    return all(str(getattr(facts, one["field"])) in map(str, one["any_of"]) for one in conditions)


class Promise(Protocol):
    """What choosing needs to know of an SLA policy: what is empty fits every ticket."""

    @property
    def pk(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def contract_id(self) -> int | None: ...
    @property
    def work_type_code(self) -> str: ...
    @property
    def priority(self) -> int | None: ...
    @property
    def tier(self) -> str: ...


Policy = TypeVar("Policy", bound=Promise)


def choose_policy(policies: Iterable[Policy], facts: Facts) -> tuple[Policy, str] | None:
    """The most specific promise that fits, and what it named: codes of `PolicyReason` joined with "+".

    Naming the kind weighs most (complaints have clocks of their own), then contract, work type, priority and
    tier; the older of two alike. None when none fits.
    """
    fitting = [policy for policy in policies if _fits(policy, facts)]
    if not fitting:
        return None
    best = max(fitting, key=lambda policy: (*(named for _code, named in _named(policy)), -policy.pk))
    codes = [code.value for code, named in _named(best) if named]
    return best, "+".join(codes) or PolicyReason.ANY.value


def _fits(policy: Promise, facts: Facts) -> bool:
    return (
        policy.kind in ("", facts.kind)
        and (policy.contract_id is None or policy.contract_id in facts.contract_ids)
        and policy.work_type_code in ("", facts.work_type)
        and policy.priority in (None, facts.priority)
        and policy.tier in ("", facts.tier)
    )


def _named(policy: Promise) -> tuple[tuple[PolicyReason, bool], ...]:
    return (
        (PolicyReason.KIND, bool(policy.kind)),
        (PolicyReason.CONTRACT, policy.contract_id is not None),
        (PolicyReason.WORK_TYPE, bool(policy.work_type_code)),
        (PolicyReason.PRIORITY, policy.priority is not None),
        (PolicyReason.TIER, bool(policy.tier)),
    )


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


def is_solved_by_work(
    status: str,
    waiting_for: str,
    *,
    kind: str,
    opened_at: datetime,
    done_at: datetime | None,
    is_answered: bool,
) -> bool:
    """Whether a ticket whose work has come to an end at `done_at` (None: some is left) is solved by that.

    Not what waits for somebody else, what was opened again since (`opened_at`), what the customer wrote of and nobody
    answered, nor a complaint: there a person says whether it is solved.
    """
    current = TicketStatus(status)
    is_ours = current in ACTIVE and (current != S.WAITING or waiting_for == WaitingFor.VISIT)
    is_done = done_at is not None and done_at >= opened_at
    return is_ours and is_done and is_answered and kind != TicketKind.COMPLAINT
