"""A kind of notice for tests, with words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notices.registry import Kind, Said

LATE, GIVEN, QUIET = "test_late", "test_given", "test_quiet"


def _say(facts: Mapping[str, Any]) -> Said:
    return Said(f"About {facts['what']}", str(facts.get("detail", "")))


KINDS = {
    LATE: Kind(label="Late", icon="alert-octagon", hue="stop", say=_say, is_warning=True, folds=False),
    GIVEN: Kind(label="Given", icon="user-check", hue="plan", say=_say),
    QUIET: Kind(label="Quiet", icon="message", hue="rest", say=_say, is_wanted=False),
}
