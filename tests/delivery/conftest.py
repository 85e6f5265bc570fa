"""Tom, his visit with a checklist, and the moment he is on site."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatch.models import Visit
from tests.cast import AT, Company
from tests.factories.delivery import (
    arrive,
    make_checklist,
    make_engineer,
    make_visit,
    make_work_type,
)
from workforce.models import Engineer


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def tom(in_acme: Company) -> Engineer:
    return make_engineer(in_acme.tom)


@pytest.fixture
def visit(in_acme: Company, tom: Engineer) -> Visit:
    """Sent to Tom; its work has a checklist."""
    work_type = make_work_type()
    make_checklist(work_type)
    return make_visit(tom, work_type=work_type)


@pytest.fixture
def here(in_acme: Company, visit: Visit) -> Visit:
    """Tom is on site."""
    return arrive(visit, in_acme.tom.actor)


@pytest.fixture
def me(in_acme: Company) -> dict[str, Any]:
    """Tom, ten minutes later."""
    return {"actor": in_acme.tom.actor, "at": AT + timedelta(minutes=10)}
