"""Telling the worker that something is due. A lost nudge costs a second, never a fact."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)


def deliver_soon() -> None:
    """Ask a worker to deliver the outbox now."""
    start_soon("journal.deliver")


def start_soon(task: str) -> None:
    """Ask a worker to run a task that claims its own work; when the broker is away, beat's tick does it."""
    if not settings.NUDGE_WORKERS:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as problem:  # Every broker error means the same: the tick will do it.
        log.warning("broker is away, the next tick works", extra={"task": task, "problem": str(problem)})
