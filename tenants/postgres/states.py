"""Making migrations quick although every table belongs to a tenant.

Django draws a model's historical classes again, with all that are related to it, for every operation. Through
the tenant every model is related to every other, so each small operation drew them all: nine tenths of the time
that a new database took. No operation on a table changes the tenant's own, so the tenant stays as it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations import state

HUB = ("tenants", "tenant")
_Key = tuple[str, str]


@contextmanager
def tenant_stays_drawn() -> Iterator[None]:
    """Draw models again without those that only the tenant relates, unless the tenant itself changes."""
    relatives, reloaded = state._get_related_models, state.ProjectState._find_reload_model  # type: ignore[attr-defined]

    def without_hub(model: Any) -> list[Any]:
        if (model._meta.app_label, model._meta.model_name) == HUB:
            return []
        return [other for other in relatives(model) if other._meta.label_lower != ".".join(HUB)]

    def find(self: Any, app_label: str, model_name: str, delay: bool = False) -> set[_Key]:
        if (app_label, model_name) == HUB:
            return set(reloaded(self, app_label, model_name, delay))
        with patch.object(state, "_get_related_models", without_hub):
            return set(reloaded(self, app_label, model_name, delay)) - {HUB}

    with patch.object(state.ProjectState, "_find_reload_model", find):
        yield
