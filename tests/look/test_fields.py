"""Form fields as pages draw them."""

from __future__ import annotations

import pytest
from django import forms
from django.template import Context, Template
from django.utils.translation import override


class Order(forms.Form):
    kind = forms.TypedChoiceField(choices=[("", "---------"), ("leak", "Leak")])
    crew = forms.TypedChoiceField(choices=[("", "---------"), ("a", "A")], required=False)


@pytest.mark.parametrize(("language", "word"), [("en", "Choose"), ("ja", "選択してください")])
def test_a_list_begins_with_a_word_and_never_with_dashes(language: str, word: str) -> None:
    with override(language):
        page = Template("{% load look %}{% field form.kind %}{% field form.crew %}").render(
            Context({"form": Order()})
        )
    assert "---" not in page
    assert f'<option value="" selected>{word}</option>' in page
    assert '<option value="" selected>–</option>' in page
