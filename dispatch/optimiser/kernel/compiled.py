"""How the search is compiled, and where what was compiled is kept.

Compiling takes some twenty seconds of processor time, loading half a second. The compiler looks at a
function's own file only, so what is kept carries the contents of all files of the search in its name, and of those
whose constants `dispatch.instant.kernel` is compiled with.

Compiled functions own no arrays (`_nrt=False`): counting references to those they were handed took more than
half of all time. Whatever room they need is made outside, in `scratch`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numba
from numba.core import config

Array = Any
"""A numpy array of the kind its place in `problem.Arrays` says; the compiler knows the rest."""

HERE = Path(__file__).resolve().parent
_APP = HERE.parents[1]
_ELSEWHERE = ("travel.py", "instant/tables.py", "instant/layout.py")
_SOURCES = (*sorted(HERE.glob("*.py")), *(_APP / name for name in _ELSEWHERE))


def home() -> Path | None:
    """The directory to keep compiled code in: in $NUMBA_CACHE_DIR, else beside the source, else nowhere."""
    sources = b"".join(path.read_bytes() for path in _SOURCES)
    name = f"search-{hashlib.sha256(sources).hexdigest()[:16]}"
    named = os.environ.get("NUMBA_CACHE_DIR")
    for base in [Path(named)] if named else [HERE / "__pycache__", *_spare()]:
        path = base / name
        try:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
        except OSError:
            continue
        return path
    return None


def _spare() -> list[Path]:
    """Where the product keeps its own files, when the source may not be written to."""
    spare = os.environ.get("FIELDSERVICE_COMPILED")
    return [Path(spare)] if spare else []


_home = home()
if _home is not None:
    config.CACHE_DIR = str(_home)
_options = {"cache": _home is not None, "nogil": True, "error_model": "numpy", "_nrt": False}
jit = numba.njit(**_options)
inlined = numba.njit(**_options, forceinline=True)
