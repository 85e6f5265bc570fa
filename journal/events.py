"""What a fact is: a frozen, past-tense dataclass with ids and primitives only."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints
from uuid import UUID, uuid4

from core.clock import now
from tenants.active import active_tenant_id


@dataclass(frozen=True, kw_only=True, slots=False)
class Event:
    """Base of all facts. A subclass registers itself as `<app>.<ClassName>`.

    `outbound_only` says that nobody in the house reacts: the fact is for the live feed and webhooks.
    `topic` names what changed, for pages that refresh themselves.
    """

    registry: ClassVar[dict[str, type[Event]]] = {}
    outbound_only: ClassVar[bool] = False
    topic: ClassVar[str] = ""

    event_id: UUID = field(default_factory=uuid4)
    tenant_id: int = field(default_factory=active_tenant_id)
    occurred_at: datetime = field(default_factory=now)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Event.registry[cls.name()] = cls

    @classmethod
    def name(cls) -> str:
        return f"{cls.__module__.split('.', maxsplit=1)[0]}.{cls.__name__}"

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> tuple[str, object] | None:
        """What this fact is about: the first id that it names of its own, or None."""
        own = (
            f.name for f in dataclasses.fields(cls) if f.name not in _OF_EVERY_FACT and f.name.endswith("_id")
        )
        name = next(own, "")
        value = payload.get(name)
        return None if value is None else (name, value)

    def payload(self) -> dict[str, Any]:
        """The fact as JSON primitives."""
        return {name: _primitive(value) for name, value in vars(self).items()}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """The fact again; unknown keys of an older or newer release are ignored."""
        hints = _hints_of(cls.name())
        return cls(**{key: _typed(value, hints[key]) for key, value in payload.items() if key in hints})


_OF_EVERY_FACT = ("event_id", "tenant_id")
_PRIMITIVES = (int, str, bool, type(None))


@cache
def _hints_of(name: str) -> dict[str, str]:
    """The types of a fact's fields, in words."""
    event = Event.registry[name]
    hints = get_type_hints(event)
    return {field.name: str(hints[field.name]) for field in dataclasses.fields(event)}


def _primitive(value: Any) -> Any:
    if type(value) in _PRIMITIVES:
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _typed(value: Any, names: str) -> Any:
    if value is None or not isinstance(value, str | list):
        return value
    if isinstance(value, list):
        return tuple(value)
    if "datetime.datetime" in names:
        return datetime.fromisoformat(value)
    if "datetime.date" in names:
        return date.fromisoformat(value)
    if "UUID" in names:
        return UUID(value)
    return Decimal(value) if "Decimal" in names else value
