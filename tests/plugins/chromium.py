"""Find Chromium, or install it where that needs nobody's leave."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from fieldservice.runtime import servers
from fieldservice.runtime.files import last_lines, locked

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")


def find_or_install() -> tuple[str | None, str]:
    """The path of a Chromium, or None and the reason why there is none."""
    with locked(servers.data_dir() / "chromium.lock"):
        log = servers.data_dir() / "chromium.log"
        found = _find()
        if found is None:
            say("No Chromium here; installing it for the browser tests …")
            log.unlink(missing_ok=True)
            if _install_on_debian(log) or _install_by_playwright(log):
                found = _find()
        if found:
            return found, ""
        return None, f"no Chromium, and it could not be installed (see {log}):\n{last_lines(log)}"


def say(text: str) -> None:
    """Tell the person at the terminal, past pytest's capture."""
    print(f"\n{text}", file=sys.__stderr__, flush=True)


def _find() -> str | None:
    for name in NAMES:
        if found := shutil.which(name):
            return found
    installed = sorted((Path.home() / ".cache" / "ms-playwright").glob("chromium-*/chrome-linux*/chrome"))
    return str(installed[-1]) if installed else None


def _install_on_debian(log: Path) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return _run(["apt-get", "update", "-q"], log, environment) and _run(
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *DEBIAN_PACKAGES], log, environment
    )


def _install_by_playwright(log: Path) -> bool:
    return _run([sys.executable, "-m", "playwright", "install", "chromium"], log, dict(os.environ))


def _run(command: list[str], log: Path, environment: dict[str, str]) -> bool:
    with log.open("a") as output:
        try:
            done = subprocess.run(
                command, stdout=output, stderr=output, env=environment, check=False, timeout=300
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            output.write(f"{command[0]}: {problem}\n")
            return False
    return done.returncode == 0
