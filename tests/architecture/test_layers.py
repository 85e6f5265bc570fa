"""The list of apps, where the import linter is blind: strings, reflection, writes, inner rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import grimp
import pytest
from django.apps import apps as django_apps
from django.conf import settings
from django.db import models

from tests.architecture.source import (
    ROOT,
    app_of,
    apps_in_tree,
    contracts,
    imported_names,
    place,
    product_files,
    ranks,
    root_name,
    tree_of,
)

DOORS = {"services", "queries", "models", "enums", "events", "permissions"}
"""What an app offers to later ones."""

KERNEL = {"core", "tenants", "journal", "fieldservice"}
"""Apps that are infrastructure as a whole, or compose all others."""

INNER_ROOM_IMPORTS = {
    "accounts.api": "the base of every REST resource, and how programs sign in",
    "notices.registry": "each app says in its own words what its notices tell",
    "accounts.guards": "every page names the permission that opens it",
    "dispatch.evaluator": "the one opinion on who can go: whoever plans asks it",
    "dispatch.crews": "as the evaluator, for those who go together",
    "dispatch.links": "what a link leaves of the time, pure",
    "dispatch.reserves": "what capacity keeps of the days, pure",
    "dispatch.stints": "as the evaluator, for work that takes several days",
    "dispatch.policy": "what the evaluator judges by",
    "dispatch.travel": "the distances that the evaluator reckons with",
    "dispatch.instant": "the ranking of everybody at once, pure: planning asks it for every order",
    "dispatch.ranking": "how candidates are ranked, pure: planning prefers the same",
    "dispatch.scores": "what the ranking gives points for, pure",
    "dispatch.optimiser": "the search, pure: planning gives it days",
    "dispatch.reasons": "the evaluator's codes in words",
    "dispatch.ways_out": "what would help, in words",
    "dispatch.rules": "which states of a visit may still move, and what a customer was told of it, pure",
}
"""Modules beyond the doors that every app may import, and why."""

WRITES = {
    "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "save",
}  # fmt: skip

FOREIGN_WRITES = {
    "fieldservice/demo/seed.py:_add_people": "one slow hash for all of the demo's people",
    "fieldservice/demo/story.py:post_at_the_time": "letters about what is over went out before the demo began",
}
"""`file:function` → why it may write rows that another app owns."""


def test_every_app_stands_in_the_contract() -> None:
    assert apps_in_tree() | {"fieldservice"} == set(ranks()) == set(contracts()["root_packages"])
    inside = {app for c in contracts()["contracts"] for app in c.get("containers", ())}
    assert apps_in_tree() - {"core", "fieldservice"} == inside, "an app without an order inside"


def test_every_app_is_installed_in_the_order_of_the_list() -> None:
    installed = [app for app in settings.INSTALLED_APPS if app in ranks()]
    assert set(installed) == set(ranks())
    places = [ranks()[app] for app in installed]
    assert places == sorted(places)


def test_apps_use_each_other_by_their_doors_only() -> None:
    graph = grimp.build_graph(*sorted(ranks()), cache_dir=None)
    trespasses = []
    for importer in sorted(graph.modules):
        own = importer.split(".", maxsplit=1)[0]
        for imported in graph.find_modules_directly_imported_by(importer):
            app, _, room = imported.partition(".")
            if app == own or own in KERNEL or app in KERNEL or ".migrations" in importer:
                continue
            open_anyway = any(imported == m or imported.startswith(f"{m}.") for m in INNER_ROOM_IMPORTS)
            if room.split(".")[0] not in DOORS and not open_anyway:
                trespasses.append(f"{importer} → {imported}")
    assert not trespasses, "\n".join(sorted(trespasses))


def test_every_open_inner_room_is_used() -> None:
    used = {origin for path in product_files() for origin in imported_names(tree_of(path)).values()}
    stale = [room for room in INNER_ROOM_IMPORTS if not any(o.startswith(room) for o in used)]
    assert not stale


def _foreign_keys() -> list[tuple[models.Field, str, str]]:  # type: ignore[type-arg]
    return [
        (field, model._meta.app_label, field.related_model._meta.app_label)
        for model in django_apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and isinstance(field.related_model, type)
    ]


def test_foreign_keys_point_down_the_list() -> None:
    upward = [
        f"{field} → {to}"
        for field, own, to in _foreign_keys()
        if own in ranks() and to in ranks() and own != to and ranks()[to] >= ranks()[own]
    ]
    assert not upward, upward


def test_nobody_reaches_a_model_by_its_name() -> None:
    found = [
        place(path, node)
        for path in product_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]
    assert not found, found


def _foreign_writes(path: Path) -> dict[str, str]:
    """`file:function` → what it writes that belongs to another app."""
    own, names = app_of(path), imported_names(tree_of(path))

    def owner(name: str | None) -> str | None:
        """The other app whose models or queries `name` is."""
        parts = names.get(name or "", "").split(".")
        is_foreign = len(parts) > 1 and parts[0] in ranks() and parts[0] != own
        return parts[0] if is_foreign and parts[1] in {"models", "queries"} else None

    found: dict[str, str] = {}
    for function in ast.walk(tree_of(path)):
        if not isinstance(function, ast.FunctionDef):
            continue
        held = {n: app for n, kind in _annotated(function) if (app := owner(kind))}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if app := owner(root_name(node.value)) if isinstance(node.value, ast.Call) else None:
                    held[node.targets[0].id] = app
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                root = root_name(node.func)
                if node.func.attr in WRITES and (app := owner(root) or held.get(root or "")):
                    key = f"{path.relative_to(ROOT)}:{function.name}"
                    found[key] = f"{place(path, node)} writes {app}'s rows by {ast.unparse(node.func)}"
    return found


def _annotated(function: ast.FunctionDef) -> list[tuple[str, str]]:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return [(a.arg, a.annotation.id) for a in arguments if isinstance(a.annotation, ast.Name)]


def test_no_app_writes_another_apps_rows() -> None:
    found: dict[str, str] = {}
    for path in product_files():
        found |= _foreign_writes(path)
    unexplained = {key: text for key, text in found.items() if key not in FOREIGN_WRITES}
    assert not unexplained, "\n".join(unexplained.values())
    stale = set(FOREIGN_WRITES) - set(found)
    assert not stale, f"no longer written: {stale}"


@pytest.mark.parametrize(
    "line",
    [
        "Ticket.objects.filter(pk=1).update(subject='')",
        "t = Ticket.objects.get(pk=1); t.save()",
        "tickets.open_tickets().delete()",
        "ticket.save(update_fields=['subject'])",
    ],
)
def test_the_scan_for_foreign_writes_sees_them(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = f"""
from tickets.models import Ticket
from tickets import queries as tickets
def act(*, ticket: Ticket) -> None:
    {line}
"""
    path = ROOT / "billing" / "services" / "invoices.py"
    monkeypatch.setattr("tests.architecture.test_layers.tree_of", lambda _: ast.parse(source))
    assert _foreign_writes(path)
