"""Make the virtual environment `.venv` and install what a lock names, with hashes. `make setup` runs it.

    python3 scripts/setup.py requirements.lock | requirements-dev.lock

Standard library only, and readable by any Python since 3.7, so that the wrong one gets a message.
Does nothing when the lock is installed already.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
WANTED = (3, 11)
RUNTIME, DEVELOPMENT, TOOLS = "requirements.lock", "requirements-dev.lock", "requirements-tools.lock"


def main(lock: str) -> None:
    """Install `lock`; where the development lock was installed before, keep that one current instead."""
    began = time.monotonic()
    with (ROOT / TOOLS).open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        installed = read_stamp() if venv_works() else {}
        if DEVELOPMENT in installed:
            lock = DEVELOPMENT
        if installed.get(lock) == fingerprint(lock):
            return
        make_venv()
        say("Installing what " + lock + " names into .venv …")
        install(lock)
        installed = {lock: fingerprint(lock), RUNTIME: fingerprint(RUNTIME)}
        STAMP.write_text(json.dumps(installed), encoding="utf-8")
    say(f"Set up .venv in {time.monotonic() - began:.0f} s.")


def make_venv() -> None:
    """Create `.venv` where there is none that works, with or without the system's ensurepip."""
    if venv_works():
        return
    python = find_python()
    say("Making .venv with " + python + " …")
    # A pip of the system's serves as well, and making one for `.venv` takes seconds.
    system_pip = run([python, "-m", "pip", "--python", python, "--version"]) == 0
    with_pip = not system_pip and run([python, "-c", "import ensurepip"]) == 0
    if not with_pip and not system_pip:
        stop(
            python + " can make no virtual environment: its modules ensurepip and pip are missing.\n"
            "On Debian: apt-get install python3.11-venv\n"
            "Then run the command again."
        )
    shutil.rmtree(str(VENV), ignore_errors=True)
    if run([python, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(VENV)], show=True):
        shutil.rmtree(str(VENV), ignore_errors=True)
        stop("The virtual environment " + str(VENV) + " could not be made; the reason stands above.")


def install(lock: str) -> None:
    """Install with uv, which is fast; with pip where uv cannot reach what pip can.

    Nothing is compiled ahead: most of it is never imported, and what is, is kept by the process that first does.
    """
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-compile"]
    pip_install = [*pip(), "install", *options, "-r"]
    if run([*pip_install, TOOLS], show=True):
        stop("uv could not be installed; pip's reason stands above. Mend it and run the command again.")
    uv_install = [
        str(VENV / "bin" / "uv"),
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
    ]
    if run([*uv_install, "--python", str(PYTHON), "-r", lock], show=True, env=uv_environment()) == 0:
        return
    say("uv could not install everything; trying with pip, which takes longer …")
    if run([*pip_install, lock], show=True):
        stop("The packages of " + lock + " could not be installed; the reason stands above.")


def pip() -> list[str]:
    """Pip for `.venv`: its own, or the system's where `.venv` has none."""
    if run([str(PYTHON), "-m", "pip", "--version"]) == 0:
        return [str(PYTHON), "-m", "pip"]
    return [find_python(), "-m", "pip", "--python", str(PYTHON)]


def uv_environment() -> dict[str, str]:
    """Tell uv about the index and certificates that pip is configured with: it does not read pip's files."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    listed = subprocess.run([*pip(), "config", "list"], capture_output=True, text=True, check=False)  # noqa: S603
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        value = value.strip("'\"")
        if name.endswith(".index-url"):
            environment.setdefault("UV_DEFAULT_INDEX", value)
        if name.endswith(".cert"):
            environment.setdefault("SSL_CERT_FILE", value)
    return environment


def find_python() -> str:
    """A Python of the wanted version: the one that runs this, or one on the path."""
    for candidate in [sys.executable, shutil.which("python3.11"), shutil.which("python3")]:
        if candidate and version_of(candidate) == WANTED:
            return candidate
    stop(
        f"Fieldservice needs Python 3.11; {sys.executable} is {sys.version.split()[0]}.\n"
        "On Debian 12: apt-get install python3.11 python3.11-venv\n"
        "Or name one: make setup PYTHON=/path/to/python3.11"
    )


def venv_works() -> bool:
    """Whether `.venv` has a Python of the wanted version that starts."""
    return PYTHON.exists() and version_of(str(PYTHON)) == WANTED


def version_of(python: str) -> tuple[int, ...] | None:
    """(major, minor) of an interpreter, or None where it does not start."""
    command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in asked.stdout.split())


def read_stamp() -> dict[str, str]:
    """What was installed: lock name to fingerprint."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def fingerprint(lock: str) -> str:
    """The hash of a lock file."""
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def run(command: list[str], *, show: bool = False, env: dict[str, str] | None = None) -> int:
    """The exit status of `command`."""
    output = None if show else subprocess.DEVNULL
    return subprocess.call(command, cwd=str(ROOT), stdout=output, stderr=output, env=env)  # noqa: S603


def say(text: str) -> None:
    """Tell what happens."""
    print(text, flush=True)  # noqa: T201


def stop(text: str) -> NoReturn:
    """End with a message."""
    sys.exit("\n" + text)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else RUNTIME)
