"""What the database must have been migrated with to fit this checkout."""

from __future__ import annotations

import hashlib

from .files import ROOT


def fingerprint() -> str:
    """Changes with every migration, the database engine and the locked versions of other people's apps."""
    digest = hashlib.sha256()
    sources = [*ROOT.glob("*/migrations/*.py"), *(ROOT / "tenants" / "postgres").rglob("*.py")]
    for path in sorted([*sources, ROOT / "requirements.lock"]):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
