"""System checks: settings that contradict each other, told by every command."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning


@register("core")
def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Behind a proxy that brings TLS, the caller's address stands in what it appends, if it is believed."""
    if not settings.BEHIND_TLS or settings.TRUSTED_PROXIES:
        return []
    text = "BEHIND_TLS=1 says that a proxy stands in front, TRUSTED_PROXIES=0 that none does: all share its limits."
    return [CheckWarning(text, hint="Set TRUSTED_PROXIES to the number of your proxies.", id="core.W001")]
