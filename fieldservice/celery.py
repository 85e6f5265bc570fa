"""The Celery application: executes what rows in PostgreSQL say is due, and remembers nothing."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")

app = Celery("fieldservice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

PLANNER_NICENESS = 10


@worker_init.connect
def _stand_back(sender: Any, **_facts: object) -> None:
    """A planner computes for seconds on every processor: pages and clocks come first."""
    if str(sender.hostname).startswith("planner@"):
        os.nice(PLANNER_NICENESS)
