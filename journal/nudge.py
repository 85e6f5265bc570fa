"""Telling the worker that something is due. A lost nudge costs a second, never a fact."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app
from celery.signals import task_prerun
from django.conf import settings
from django.core.cache import cache

log = logging.getLogger(__name__)

DELIVER = "journal.deliver"
SPEAKS_SECONDS = 1
"""How long a nudge that no worker has taken yet speaks for those after it; then another one is sent."""
HOLDS_SECONDS = 2
"""How long a worker that was not heard of since is believed to be at it; then others may begin."""
LONGEST_TURN = 30
"""Seconds after which a worker hands over, so that it can be stopped while there is always something due."""
_KEY = "nudge:{task}"
_HELD = "held"


def deliver_soon() -> None:
    """Ask a worker to deliver the outbox now."""
    start_soon(DELIVER)


def start_soon(task: str) -> None:
    """Ask a worker to run a task that claims its own work; when the broker is away, beat's tick does it.

    Nothing is sent while an earlier nudge still waits for a worker, or while a worker has its turn: what is
    committed by now, that one finds.
    """
    if settings.NUDGE_WORKERS:
        _send(task, _KEY.format(task=task), SPEAKS_SECONDS)


def _send(task: str, key: str, seconds: int, **options: Any) -> None:
    try:
        if cache.add(key, True, timeout=seconds):
            current_app.send_task(task, retry=False, ignore_result=True, **options)
    except Exception as problem:  # Every broker error means the same: the tick will do it.
        log.warning("broker is away, the next tick works", extra={"task": task, "problem": str(problem)})


@task_prerun.connect(dispatch_uid="journal.nudge")
def begins(task: Any, **_facts: Any) -> None:
    """A worker takes a task, before it looks for work: whatever is committed from now on needs a nudge."""
    if task.name != DELIVER:
        cache.delete(_KEY.format(task=task.name))


class Turn:
    """A worker's turn at a task of which one at a time does more with less: lists grow while it works.

    It is only a hint: two turns at once cost time, and harm nothing.
    """

    def __init__(self, task: str) -> None:
        self._task, self._key = task, _KEY.format(task=task)
        self._began = self._told = 0.0

    def begin(self) -> bool:
        """Take the turn; False while another worker has it."""
        if cache.get(self._key) == _HELD:
            return False
        self._began = time.monotonic()
        self._hold()
        return True

    def go_on(self, *, needs_help: bool) -> None:
        """Something was found: keep the turn. With `needs_help` another worker is asked to work beside."""
        if time.monotonic() - self._told > HOLDS_SECONDS / 4:
            self._hold()
        if needs_help and settings.NUDGE_WORKERS:
            _send(self._task, f"{self._key}:help", HOLDS_SECONDS, kwargs={"helps": True})

    def leave(self) -> bool:
        """Nothing was found: end the turn, so that whatever is committed from now on sends a nudge.

        True when it was held until now: look once more for what was committed in the meantime.
        """
        held, self._told = bool(self._told), 0.0
        if held:
            cache.delete(self._key)
            if self.is_over():
                start_soon(self._task)
        return held

    def is_over(self) -> bool:
        """Whether it is time to hand over to another worker."""
        return time.monotonic() - self._began > LONGEST_TURN

    def _hold(self) -> None:
        cache.set(self._key, _HELD, timeout=HOLDS_SECONDS)
        self._told = time.monotonic()
