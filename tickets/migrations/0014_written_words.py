"""A ticket is written four times until its visit is planned, and each time its words went into two indexes one by
one: that was most of what the database did for it. They wait in a short list now, which searches read too."""

from __future__ import annotations

from typing import Any

import django.contrib.postgres.indexes
from django.db import migrations, models

SHORT_LIST_KB = 64
LIVING = models.Q(("status__in", ["new", "open", "reopened", "waiting"]))
INDEXES: dict[str, dict[str, Any]] = {"ticket_grams_idx": {}, "ticket_living_grams_idx": {"condition": LIVING}}


def _waits(name: str, options: dict[str, Any]) -> migrations.SeparateDatabaseAndState:
    index = django.contrib.postgres.indexes.GinIndex(
        fields=["search_grams"],
        fastupdate=True,
        gin_pending_list_limit=SHORT_LIST_KB,
        name=name,
        **options,
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f"ALTER INDEX {name} SET (fastupdate = on, gin_pending_list_limit = {SHORT_LIST_KB})",
                f"ALTER INDEX {name} SET (fastupdate = off); ALTER INDEX {name} RESET (gin_pending_list_limit)",
            )
        ],
        state_operations=[
            migrations.RemoveIndex(model_name="ticket", name=name),
            migrations.AddIndex(model_name="ticket", index=index),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0013_desk_indexes")]

    operations = [_waits(name, options) for name, options in INDEXES.items()]
