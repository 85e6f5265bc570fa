"""How far a plan is, as told to whoever waits for it. Pure."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int], bool]
"""Told how many per cent are done; False asks to stop."""


def share(progress: Progress | None, number: int, of: int) -> Progress | None:
    """What one of several stretches tells of the whole."""
    if progress is None:
        return None
    return lambda percent: progress((number * 100 + percent) // of)


class Watch:
    """Hands the search's progress on, and remembers when it was asked to stop."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.was_stopped = progress, False

    def __call__(self, share: float, _cost: int) -> bool:
        self.was_stopped = self.was_stopped or not self.progress(int(share * 100))
        return not self.was_stopped
