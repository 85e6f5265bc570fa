"""The twin world, built once per module, with its clock standing still; each request is undone by itself."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.isolation.asking import Walker
from tests.isolation.world import CANARY, NOW, OWN, Twins, build


@pytest.fixture(scope="module")
def walker(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    quick_passwords: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walker]:
    """Asks in Acme, whose rival has a canary in its every text."""
    with (
        django_db_blocker.unblock(),
        patch("django.utils.timezone.now", return_value=NOW),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"), NUDGE_WORKERS=False),
        transaction.atomic(),
    ):
        yield Walker(Twins(build("acme", OWN, 44_000_000), build("rival", CANARY, 77_000_000)))
        transaction.set_rollback(True)
