"""Figures for tests, inside the active tenant."""

from __future__ import annotations

from typing import Any

from analytics import services
from analytics.models import VisitFigures
from dispatch.models import Visit
from tenants.actors import Actor
from tests.cast import AT
from tests.factories.billing import make_visit

SYSTEM = Actor.system("factory")


def make_figures(visit: Visit | None = None, **facts: Any) -> VisitFigures:
    """What a done visit adds to the figures; `facts` make the visit."""
    visit = visit or make_visit(**{"work": 60, "travel": 20, **facts})
    figures = services.refresh_figures(visit_id=visit.pk, actor=SYSTEM, at=AT)
    assert figures is not None
    return figures
