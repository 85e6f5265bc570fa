"""Which handler reacts to which fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from journal.events import Event

Fact = TypeVar("Fact", bound=Event)
Many = Callable[[Sequence[Fact]], None]


@dataclass(frozen=True)
class Handler:
    """A function that reacts to one kind of fact, idempotent by (name, event id).

    One that `takes_many` is called with a list of facts, others with a fact. One that `is_urgent` runs before
    all that are not.
    """

    name: str
    run: Callable[[Any], None]
    takes_many: bool = False
    is_urgent: bool = False


_handlers: dict[str, list[Handler]] = defaultdict(list)


def on(event: type[Fact]) -> Callable[[Callable[[Fact], None]], Callable[[Fact], None]]:
    """Register the decorated function as a handler of `event`."""

    def register(function: Callable[[Fact], None]) -> Callable[[Fact], None]:
        _add(event, Handler(_name_of(function), function))
        return function

    return register


def on_many(event: type[Fact], *, urgent: bool = False) -> Callable[[Many[Fact]], Many[Fact]]:
    """Register the decorated function as a handler of lists of `event`: of one tenant, in their order.

    The list is one transaction. When it fails, each fact is tried by itself, so an error in one of many shows
    only in that one. An `urgent` handler runs before those that are not, also before those of earlier facts:
    somebody waits for what it leads to.
    """

    def register(function: Many[Fact]) -> Many[Fact]:
        _add(event, Handler(_name_of(function), function, takes_many=True, is_urgent=urgent))
        return function

    return register


def _name_of(function: Callable[[Any], None]) -> str:
    return f"{function.__module__}.{function.__name__}"


def _add(event: type[Event], handler: Handler) -> None:
    if all(known.name != handler.name for known in _handlers[event.name()]):
        _handlers[event.name()].append(handler)


def handlers_of(event_name: str, *, urgent: bool) -> list[Handler]:
    """The urgent handlers of a fact, or all others, in the order of the apps."""
    return [handler for handler in _handlers.get(event_name, ()) if handler.is_urgent is urgent]


def check_every_fact_is_heard() -> None:
    """Raise unless every fact has a handler or says that it is for the outside only."""
    deaf = sorted(
        name for name, event in Event.registry.items() if not event.outbound_only and not _handlers.get(name)
    )
    if deaf:
        raise RuntimeError(f"No handler for {', '.join(deaf)}: write one or set outbound_only = True.")


@dataclass(frozen=True)
class Thing:
    """How people call a kind of thing that the record speaks of, and the route of its page ("" for none)."""

    word: Any
    url_name: str = ""
    vocabulary: str = ""


_things: dict[str, Thing] = {}


def name_things(things: Mapping[str, Thing]) -> None:
    """Say how kinds of things ("tickets.ticket") are called. Done once, by the composition root."""
    _things.update(things)


def thing_named(object_type: str) -> Thing | None:
    """How this kind of thing is called, or None."""
    return _things.get(object_type)


def known_things() -> dict[str, Thing]:
    """Every kind of thing that has a name."""
    return dict(_things)
