"""Pure decisions about sending: which channel, which thread, when to try again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from channels.enums import Channel, ChoiceReason

MOST_ATTEMPTS = 12
MOST_REFERENCES = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 30, 6 * 3600
REACHABLE = (Channel.EMAIL, Channel.SMS, Channel.LINE, Channel.WECHAT, Channel.CHAT)
"""Channels on which words can be sent, in the order in which they are tried when nothing else decides."""


@dataclass(frozen=True)
class Choice:
    """The channel to answer by, the customer's address on it, and why it is this one."""

    channel: str
    address: str
    reason: ChoiceReason


def choose_channel(
    *, prefers: str, came_by: str, addresses: Mapping[str, str], can_send: Collection[str]
) -> Choice | None:
    """How to answer a customer who `prefers` a channel and last wrote by `came_by`.

    `addresses` is where they are known, by channel; `can_send` the channels we have an account for. What they
    prefer wins; then what they wrote by; then the first that works. None when nothing does.
    """
    usable = [c for c in (prefers, came_by, *REACHABLE) if c in can_send and addresses.get(c)]
    if not usable:
        return None
    chosen = usable[0]
    if chosen == prefers:
        reason = ChoiceReason.PREFERRED
    elif prefers not in REACHABLE:
        reason = ChoiceReason.NOT_WRITTEN
    elif not addresses.get(prefers):
        reason = ChoiceReason.NO_ADDRESS
    else:
        reason = ChoiceReason.NO_ACCOUNT
    return Choice(chosen, addresses[chosen], reason)


def pause_seconds(attempts: int) -> int:
    """How long to wait after this many attempts: half a minute, then twice as long each time, up to 6 h."""
    return int(min(_FIRST_PAUSE * 2 ** max(0, attempts - 1), _LONGEST_PAUSE))


def is_hopeless(attempts: int) -> bool:
    """Whether trying has lasted long enough (about half a day) to tell a person instead."""
    return attempts >= MOST_ATTEMPTS


def thread_after(parent_id: str, parent_references: Sequence[str]) -> list[str]:
    """The References of an answer (RFC 5322 3.6.4): the parent's, then the parent; cut when long."""
    chain = [reference for reference in parent_references if reference != parent_id]
    chain += [parent_id] if parent_id else []
    return chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[1 - MOST_REFERENCES :]]
