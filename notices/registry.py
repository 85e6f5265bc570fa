"""Which kinds of notices there are: later apps name their own, with the words for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Words = Any
"""A string or a lazily translated one."""


@dataclass(frozen=True)
class Said:
    """A notice as a reader sees it: one line, and what there is to know beneath it."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of notice. `say` makes sentences of its facts, in the active language.

    `is_warning` says that a promise is at risk or broken. Of a kind that `folds`, a person has at most one
    unread notice about one thing. `is_wanted` is what holds for people who have not said otherwise.
    """

    label: Words
    icon: str
    hue: str
    say: Callable[[Mapping[str, Any]], Said]
    is_warning: bool = False
    folds: bool = True
    is_wanted: bool = True


_kinds: dict[str, Kind] = {}


def name_kinds(kinds: Mapping[str, Kind]) -> None:
    """Say what kinds of notices an app gives: {"ticket_assigned": Kind(…)}. Done when its handlers load."""
    _kinds.update(kinds)


def kind_named(code: str) -> Kind | None:
    """The kind with this code; None for one that this release does not know."""
    return _kinds.get(code)


def known_kinds() -> dict[str, Kind]:
    """Every kind that an app named."""
    return dict(_kinds)
