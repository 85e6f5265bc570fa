"""Every form of the product says in its own words what is wrong, and takes no number that its column cannot hold."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from django import forms

from core.forms import PlainWords
from tests.architecture.source import ROOT, product_files

FOREIGN = {"accounts.forms.AddPasskeyForm": "the sign-in library's own, with its own words"}
UNSEEN = {"version", "item_id", "after_version", "ticket", "value", "seen", "canned"}
"""Hidden numbers that a page itself filled in."""


def _forms() -> Iterator[type[forms.BaseForm]]:
    for path in product_files():
        name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        if "forms" in path.relative_to(ROOT).as_posix() and not name.startswith("core"):
            module = importlib.import_module(name)
            for kind in vars(module).values():
                if isinstance(kind, type) and issubclass(kind, forms.BaseForm) and kind.__module__ == name:
                    yield kind


def _named(kind: type[forms.BaseForm]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def test_every_form_speaks_plainly() -> None:
    found = {_named(kind): issubclass(kind, PlainWords) for kind in _forms()}
    assert len(found) > 50, "the forms were not found"
    assert {name for name, plain in found.items() if not plain} == set(FOREIGN)


def test_every_number_has_a_limit() -> None:
    """Without one a number goes as far as its column, which speaks of 2147483647."""
    endless = [
        f"{_named(kind)}.{name}"
        for kind in _forms()
        for name, field in kind.base_fields.items()  # type: ignore[attr-defined]
        if isinstance(field, forms.IntegerField)
        and not isinstance(field, forms.FloatField)
        and name not in UNSEEN | set(getattr(kind, "bounds", ()))
        and field.max_value is None
        and getattr(field, "max_digits", None) is None
    ]
    assert not endless


def test_every_limit_is_of_a_field() -> None:
    for kind in _forms():
        names = set(kind.base_fields)  # type: ignore[attr-defined]
        assert set(getattr(kind, "bounds", ())) <= names, _named(kind)
