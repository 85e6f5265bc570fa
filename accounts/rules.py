"""Pure decisions about who may give which permissions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from accounts.enums import Permission

PERSONAL = frozenset({Permission.VISIT_PERFORM.value})
"""Permissions over nothing but one's own work: whoever manages people may give them without holding them."""


def lacking(held: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Those of `wanted` that whoever holds `held` may not decide about."""
    return sorted({str(p) for p in wanted} - set(held) - PERSONAL)


def role_code(name: str, taken: Iterable[str]) -> str:
    """A code for a new role, made of its name, unlike every code in `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30] or "role"
    known, code, count = set(taken), stem, 1
    while code in known:
        count += 1
        code = f"{stem}_{count}"
    return code


def masked(address: str) -> str:
    """An e-mail address as its owner knows it again and nobody else learns it: "n•••@acme.example"."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"
