"""Articles for tests, made through the services inside the active tenant."""

from __future__ import annotations

from typing import Any

from knowledge import services
from knowledge.models import Article
from tenants.actors import Actor
from tests.cast import AT


def make_article(**facts: Any) -> Article:
    values = {"title": "Clear a paper jam", "body": "Open tray 2.", "actor": Actor.system("tests"), "at": AT}
    return services.write_article(**{**values, **facts})
