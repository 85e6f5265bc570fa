"""Routing services: how each is asked over HTTP. An address is the operator's, so the usual door is used."""

from __future__ import annotations

from dispatch.adapters.asking import Refused, Silent
from dispatch.adapters.osrm import Osrm
from dispatch.adapters.valhalla import Valhalla

__all__ = ["SERVICES", "Osrm", "Refused", "Silent", "Valhalla", "service_at"]

SERVICES: dict[str, type[Osrm | Valhalla]] = {"osrm": Osrm, "valhalla": Valhalla}


def service_at(source: str, base_url: str) -> Osrm | Valhalla:
    """The service of this name at an address. Raises KeyError for a name that is none."""
    return SERVICES[source](base_url.rstrip("/"))
