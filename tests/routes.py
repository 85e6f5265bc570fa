"""Every route of the product, read from the resolver, so that no test's list can fall behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_SLOT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>([^)]*)\)")


@dataclass(frozen=True)
class Route:
    """One route: its name with namespace, its pattern as written, and its view."""

    name: str
    pattern: str
    callback: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.name} {self.pattern}"

    @property
    def slots(self) -> list[str]:
        """Names of the parts to fill, the tenant's slug left out."""
        return [a or b for a, b, _ in _SLOT.findall(self.pattern) if (a or b) != "slug"]

    @property
    def methods(self) -> list[str]:
        """Lower-case methods that an API view answers; of a page, those its decorator lets through."""
        actions = getattr(self.callback, "actions", None)
        if actions:
            return sorted(actions)
        return ["get", "post"]

    @property
    def door(self) -> str:
        """ "t" for members, "c" for customers, "api" for programs, "" for the rest."""
        first = self.pattern.split("/", maxsplit=1)[0]
        return first if first in {"t", "c", "api"} else ""

    def path(self, slug: str, **slots: Any) -> str:
        """The path with its slots filled."""

        def fill(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            return slug if name == "slug" else str(slots[name])

        plain = self.pattern.replace("/?", "/").replace("\\Z", "").replace("\\.", ".").rstrip("$")
        return "/" + _SLOT.sub(fill, plain)


def _walk(patterns: list[Any], prefix: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in patterns:
        pattern = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, pattern, inner)
        elif isinstance(entry, URLPattern):
            yield Route(":".join((*namespaces, entry.name or "?")), pattern, entry.callback)


@cache
def all_routes() -> tuple[Route, ...]:
    """Every route, in the order in which they are tried."""
    return tuple(_walk(get_resolver().url_patterns, "", ()))
