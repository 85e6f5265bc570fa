"""Collecting texts, keeping translations, compiling them: without system gettext."""

from __future__ import annotations

import gettext
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import catalogues

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy
a = _("Long text that "
      "goes on")
b = ngettext("%(count)d visit", "%(count)d visits", n) % {"count": n}
c = pgettext_lazy("verb", "Ship")
"""
TEMPLATE = """
      {% translate "Board" %}   it's text ("quoted
  {% field form.x label=_("E-mail") %}
{% blocktranslate with n=name %}Hello {{ n }}{% endblocktranslate %}
{% blocktranslate count n=n %}one{% plural %}many{% endblocktranslate %}
"""


@pytest.fixture
def product(tmp_path: Path, settings: Any) -> Path:
    """A tiny product of one app and one template."""
    settings.BASE_DIR, settings.LOCALE_PATHS, settings.INSTALLED_APPS = (
        tmp_path,
        [tmp_path / "locale"],
        ["core"],
    )
    (tmp_path / "core").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "core" / "code.py").write_text(CODE)
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def _translate(product: Path, **answers: str) -> None:
    for locale in catalogues.LOCALES:
        path = catalogues.po_path(locale)
        text = path.read_text()
        for old, new in answers.items():
            text = text.replace(f'msgid "{old}"\nmsgstr ""', f'msgid "{old}"\nmsgstr "{new}"')
        path.write_text(text)


def test_every_kind_of_text_is_found(product: Path) -> None:
    found = {(m.id, m.context) for m in catalogues.collect(product) if m.id}
    assert found == {
        ("Long text that goes on", None),
        (("%(count)d visit", "%(count)d visits"), None),
        ("Ship", "verb"),
        ("Board", None),
        ("E-mail", None),
        ("Hello %(n)s", None),
        (("one", "many"), None),
    }


def test_refreshing_keeps_translations_and_drops_what_nobody_says(product: Path) -> None:
    call_command("make_messages", verbosity=0)
    _translate(product, Board="盤", Ship="出荷")
    (product / "core" / "code.py").write_text(CODE.replace("Ship", "Send").replace("goes on", "ends"))
    call_command("make_messages", verbosity=0)
    text = catalogues.po_path("ja").read_text()
    assert 'msgid "Board"\nmsgstr "盤"' in text
    assert "Ship" not in text
    assert text.count('msgid "Send"\nmsgstr ""') == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("missing", 'msgstr "盤"', 'msgstr ""', "not translated: 'Board'"),
        ("fuzzy", 'msgid "Board"', '#, fuzzy\nmsgid "Board"', "fuzzy: 'Board'"),
        (
            "unused",
            'msgid "Board"',
            'msgid "Chair"\nmsgstr "椅子"\n\nmsgid "Board"',
            "no longer used",
        ),
        ("wrong", "こんにちは%(n)s", "こんにちは%(m)s", "placeholder m does not exist"),
        ("lost", "こんにちは%(n)s", "こんにちは", "placeholder n is missing"),
    ],
)
def test_the_check_names_every_fault(product: Path, name: str, old: str, new: str, complaint: str) -> None:
    call_command("make_messages", verbosity=0)
    _complete()
    call_command("make_messages", "--check")
    path = catalogues.po_path("ja")
    assert old in path.read_text(), name
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CommandError, match="1 texts are not ready") as refused:
        call_command("make_messages", "--check")
    assert complaint in str(refused.value)


def _complete() -> None:
    for locale in catalogues.LOCALES:
        path = catalogues.po_path(locale)
        head, _, body = path.read_text().partition("\n\n")
        body = body.replace('msgid "Board"\nmsgstr ""', 'msgid "Board"\nmsgstr "盤"')
        body = body.replace('msgid "Hello %(n)s"\nmsgstr ""', 'msgid "Hello %(n)s"\nmsgstr "こんにちは%(n)s"')
        body = body.replace('visits"\nmsgstr[0] ""', 'visits"\nmsgstr[0] "%(count)d件"')
        path.write_text(f"{head}\n\n" + body.replace('msgstr ""', 'msgstr "x"').replace('[0] ""', '[0] "x"'))


def test_compiling_writes_only_what_is_older(product: Path) -> None:
    call_command("make_messages", verbosity=0)
    _translate(product, Board="盤")
    assert catalogues.compile_catalogue("ja")
    made = catalogues.po_path("ja").with_suffix(".mo")
    with made.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Board") == "盤"
    assert not catalogues.compile_catalogue("ja")
    os.utime(made, (0, 0))
    assert catalogues.compile_catalogue("ja")


def test_only_folders_of_the_product_are_left_out(tmp_path: Path) -> None:
    root = tmp_path / "demo" / "migrations"
    for folder, text in (("tickets", "Told"), ("tickets/migrations", "Not told")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "texts.py").write_text(f'_("{text}")')
    (root / "templates").mkdir()
    assert [message.id for message in catalogues.collect(root) if message.id] == ["Told"]
