"""How far a run is, and whether it is to go on. Pure."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int], bool]
"""Told how many per cent are done; False asks to stop."""


class Stopped(Exception):
    """The run was asked to stop."""


class Teller:
    """Tells how far a run is, part by part. Every call may raise `Stopped`."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._least = progress, 0

    def __call__(self, percent: float) -> None:
        """Tell so many per cent, or as many as before if that was more."""
        self._least = max(self._least, int(percent))
        if self._progress is not None and not self._progress(self._least):
            raise Stopped

    def of(self, begin: float, end: float, done: int, total: int) -> None:
        """Tell that `done` of `total` are done of the part between two percentages."""
        self(begin + (end - begin) * done / max(1, total))


class Watch:
    """Hands the search's progress on as a part of the run's, and remembers when it was asked to stop."""

    def __init__(self, tell: Teller, begin: float, end: float) -> None:
        self._tell, self._begin, self._end, self.was_stopped = tell, begin, end, False

    def __call__(self, share: float, _cost: int) -> bool:
        """Whether the search is to go on."""
        try:
            self._tell(self._begin + (self._end - self._begin) * share)
        except Stopped:
            self.was_stopped = True
        return not self.was_stopped
