"""Logs for machines: one JSON object a line, named after its request."""

from __future__ import annotations

import json
import logging
import logging.config
from typing import Any

import structlog
from django.conf import settings


def test_a_line_is_json_with_request_tenant_actor_and_trace() -> None:
    logging_settings: Any = settings.LOGGING
    made: Any = logging.config.DictConfigurator({})
    formatter = made.configure_formatter(dict(logging_settings["formatters"]["json"]))
    try:
        raise RuntimeError("boom")
    except RuntimeError as problem:
        trace = (RuntimeError, problem, problem.__traceback__)
    record = logging.LogRecord("journal", logging.ERROR, "x.py", 1, "%s\nfailed", ("it",), trace)
    record.handler = "on_x"
    with structlog.contextvars.bound_contextvars(request_id="r1", tenant="acme", actor="member:7"):
        line = formatter.format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["level"], told["handler"]) == ("it\nfailed", "error", "on_x")
    assert (told["request_id"], told["tenant"], told["actor"]) == ("r1", "acme", "member:7")
    assert "boom" in told["exception"]
