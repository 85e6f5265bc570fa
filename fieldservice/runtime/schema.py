"""What the database must have been migrated with to fit this checkout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from .files import ROOT


def fingerprint() -> str:
    """Changes with every migration, the database engine and the locked versions of other people's apps."""
    sources = [*ROOT.glob("*/migrations/*.py"), *(ROOT / "tenants" / "postgres").rglob("*.py")]
    return digest([*sources, ROOT / "requirements.lock"])


def digest(paths: Iterable[Path]) -> str:
    """Changes with the name or the text of any of the files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]
