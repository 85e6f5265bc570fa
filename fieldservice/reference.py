"""Reference pages made from the code, so that they cannot disagree with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.urls import URLResolver, get_resolver

from accounts.enums import ROLE_PERMISSIONS, Permission
from dispatch import rules as dispatch
from journal.events import Event
from journal.registry import handlers_of
from tickets import rules as tickets

HEAD = "<!-- Made by `manage.py docs` from the code. Do not edit. -->\n\n"
OURS = [config.name for config in apps.get_app_configs() if "." not in config.name]


def pages() -> dict[str, str]:
    """Name of each page → its Markdown."""
    made = {
        "states": _states(),
        "facts": _facts(),
        "permissions": _permissions(),
        "commands": _commands(),
        "routes": _routes(),
    }
    return {name: HEAD + text.rstrip() + "\n" for name, text in made.items()}


def _states() -> str:
    machines: dict[str, Mapping[Any, Iterable[Any]]] = {
        "Ticket": tickets.TRANSITIONS,
        "Visit": dispatch.TRANSITIONS,
    }
    parts = [
        "# States\n\nWhich state may follow which. Services check it; for visits the database does too.\n"
    ]
    for name, table in machines.items():
        lines = [f"    {state} --> {following}" for state, ways in table.items() for following in ways]
        ends = [f"    {state} --> [*]" for state, ways in table.items() if not list(ways)]
        parts.append("\n".join([f"## {name}\n", "```mermaid", "stateDiagram-v2", *lines, *ends, "```\n"]))
    return "\n".join(parts)


def _facts() -> str:
    rows = []
    for name, event in sorted(Event.registry.items()):
        handlers = [*handlers_of(name, urgent=True), *handlers_of(name, urgent=False)]
        listeners = ", ".join(f"`{handler.name}`" for handler in handlers)
        if not (event.__doc__ or "").startswith("Base of"):
            told = (event.__doc__ or "").strip().splitlines()[0]
            rows.append((f"`{name}`", told, event.topic or "–", listeners or "–"))
    head = "# Facts\n\nWhat happened, told once after the commit. The topic refreshes open pages.\n\n"
    return head + _table(("Fact", "Means", "Topic", "Handlers"), rows)


def _permissions() -> str:
    roles = list(ROLE_PERMISSIONS)
    rows = [
        (f"`{p.value}`", str(p.label), *("✓" if p in ROLE_PERMISSIONS[role] else "" for role in roles))
        for p in Permission
    ]
    told = "What the starting roles may do; a tenant admin may change it. API scopes are the same codes."
    head = f"# Permissions\n\n{told}\n\n"
    return head + _table(("Code", "Allows", *(str(role.label) for role in roles)), rows)


def _commands() -> str:
    rows = [
        (f"`manage.py {name}`", str(load_command_class(app, name).help))
        for name, app in sorted(get_commands().items())
        if app in OURS
    ]
    return "# Commands\n\n" + _table(("Command", "Does"), rows)


def _routes() -> str:
    rows = [
        (f"`/{path}`", f"`{name}`", ", ".join(permissions) or "–")
        for path, name, permissions in sorted(_walk(get_resolver(), "", ""))
        if not path.startswith(("accounts/", "api/v1/^", "i18n/", "look/"))
    ]
    return (
        "# Routes\n\nPages name the permissions that open them. The API is described at `/api/v1/docs/`.\n\n"
        + _table(("Path", "Name", "Permissions"), rows)
    )


def _walk(node: URLResolver, path: str, space: str) -> Iterator[tuple[str, str, list[str]]]:
    for entry in node.url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, here, f"{entry.namespace}:" if entry.namespace else space)
        elif entry.name:
            permissions = [str(p) for p in getattr(entry.callback, "permissions", ())]
            yield here, space + entry.name, permissions


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *(list(row) for row in rows)]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )
