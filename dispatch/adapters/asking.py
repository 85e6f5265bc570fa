"""What routing services have in common: short waits, small questions, and words for what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from channels import services as channels
from dispatch.travel import Leg, Point

SECONDS = 4.0
"""How long one question may take."""
MOST_PLACES = 100
"""Places in one question: what OSRM answers unless told otherwise, and Valhalla's bound on pairs."""
MOST_CALLS = 300
"""Questions for one matrix; what is not asked stays unknown."""
MOST_LENGTH = 40_000_000.0
"""Seconds or metres beyond which no number is believed."""

Matrix = list[list[Leg | None]]


class Silent(Exception):
    """The service did not answer, or not what its documentation says. The text is for a person."""


class Refused(Exception):
    """The service answers, but not this question as a whole: it is too large, or one of its places is on no
    road."""


def ask(method: str, url: str, **facts: Any) -> tuple[int, Any]:
    """(status, JSON) of an answer. Raises `Silent` when there is none, or the service says that it cannot."""
    try:
        answer = channels.call(method, url, seconds=SECONDS, **facts)
    except channels.Unreachable as problem:
        raise Silent(str(problem)) from problem
    if answer.status >= 500 or answer.status in (401, 403, 404, 429):
        raise Silent(_("The service answered with status %(status)s.") % {"status": answer.status})
    return answer.status, answer.json()


def garbled() -> Silent:
    """What is said of an answer that does not look as it should."""
    return Silent(_("The answer does not look like that of a routing service. Check the address."))


def leg_of(seconds: Any, metres: Any) -> Leg | None:
    """A leg of what a service told; None where it knows no way. Raises `Silent` for what is no number."""
    if seconds is None:
        return None
    if not _is_length(seconds) or not (metres is None or _is_length(metres)):
        raise garbled()
    return round(seconds), round(metres or 0)


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST_LENGTH


@dataclass(slots=True)
class _Block:
    """Part of a matrix: the rows from `top` and the columns from `left` on."""

    top: int
    sources: Sequence[Point]
    left: int
    targets: Sequence[Point]

    def halves(self) -> list[_Block]:
        """The block in two, cut along its longer side; nothing is left of a single pair."""
        rows, columns = len(self.sources), len(self.targets)
        if rows == columns == 1:
            return []
        if rows >= columns:
            cut = rows // 2
            upper = _Block(self.top, self.sources[:cut], self.left, self.targets)
            return [upper, _Block(self.top + cut, self.sources[cut:], self.left, self.targets)]
        cut = columns // 2
        first = _Block(self.top, self.sources, self.left, self.targets[:cut])
        return [first, _Block(self.top, self.sources, self.left + cut, self.targets[cut:])]


def in_blocks(
    question: Callable[[Sequence[Point], Sequence[Point]], Matrix],
    sources: Sequence[Point],
    targets: Sequence[Point],
    until: float,
) -> Matrix:
    """A matrix asked block by block; a block that is refused is halved until the culprit is alone.

    What is not asked by `until` (of time.monotonic) or within `MOST_CALLS` stays None. Raises `Silent`.
    """
    found: Matrix = [[None] * len(targets) for _source in sources]
    blocks = _blocks(sources, targets)
    for _number in range(MOST_CALLS):
        if not blocks or time.monotonic() > until:
            break
        block = blocks.pop()
        try:
            told = question(block.sources, block.targets)
        except Refused:
            blocks += block.halves()[::-1]
            continue
        if len(told) != len(block.sources) or any(len(row) != len(block.targets) for row in told):
            raise garbled()
        for number, row in enumerate(told):
            found[block.top + number][block.left : block.left + len(row)] = row
    return found


def _blocks(sources: Sequence[Point], targets: Sequence[Point]) -> list[_Block]:
    """Blocks of at most `MOST_PLACES` places, the last first."""
    rows = min(len(sources), max(MOST_PLACES // 2, MOST_PLACES - len(targets)))
    columns = MOST_PLACES - rows
    if not rows or not targets:
        return []
    return [
        _Block(top, sources[top : top + rows], left, targets[left : left + columns])
        for top in range(0, len(sources), rows)
        for left in range(0, len(targets), columns)
    ][::-1]
