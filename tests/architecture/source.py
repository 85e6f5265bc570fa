"""The product's source as guard tests read it: files, syntax trees, and the list of apps by rank."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@cache
def contracts() -> dict[str, Any]:
    """The `[tool.importlinter]` table of pyproject.toml."""
    facts: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return facts


@cache
def ranks() -> dict[str, int]:
    """Each app's place in the list: 0 is the lowest. Apps of one line share a rank."""
    layers = contracts()["contracts"][0]["layers"]
    return {app.strip(): rank for rank, line in enumerate(reversed(layers)) for app in str(line).split("|")}


def apps_in_tree() -> set[str]:
    """Every top-level package that is an app, whatever the contract says."""
    return {path.parent.name for path in ROOT.glob("*/apps.py")}


def product_files(*, migrations: bool = False) -> Iterator[Path]:
    """Every Python file of the apps."""
    for app in sorted(apps_in_tree()):
        for path in sorted((ROOT / app).rglob("*.py")):
            if migrations or "migrations" not in path.parts:
                yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def app_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def place(path: Path, node: ast.AST) -> str:
    """file:line, as editors open it."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name → dotted origin, for every import of the file."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(alias.asname or alias.name): alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {(alias.asname or alias.name): f"{node.module}.{alias.name}" for alias in node.names}
    return names


def root_name(node: ast.expr) -> str | None:
    """The leftmost name of `a.b(c).d`, through attributes, calls and subscripts."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
