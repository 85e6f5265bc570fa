"""One way to write a state machine: a table from state to the states that may follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from core.errors import IllegalTransition

State = TypeVar("State", bound=str)


def check_transition(
    table: Mapping[State, Iterable[State]], *, thing: str, current: State, wanted: State
) -> None:
    """Raise `IllegalTransition` unless `table` lets `current` become `wanted`.

    The message names the thing and every state that may follow, so that the reader sees the way out.
    """
    following = list(table.get(current, ()))
    if wanted in following:
        return
    ways = ", ".join(str(getattr(state, "label", state)) for state in following) or "-"
    now = getattr(current, "label", current)
    then = getattr(wanted, "label", wanted)
    raise IllegalTransition(
        f"{thing}: {now} → {then} ✕. {now} → {ways}.",
        thing=thing,
        current=str(current),
        wanted=str(wanted),
        allowed=[str(state) for state in following],
    )
