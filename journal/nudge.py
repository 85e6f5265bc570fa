"""Telling the worker that something is due. A lost nudge costs a second, never a fact."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)


def deliver_soon() -> None:
    """Ask a worker to deliver the outbox now; when the broker is away, beat's next tick does it."""
    if not settings.NUDGE_WORKERS:
        return
    try:
        current_app.send_task("journal.deliver", retry=False, ignore_result=True)
    except Exception as problem:  # Every broker error means the same: the tick will do it.
        log.warning("broker is away, the next tick delivers", extra={"problem": str(problem)})
