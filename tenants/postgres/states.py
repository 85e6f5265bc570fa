"""Making migrations quick although every table belongs to a tenant.

Django draws a model's historical classes again, with all that are related to it, for every operation. Through
the tenant every model is related to every other, so each small operation drew nearly all of them: nine tenths
of the time that a new database took. Writing tables only needs the class that changed. What runs Python gets
classes that all fit together: Django draws every one anew for it when a state says that it was delayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations import state

_Key = tuple[str, str]


@contextmanager
def only_what_changes_is_drawn() -> Iterator[None]:
    """Draw only the model an operation changes, and all of them before Python runs."""

    def find(self: Any, app_label: str, model_name: str, delay: bool = False) -> set[_Key]:
        self.is_delayed = True
        return {(app_label, model_name)}

    with patch.object(state.ProjectState, "_find_reload_model", find):
        yield
