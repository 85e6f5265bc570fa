"""HTML of mail made safe."""

from __future__ import annotations

import time

import pytest

from channels.html import safe_html, text_of_html, with_pictures


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=p></form>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<style>@import 'https://evil.example'</style>",
        "<div style=\"background:url('https://evil.example/x.png')\">x</div>",
        "<div style='position:fixed;top:0'>x</div>",
        "<svg><script>alert(1)</script></svg>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href='https://evil.example'>",
        "<img srcset='https://evil.example/x.png 2x'>",
        "<table background='https://evil.example/x.png'><tr><td>x</td></tr></table>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<video poster='https://evil.example/x.png'></video>",
    ],
)
def test_nothing_runs_or_loads(evil: str) -> None:
    kept = safe_html(f"<p>before</p>{evil}<p>after</p>").html
    assert "before" in kept
    assert "after" in kept
    for word in ("alert", "evil.example", "position", "<form", "<iframe", "<style", "<svg", "<meta"):
        assert word not in kept


def test_links_open_elsewhere_and_remote_pictures_are_counted() -> None:
    safe = safe_html(
        '<a href="https://x.example">x</a><img src="https://t.example/p.gif" alt="logo"><img src="cid:a@b">'
    )
    assert safe.blocked == 1
    assert 'rel="noopener noreferrer nofollow"' in safe.html
    assert 'target="_blank"' in safe.html
    assert 'alt="logo"' in safe.html
    assert "cid:a@b" in safe.html


def test_only_own_pictures_are_put_in() -> None:
    shown = with_pictures('<img src="cid:a@b"><img alt="x" src="cid:unknown">', {"a@b": "/t/acme/1/?a=1&b"})
    assert '<img src="/t/acme/1/?a=1&amp;b">' in shown
    assert "cid:" not in shown


def test_quoted_blocks_become_quoted_lines() -> None:
    text = text_of_html("<p>New</p><div>On 1 May, a@b wrote:<blockquote>Old<br>words</blockquote></div>")
    assert [line for line in text.split("\n") if line] == ["New", "On 1 May, a@b wrote:", "> Old", "> words"]


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<table><tr><td>", "<ul><li>", "<font>", "<a href='#'>"])
def test_nesting_without_end_takes_no_time(tag: str) -> None:
    started = time.perf_counter()
    assert "words" in safe_html(tag * 100_000 + "words").html
    assert "words" in text_of_html(tag * 100_000 + "words")
    assert time.perf_counter() - started < 10
