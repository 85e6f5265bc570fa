"""What every test may rely on."""

from __future__ import annotations

pytest_plugins = ["tests.plugins.database", "tests.plugins.browser", "tests.plugins.cast"]
