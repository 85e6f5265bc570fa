"""The grams a ticket is found by, as whole numbers. Pure.

Words of scripts that write without spaces (kana, ideographs, hangul) give single characters and pairs. All
other words give triples, and their first one and two characters: pairs of Latin letters stand in nearly every
text and would narrow nothing down. A gram is kept as a 31-bit sum of tenant and letters: half the room, each
tenant has lists of its own in the index, and two that share a sum only cost a second look. Every ticket also
carries the block of numbers it belongs to, as a negative number, so that a search can look at the newest
blocks first, however common its words are.
"""

from __future__ import annotations

import re
from zlib import crc32

from core.text import fold

BLOCK = 4096
"""How many ticket numbers make a block; the function `search_tickets` knows it too."""

_UNSPACED = "\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_UNSPACED}]+|[^\s{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def block_of(number: int, tenant_id: int) -> int:
    """The gram of the block that holds this ticket number. `search_tickets` computes the same."""
    return -1 - (tenant_id * 1_000_003 + number // BLOCK) % 2_147_483_646


def grams_of(text: str, number: int, tenant_id: int) -> list[int]:
    """What to store for the folded `text` of the ticket with this number: sorted and unique."""
    found: set[str] = set()
    for run in _RUNS.findall(text):
        if _IS_UNSPACED.match(run):
            found.update(run, _pieces(run, 2))
        else:
            found.update((f"^{run[0]}", f"^{run[:2]}"), _pieces(run, 3))
    return sorted({_sum(gram, tenant_id) for gram in found} | {block_of(number, tenant_id)})


def grams_wanted(text: str, tenant_id: int) -> list[int]:
    """The grams a ticket must have to hold `text`. One or two letters alone find words that begin so."""
    sure: set[str] = set()
    short: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if _IS_UNSPACED.match(run):
            sure.update(_pieces(run, 2) or run)
        elif len(run) > 2:
            sure.update(_pieces(run, 3))
        else:
            short.add(f"^{run}")
    return sorted({_sum(gram, tenant_id) for gram in sure or short})


def _pieces(run: str, length: int) -> list[str]:
    return [run[i : i + length] for i in range(len(run) - length + 1)]


def _sum(gram: str, tenant_id: int) -> int:
    return crc32(f"{tenant_id}:{gram}".encode()) & 0x7FFF_FFFF
