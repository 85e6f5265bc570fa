"""Set up a scratch cluster, then run every measurement and print one JSON line each."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data" / "bench"


def main() -> None:
    """Run all measurements; the exit code is 1 when a ratio is above its limit."""
    shutil.rmtree(DATA, ignore_errors=True)
    os.environ["FIELDSERVICE_DATA"] = str(DATA)
    os.environ["NUDGE_WORKERS"] = "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, cwd=ROOT)
    import django
    from django.conf import settings

    settings.ROOT_URLCONF = "bench.urls"
    django.setup()
    from bench.measure import everything

    too_slow = False
    machine = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }
    for figure in everything():
        print(json.dumps(figure | machine), flush=True)
        too_slow |= not figure["within"]
    sys.exit(1 if too_slow else 0)


if __name__ == "__main__":
    main()
