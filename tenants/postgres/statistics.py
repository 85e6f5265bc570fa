"""Tell PostgreSQL's planner how much there is now, after rows were written by the thousand."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connection


def refresh_statistics(app_labels: Iterable[str]) -> None:
    """ANALYZE every table of these apps.

    Autovacuum does it too, but up to a minute later; until then the planner takes a table of a thousand rows
    for one of ten, and a list page runs for minutes. Inside a transaction the numbers arrive with the rows.
    """
    models = [model for label in app_labels for model in apps.get_app_config(label).get_models()]
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
