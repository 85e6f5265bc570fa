"""What tests of dispatch share."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.cast import AT


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the day that the tests plan on: visits are not planned in what is over."""
    monkeypatch.setattr(timezone, "now", lambda: AT)
