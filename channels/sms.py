"""How a text travels as SMS: its alphabet and into how many parts it is cut."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Parts:
    """`count` parts in `alphabet` ("GSM-7" or "UCS-2"), `units` in all."""

    alphabet: str
    units: int
    count: int


def parts_of(text: str) -> Parts:
    """How this text is cut (3GPP 23.038 and 23.040): no character is cut in two."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        return _cut("GSM-7", [2 if c in _EXTENDED else 1 for c in text], 160, 153)
    return _cut("UCS-2", [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def _cut(alphabet: str, widths: list[int], alone: int, each: int) -> Parts:
    units = sum(widths)
    if units <= alone:
        return Parts(alphabet, units, 1 if units else 0)
    count, held = 1, 0
    for width in widths:
        if held + width > each:
            count, held = count + 1, 0
        held += width
    return Parts(alphabet, units, count)
