"""The status vocabulary and the style sheets hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import look

ROOT = Path(__file__).resolve().parents[2]
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
TOKENS = (ROOT / "static/css/tokens.css").read_text()
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")])
STATES = [(name, code, how) for name, states in look.VOCABULARIES.items() for code, how in states.items()]


@pytest.mark.parametrize(("vocabulary", "code", "how"), STATES, ids=[f"{n}-{c}" for n, c, _ in STATES])
def test_a_state_has_a_hue_an_icon_of_the_sprite_and_a_word(
    vocabulary: str, code: str, how: look.Look
) -> None:
    assert how.hue in look.HUES
    assert how.icon in SPRITE, f"add {how.icon} to ICONS in scripts/vendor.py and run `make vendor`"
    assert str(how.word)
    assert look.look_of(vocabulary, code) is how


def test_an_unknown_state_names_the_table_and_the_code() -> None:
    with pytest.raises(look.UnknownState, match=r"'flying' is not in vocabulary 'visit'"):
        look.look_of("visit", "flying")
    with pytest.raises(look.UnknownState, match="'weather'"):
        look.look_of("weather", "sunny")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_template_names_only_icons_of_the_sprite(path: Path) -> None:
    names = set(re.findall(r"""{%\s*icon\s+["']([^"']+)["']""", path.read_text()))
    assert names <= SPRITE, f"add {names - SPRITE} to ICONS in scripts/vendor.py and run `make vendor`"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_template_keeps_to_the_content_security_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\s(?:src=|type=.application/json.))", text), (
        "no inline scripts: write a module in static/js"
    )
    assert not re.search(r"\son[a-z]+=[\"']", text), "no event attributes: listen in a module"
    assert "<style" not in text, "no inline style sheets: static/css"
    for style in re.findall(r'\sstyle="([^"]*)"', text):
        for rule in filter(None, (part.strip() for part in style.split(";"))):
            assert rule.startswith(("--", "{")), f"only custom properties in style attributes, not {rule!r}"


def _values(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))


def _block(start: str) -> str:
    at = TOKENS.index(start)
    return TOKENS[at : TOKENS.index("}", at)]


LIGHT = _values(_block(":root {"))
DARK = _values(_block('[data-theme="dark"] {'))


def test_the_two_dark_blocks_are_equal() -> None:
    assert _values(_block(":root:not([data-theme")) == DARK


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two #rrggbb colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_can_be_read(theme: dict[str, str]) -> None:
    for ground in ("--bg", "--surface", "--sunken"):
        for ink in ("--ink", "--ink-2", "--ink-3", "--accent"):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["--control"], theme[ground]) >= 3, ground
        for hue in look.HUES:
            assert contrast(theme[f"--{hue}"], theme[ground]) >= 3, (hue, ground)
    for hue in look.HUES:
        assert contrast(theme[f"--{hue}-ink"], theme[f"--{hue}-soft"]) >= 4.5, hue
        assert contrast(theme["--surface"], theme[f"--{hue}"]) >= 3, hue
    assert contrast(theme["--on-accent"], theme["--accent"]) >= 4.5
