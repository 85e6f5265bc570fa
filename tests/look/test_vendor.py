"""What the pages load is what was fetched: hashes, licences, and no registry in sight."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text())


@pytest.mark.parametrize("name", sorted(MANIFEST["files"]))
def test_a_vendored_file_is_what_the_manifest_says(name: str) -> None:
    assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == MANIFEST["files"][name]


def test_every_vendored_file_is_in_the_manifest() -> None:
    found = {str(p.relative_to(ROOT)) for p in VENDOR.rglob("*") if p.is_file()}
    assert found - {"static/vendor/MANIFEST.json"} == set(MANIFEST["files"]) - {"static/icons/sprite.svg"}


def test_every_package_has_its_licence() -> None:
    table = (VENDOR / "LICENSES.md").read_text()
    for name, version in MANIFEST["packages"].items():
        assert f"| {name} | {version} |" in table
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert (folder / "LICENSE").stat().st_size > 300, folder


def test_no_page_loads_anything_from_elsewhere() -> None:
    files = [*ROOT.glob("static/css/*.css"), *ROOT.glob("static/js/*.js"), *ROOT.glob("templates/**/*.html")]
    for path in files:
        text = path.read_text()
        for mark in ('src="http', 'href="http', "url(http", "import http", "@import"):
            assert mark not in text, f"{path.name} loads from another host: {mark}"
