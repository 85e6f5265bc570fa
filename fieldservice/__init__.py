"""The composition root: settings, routes, workers, the live feed, the demo and the embedded servers."""

from __future__ import annotations
