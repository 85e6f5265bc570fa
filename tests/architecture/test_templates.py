"""Templates: every form happens once and is ours, nothing runs inline, every word is translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest

from tests.architecture.source import ROOT

TEMPLATES = ROOT / "templates"
SAMPLES = "look"
"""The style page: samples for people who build screens, shown on development servers only."""

FORMS_WITHOUT_ONCE = {
    "account/login.html": "allauth's: outside any tenant, where no key is kept",
    "_languages.html": "sets a cookie and one's own language: twice is once",
    "_me.html": "signs out: twice is once",
    "accounts/join.html": "joins or signs out, outside any tenant: an invitation is over by being used",
    "delivery/me.html": "signs out: twice is once",
    "no_tenant.html": "signs out: twice is once",
    "feedback/rate.html": "one rating per visit, by the database",
    "feedback/choose.html": "one answer to each question, by the database",
}
"""Forms that carry no idempotency key, and why."""

FORMS_WITHOUT_CSRF = {
    "feedback/rate.html": "the secret code in the address is the whole authority; phones send no origin",
    "feedback/choose.html": "as for a rating",
}
"""Forms that need no proof of where they come from, and why."""

UNTRANSLATED = {
    "Fieldservice": "the product's name",
    "English": "languages are named in themselves",
    "日本語": "languages are named in themselves",
    "简体中文": "languages are named in themselves",
    "OpenAPI": "a format, the same in every language",
    "CSV": "a format, the same in every language",
    "Esc": "what stands on the key",
    "CSRF": "an error's code",
    "km": "a unit, the same in every language",
}
"""Words that stay as they are, and why."""

UNTRANSLATED_TEMPLATES = {
    "500.html": "shown when nothing works, not even the language: it speaks all three",
    "allauth/elements/button.html": "its tag's name is a variable, so its words look like attributes",
}
"""Templates whose words stay as they are, and why."""

SPOKEN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "data-confirm"}

_BLOCK = re.compile(r"\{%-?\s*(blocktrans\w*|comment|verbatim)\b.*?%\}.*?\{%-?\s*end\1\s*%\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_CLASS = re.compile(r"\{% block (theme|hue|referrer|\w+_class) %\}[a-z -]*\{% endblock %\}")
_FORM = re.compile(r"<form\b(?P<head>.*?)>(?P<body>.*?)</form>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")


def product_templates() -> list[str]:
    """Every template of the product, relative to templates/."""
    found = (path.relative_to(TEMPLATES) for path in sorted(TEMPLATES.rglob("*.html")))
    return [str(path) for path in found if path.parts[0] != SAMPLES]


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text()


def _own_tags_out(text: str) -> str:
    """The template's HTML alone. What Django writes becomes a space."""
    return _TAG.sub(" ", _CLASS.sub(" ", _BLOCK.sub(" ", text)))


class _Page(HTMLParser):
    """Collects what a template says without asking, and what it would run inline."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        is_data = names.get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in names and not is_data):
            self.inline.append(f"<{tag}>")
        self.inline += [f"<{tag} {name}>" for name in names if re.fullmatch(r"on[a-z]+", name)]
        self.inline += [f"<{tag} href=javascript:>" for v in names.values() if "javascript:" in (v or "")]
        self.said += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _read(text: str) -> _Page:
    page = _Page()
    page.feed(_own_tags_out(text))
    page.close()
    return page


def _bare_words(text: str) -> list[str]:
    return [w for said in _read(text).said for w in _WORD.findall(said) if w not in UNTRANSLATED]


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """(opening tag, body) of every form that changes something."""
    for form in _FORM.finditer(text):
        if re.search(r"""method=["']?post|hx-(post|put|patch|delete)""", form["head"], re.IGNORECASE):
            yield form["head"], form["body"]


@pytest.mark.parametrize("name", product_templates())
def test_forms_are_ours_and_happen_once(name: str) -> None:
    for head, body in _forms(_text(name)):
        for tag, excused in (("{% csrf_token %}", FORMS_WITHOUT_CSRF), ("{% once %}", FORMS_WITHOUT_ONCE)):
            assert tag in body or name in excused, f"{name}: <form{head}> has no {tag}"


@pytest.mark.parametrize("name", product_templates())
def test_nothing_runs_inline(name: str) -> None:
    assert not _read(_text(name)).inline


@pytest.mark.parametrize("name", product_templates())
def test_every_word_is_translated(name: str) -> None:
    words = _bare_words(_text(name))
    assert not words or name in UNTRANSLATED_TEMPLATES, f"{name}: put {words} through {{% translate %}}"


def test_lists_of_exceptions_are_not_stale() -> None:
    without_once = {n for n in product_templates() for _, body in _forms(_text(n)) if "once %}" not in body}
    assert without_once == set(FORMS_WITHOUT_ONCE)
    assert all("csrf_token" not in _text(name) for name in FORMS_WITHOUT_CSRF)
    said = " ".join(text for name in product_templates() for text in _read(_text(name)).said)
    assert not [word for word in UNTRANSLATED if word not in said]
    assert all(_bare_words(_text(name)) for name in UNTRANSLATED_TEMPLATES)


@pytest.mark.parametrize("text", ["<p>Hello {{ name }}</p>", '<a title="Go back">{% icon "x" %}</a>'])
def test_the_scan_sees_words(text: str) -> None:
    assert _bare_words(text)


@pytest.mark.parametrize("text", ["<p onclick='x()'></p>", "<script>x()</script>", "<style>p{}</style>"])
def test_the_scan_sees_what_runs_inline(text: str) -> None:
    assert _read(text).inline
