"""OSRM and Valhalla over loopback: they answer as their documentation says, from a map of our own making."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.peers.web import Answer, Asked, Said

Point = tuple[float, float]
Drive = Callable[[Point, Point], tuple[float, float] | None]
"""(seconds, metres) from one place (latitude, longitude) to another; None where no road goes."""


def osrm(drive: Drive, *, most: int = 100, off_road: frozenset[Point] = frozenset()) -> Answer:
    """`GET /table/v1/driving/{longitude},{latitude};…` of osrm-routed with `--max-table-size` `most`."""

    def answer(asked: Asked) -> Said:
        if asked.method != "GET" or not asked.path.startswith("/table/v1/driving/"):
            return _json({"code": "InvalidUrl", "message": "URL string malformed"}, 400)
        pairs = [pair.split(",") for pair in asked.path.rpartition("/")[2].split(";")]
        places = [(float(latitude), float(longitude)) for longitude, latitude in pairs]
        if any(abs(latitude) > 90 for latitude, _longitude in places):
            return _json({"code": "InvalidValue", "message": "Invalid coordinate value."}, 400)
        sources = _some(asked.query.get("sources", "all"), places)
        targets = _some(asked.query.get("destinations", "all"), places)
        if len(sources) * len(targets) > most * most:
            return _json({"code": "TooBig", "message": "Too many table coordinates"}, 400)
        if off_road & set(places):
            return _json({"code": "NoSegment", "message": "Could not find a matching segment"}, 400)
        cells = [[drive(a, b) for b in targets] for a in sources]
        told: dict[str, Any] = {"code": "Ok", "sources": _waypoints(sources)}
        told["destinations"] = _waypoints(targets)
        wanted = asked.query.get("annotations", "duration").split(",")
        if "duration" in wanted:
            told["durations"] = [[cell and round(cell[0], 1) for cell in row] for row in cells]
        if "distance" in wanted:
            told["distances"] = [[cell and round(cell[1], 1) for cell in row] for row in cells]
        return _json(told)

    return answer


def valhalla(drive: Drive, *, most_pairs: int = 2_500, off_road: frozenset[Point] = frozenset()) -> Answer:
    """`POST /sources_to_targets` of Valhalla with `max_matrix_location_pairs` `most_pairs`."""

    def answer(asked: Asked) -> Said:
        if asked.path != "/sources_to_targets":
            return _error(106, "Try any of: '/locate' '/route' '/sources_to_targets'", 404)
        body = json.loads(asked.body)
        if body.get("costing") not in {"auto", "truck"}:
            return _error(124, "No edge/node costing provided", 400)
        sources = [(place["lat"], place["lon"]) for place in body["sources"]]
        targets = [(place["lat"], place["lon"]) for place in body["targets"]]
        if len(sources) * len(targets) > most_pairs:
            return _error(150, f"Exceeded max locations: {most_pairs}", 400)
        if off_road & {*sources, *targets}:
            return _error(171, "No suitable edges near location", 400)
        rows = [
            [_cell(drive(a, b), row, column) for column, b in enumerate(targets)]
            for row, a in enumerate(sources)
        ]
        return _json({"sources_to_targets": rows, "units": "kilometers", "algorithm": "costmatrix"})

    return answer


def _cell(driven: tuple[float, float] | None, row: int, column: int) -> dict[str, Any]:
    where = {"from_index": row, "to_index": column}
    if driven is None:
        return {"distance": None, "time": None, **where}
    return {"distance": round(driven[1] / 1000, 3), "time": round(driven[0]), **where}


def _some(said: str, places: list[Point]) -> list[Point]:
    return places if said == "all" else [places[int(number)] for number in said.split(";")]


def _waypoints(places: list[Point]) -> list[dict[str, Any]]:
    return [{"hint": "", "distance": 1.5, "name": "", "location": [b, a]} for a, b in places]


def _error(code: int, words: str, status: int) -> Said:
    return _json({"error_code": code, "error": words, "status_code": status, "status": "Bad Request"}, status)


def _json(told: dict[str, Any], status: int = 200) -> Said:
    return Said(status, json.dumps(told).encode(), {"Content-Type": "application/json; charset=UTF-8"})
