"""OSRM: `GET /table/v1/driving/{longitude},{latitude};…` answers seconds and metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.adapters.asking import Matrix, Refused, ask, garbled, in_blocks, leg_of
from dispatch.travel import Point

_TOO_MUCH = {"TooBig", "NoSegment", "NoTable"}


@dataclass(frozen=True, slots=True)
class Osrm:
    """The table service at `base_url`; for any profile the server was made with."""

    base_url: str

    def matrix(
        self, sources: Sequence[Point], targets: Sequence[Point], until: float = float("inf")
    ) -> Matrix:
        """As `travel.Provider` says; see `asking.in_blocks`."""
        return in_blocks(self._table, sources, targets, until)

    def _table(self, sources: Sequence[Point], targets: Sequence[Point]) -> Matrix:
        places = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in (*sources, *targets))
        numbers = [str(number) for number in range(len(sources) + len(targets))]
        starts, ends = ";".join(numbers[: len(sources)]), ";".join(numbers[len(sources) :])
        query = f"sources={starts}&destinations={ends}&annotations=duration,distance"
        _status, told = ask("GET", f"{self.base_url}/table/v1/driving/{places}?{query}")
        code = told.get("code") if isinstance(told, dict) else None
        if code in _TOO_MUCH:
            raise Refused(str(code))
        if code != "Ok":
            raise garbled()
        return _rows(told)


def _rows(told: dict[str, Any]) -> Matrix:
    try:
        return [
            [leg_of(seconds, metres) for seconds, metres in zip(times, lengths, strict=True)]
            for times, lengths in zip(told["durations"], told["distances"], strict=True)
        ]
    except (KeyError, TypeError, ValueError) as problem:
        raise garbled() from problem
