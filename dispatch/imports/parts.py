"""Parts and how many of each, in one cell: "FLT-20×1; PMP-3×2". Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

MOST = Decimal(100_000)
MOST_TOLD = 5
_BETWEEN = re.compile(r"[;；\n]+")
_TIMES = re.compile(r"\s*[×✕*＊]\s*|\s+[xX]\s*(?=[\d.])")
_EXAMPLE = "FLT-20×1; PMP-3×2"


def parts_in(text: str) -> dict[str, Decimal]:
    """{part number: quantity} of a cell; a part without a quantity is one. Raises ValueError saying what cannot be
    read."""
    found: dict[str, Decimal] = {}
    for piece in filter(None, (piece.strip() for piece in _BETWEEN.split(text))):
        code, *rest = _TIMES.split(piece)
        quantity = _number(rest[0]) if len(rest) == 1 else None if rest else Decimal(1)
        if not code or quantity is None:
            raise ValueError(f"“{piece[:60]}” is not a part and how many; write them as in “{_EXAMPLE}”")
        found[code] = found.get(code, Decimal(0)) + quantity
    return found


def check_known(parts: Mapping[str, Decimal], known: Collection[str]) -> None:
    """Raise ValueError naming the first part that is not in the catalogue, and what is."""
    unknown = next((code for code in parts if code not in known), None)
    if unknown is None:
        return
    near = get_close_matches(unknown, known, MOST_TOLD) or sorted(known)[:MOST_TOLD]
    more = "…" if len(known) > len(near) else ""
    told = f"known: {', '.join(near)}{more}" if near else "no part is known yet"
    raise ValueError(f"there is no part “{unknown[:60]}”; {told}")


def _number(text: str) -> Decimal | None:
    try:
        quantity = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return round(quantity, 3) if quantity.is_finite() and Decimal("0.001") <= quantity <= MOST else None
