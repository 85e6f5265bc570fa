"""Set up a scratch cluster, then run the measurements and print one JSON line each.

`python -m bench` runs all groups, `python -m bench mail D5` the named ones; what takes minutes runs only when
it is named. BENCH_DATA names another directory for the scratch cluster.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("BENCH_DATA", ROOT / ".data" / "bench"))


def main() -> None:
    """Run the chosen measurements; the exit code is 1 when one misses its limit."""
    shutil.rmtree(DATA, ignore_errors=True)
    os.environ["FIELDSERVICE_DATA"] = str(DATA)
    os.environ["NUDGE_WORKERS"] = "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fieldservice.settings")
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, cwd=ROOT)
    import django
    from django.conf import settings

    settings.ROOT_URLCONF = "bench.urls"
    django.setup()
    from bench.measure import BY_NAME, GROUPS

    chosen = sys.argv[1:] or list(GROUPS)
    known = GROUPS | BY_NAME
    if unknown := set(chosen) - set(known):
        sys.exit(f"There is no group {', '.join(sorted(unknown))}; choose of {', '.join(known)}.")
    too_slow = False
    machine = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }
    for figure in chain.from_iterable(known[name]() for name in chosen):
        print(json.dumps(figure | machine), flush=True)
        too_slow |= not figure["within"]
    sys.exit(1 if too_slow else 0)


if __name__ == "__main__":
    main()
