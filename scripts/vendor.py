"""Fetch the pinned front-end packages with `npm pack` and write what the pages load.

Run it as `make vendor`, only to change a version or to add an icon: the results are committed, so setting up
and running the app needs no Node. It writes `static/vendor/<name>@<version>/`, `static/vendor/MANIFEST.json`
(the sha-256 of every file), `static/vendor/LICENSES.md` and `static/icons/sprite.svg`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
SPRITE = ROOT / "static" / "icons" / "sprite.svg"


@dataclass(frozen=True)
class Package:
    """One pinned npm package: which files we serve, and what for."""

    name: str
    version: str
    files: tuple[str, ...]
    reason: str

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def folder(self) -> str:
        return self.spec.replace("@", "", 1).replace("/", "-") if self.name.startswith("@") else self.spec


HTMX = Package("htmx.org", "2.0.11", ("dist/htmx.min.js",), "replaces parts of a page from the server")
PAD = Package(
    "signature_pad",
    "5.1.4",
    ("dist/signature_pad.min.js", "dist/signature_pad.min.js.map"),
    "draws a signature on a phone",
)
TABLER = Package("@tabler/icons", "3.51.0", (), "the icons, as one sprite: static/icons/sprite.svg")
PACKAGES = (HTMX, PAD, TABLER)

# Tabler's outline names. Add one here, run `make vendor`, and `{% icon "name" %}` knows it.
ICONS = """
adjustments alert-circle alert-octagon alert-triangle api archive arrow-back-up arrow-down arrow-down-right
arrow-forward-up arrow-left arrow-right arrow-up arrow-up-right arrows-exchange arrows-move ban barcode bell
bolt book bookmark brand-line brand-wechat briefcase building building-store building-warehouse bulb bus
calculator calendar calendar-check calendar-event calendar-plus camera car cash certificate chart-histogram
chart-line check checklist checks chevron-down chevron-left chevron-right chevron-up circle-check
circle-dashed circle-x click clipboard-check clipboard-list clock clock-pause coffee copy credit-card
currency-dollar currency-yen currency-yuan database-export device-desktop device-floppy device-laptop
device-mobile device-mobile-check dots dots-vertical download edit external-link eye eye-off file-diff
file-export file-import file-invoice file-text file-unknown filter fingerprint flag flame git-merge
grid-dots hammer hand-stop headset heart help history home hourglass id inbox info-circle key keyboard
language layout-board-split layout-sidebar-right-collapse link list list-check list-details loader-2 lock
lock-open login logout mail map map-pin map-pin-check menu-2 message message-circle message-plus microphone
minus mood-cry mood-happy mood-neutral mood-sad mood-smile moon navigation note package package-export
package-import package-off paperclip password pencil phone phone-call phone-plus photo pin player-pause
player-play player-stop plug plus point printer progress qrcode question-mark receipt receipt-refund
receipt-tax refresh repeat rotate route ruler-2 run scale scan search send settings shield shield-check
shield-lock signature sort-ascending sort-descending sparkles stack star stethoscope sun sunglasses switch-2
table tag template temperature thumb-down thumb-up tool tools topology-star trash trending-down trending-up
truck truck-delivery truck-return upload user user-check user-off user-plus user-question users users-group
video wallet webhook wifi wifi-off world x zoom-in zoom-out
"""


def fetch(package: Package, into: Path) -> Path:
    """Unpack `package` below `into` and return its root folder. Raises CalledProcessError when npm fails."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed: it is needed to refresh the vendored files, not to run the app.")
    target = into / package.folder
    target.mkdir()
    subprocess.run([npm, "pack", "--silent", package.spec], cwd=target, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    with tarfile.open(next(target.glob("*.tgz"))) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def vendor(package: Package, source: Path) -> None:
    """Copy the served files and the licence of one unpacked package."""
    target = VENDOR / package.folder
    target.mkdir(parents=True)
    for name in (*package.files, "LICENSE"):
        shutil.copyfile(source / name, target / Path(name).name)


def symbol(name: str, icons: Path) -> str:
    """One `<symbol>` of the sprite from Tabler's outline icon `name`."""
    path = icons / f"{name}.svg"
    if not path.exists():
        sys.exit(f"{TABLER.spec} has no outline icon called {name!r}: correct the list in scripts/vendor.py.")
    text = re.sub(r"<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
    inner = re.sub(r"\s+", " ", re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", text, flags=re.DOTALL)).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>'


def write_sprite(source: Path) -> None:
    """Write the sprite: symbols without stroke, so that `.i` in the style sheet draws them."""
    SPRITE.parent.mkdir(parents=True, exist_ok=True)
    symbols = "\n".join(symbol(name, source / "icons" / "outline") for name in sorted(set(ICONS.split())))
    SPRITE.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')


def write_manifest() -> None:
    """Write the sha-256 of every vendored file and of the sprite."""
    files = sorted(p for p in VENDOR.rglob("*") if p.is_file() and p.name != "MANIFEST.json")
    manifest = {
        "packages": {p.name: p.version for p in PACKAGES},
        "files": {
            str(p.relative_to(ROOT)): hashlib.sha256(p.read_bytes()).hexdigest() for p in (*files, SPRITE)
        },
    }
    (VENDOR / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")


def write_licences(licences: dict[str, str]) -> None:
    """Write the table of packages, their licences and why each is here."""
    rows = [f"| {p.name} | {p.version} | {licences[p.name]} | {p.reason} |" for p in PACKAGES]
    text = "\n".join(["| Package | Version | Licence | Why |", "|---|---|---|---|", *rows])
    (VENDOR / "LICENSES.md").write_text(
        "# Vendored front-end packages\n\n"
        f"Written by `make vendor`. Each folder holds its licence text.\n\n{text}\n"
    )


def main() -> None:
    """Replace everything under `static/vendor` and the sprite."""
    licences = {}
    with tempfile.TemporaryDirectory() as folder:
        unpacked = {p.name: fetch(p, Path(folder)) for p in PACKAGES}
        shutil.rmtree(VENDOR, ignore_errors=True)
        for package in PACKAGES:
            source = unpacked[package.name]
            vendor(package, source)
            licences[package.name] = json.loads((source / "package.json").read_text())["license"]
        write_sprite(unpacked[TABLER.name])
    write_licences(licences)
    write_manifest()


if __name__ == "__main__":
    main()
