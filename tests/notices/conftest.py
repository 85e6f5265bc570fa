"""Notices for tests: kinds that no app named, gone again after each test."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from notices import registry
from tests.notices.kinds import KINDS


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    with patch.dict(registry._kinds, KINDS):
        yield
