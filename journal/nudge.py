"""Telling the worker that something is due. A lost nudge costs a second, never a fact."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from celery.signals import task_prerun
from django.conf import settings
from django.core.cache import cache

log = logging.getLogger(__name__)

SPEAKS_SECONDS = 1
"""How long a nudge that no worker has taken yet speaks for those after it; then another one is sent."""
_KEY = "nudge:{task}"


def deliver_soon() -> None:
    """Ask a worker to deliver the outbox now."""
    start_soon("journal.deliver")


def start_soon(task: str) -> None:
    """Ask a worker to run a task that claims its own work; when the broker is away, beat's tick does it.

    Nothing is sent while an earlier nudge still waits for a worker: what is committed by now, that one finds.
    """
    if not settings.NUDGE_WORKERS:
        return
    try:
        if cache.add(_KEY.format(task=task), True, timeout=SPEAKS_SECONDS):
            current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as problem:  # Every broker error means the same: the tick will do it.
        log.warning("broker is away, the next tick works", extra={"task": task, "problem": str(problem)})


@task_prerun.connect(dispatch_uid="journal.nudge")
def begins(task: Any, **_facts: Any) -> None:
    """A worker takes a task, before it looks for work: whatever is committed from now on needs a nudge."""
    cache.delete(_KEY.format(task=task.name))
