"""Valhalla: `POST /sources_to_targets` answers seconds and kilometres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.adapters.asking import Matrix, Refused, ask, garbled, in_blocks, leg_of
from dispatch.travel import Leg, Point


@dataclass(frozen=True, slots=True)
class Valhalla:
    """The matrix service at `base_url`, by car."""

    base_url: str

    def matrix(
        self, sources: Sequence[Point], targets: Sequence[Point], until: float = float("inf")
    ) -> Matrix:
        """As `travel.Provider` says; see `asking.in_blocks`."""
        return in_blocks(self._sources_to_targets, sources, targets, until)

    def _sources_to_targets(self, sources: Sequence[Point], targets: Sequence[Point]) -> Matrix:
        body = {
            "sources": _locations(sources),
            "targets": _locations(targets),
            "costing": "auto",
            "units": "kilometers",
            "verbose": True,
        }
        status, told = ask("POST", f"{self.base_url}/sources_to_targets", json=body)
        if not isinstance(told, dict):
            raise garbled()
        if status == 400 and "error_code" in told:
            raise Refused(str(told["error_code"]))
        rows = told.get("sources_to_targets")
        if status != 200 or not isinstance(rows, list):
            raise garbled()
        return [_row(row, len(targets)) for row in rows]


def _locations(places: Sequence[Point]) -> list[dict[str, float]]:
    return [{"lat": round(latitude, 6), "lon": round(longitude, 6)} for latitude, longitude in places]


def _row(row: Any, count: int) -> list[Leg | None]:
    """One source's cells, each put where its index says."""
    found: list[Leg | None] = [None] * count
    if not isinstance(row, list):
        raise garbled()
    for place, cell in enumerate(row):
        if not isinstance(cell, dict):
            raise garbled()
        index = cell.get("to_index", place)
        if not isinstance(index, int) or not 0 <= index < count:
            raise garbled()
        length = cell.get("distance")
        metres = length * 1000 if isinstance(length, int | float) else length
        found[index] = leg_of(cell.get("time"), metres)
    return found
