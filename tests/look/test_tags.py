"""The template tags and the shells, rendered."""

from __future__ import annotations

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from core.look import UnknownState


def render(source: str, **context: object) -> str:
    return Template("{% load look %}" + source).render(Context(context))


class Person(forms.Form):
    name = forms.CharField(help_text="As on the report.")
    reach = forms.ChoiceField(choices=[("m", "Mail")], widget=forms.RadioSelect)
    night = forms.BooleanField(required=False)


def test_an_icon_is_decoration_unless_labelled() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    labelled = render('{% icon "check" label=words %}', words="Done <b>")
    assert 'role="img" aria-label="Done &lt;b&gt;"' in labelled
    assert "aria-hidden" not in labelled


def test_a_state_is_hue_icon_and_word() -> None:
    html = render('{% state code "visit" %}', code="on_site")
    assert 'class="state work"' in html
    assert "#tool" in html
    assert "On site" in html
    assert "0:42 &amp; more" in render('{% state "at_risk" "clock" text=words %}', words="0:42 & more")
    assert 'class="chip plan"' in render('{% state "draft" "visit" chip=True %}')


def test_an_unknown_state_raises_instead_of_showing_nothing() -> None:
    with pytest.raises(UnknownState):
        render('{% state "flying" "visit" %}')
    with pytest.raises(UnknownState):
        render('{% chip "x" "pink" %}')


def test_a_field_ties_label_hint_and_error_to_its_input() -> None:
    form = Person({"name": ""})
    html = render('{% field form.name inputmode="text" %}', form=form)
    assert '<label for="id_name">' in html
    assert 'aria-describedby="id_name-error id_name-hint"' in html
    assert 'id="id_name-error"' in html
    assert 'id="id_name-hint"' in html
    assert 'aria-invalid="true"' in html
    assert 'inputmode="text"' in html
    assert "<fieldset" in render("{% field form.reach %}", form=form)
    assert 'class="field check' in render("{% field form.night %}", form=form)


def test_the_error_summary_links_to_each_field() -> None:
    html = render("{% error_summary form %}", form=Person({"name": "", "reach": "m"}))
    assert '<a href="#id_name">' in html
    assert render("{% error_summary form %}", form=Person()).strip() == ""


def test_links_keep_the_other_filters_and_drop_the_page() -> None:
    request = RequestFactory().get("/", {"q": "青木", "page": "3"})
    assert (
        render('{% querystring_with tier="gold" %}', request=request) == "?q=%E9%9D%92%E6%9C%A8&amp;tier=gold"
    )
    assert render('{% querystring_with q="" %}', request=request) == "?"
    assert render("{% querystring_with page=4 %}", request=request).endswith("page=4")
    assert render('{% is_query "q" "青木" as on %}{{ on }}', request=request) == "True"


def test_words_of_another_language_say_so() -> None:
    with translation.override("en"):
        assert render("<b{% lang_attr name %}>", name="さくら") == '<b lang="ja">'
        assert render('<b{% lang_attr name "zh-Hans" %}>', name="さくら") == '<b lang="zh-Hans">'
        assert render("<b{% lang_attr name %}>", name="Maya") == "<b>"


SHELLS = ["desk", "field", "customer", "gate", "print", "400", "403", "404", "403_csrf"]


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_survives_without_context(name: str) -> None:
    html = get_template(f"{name}.html").template.render(Context({}))  # type: ignore[attr-defined]
    assert "<html lang=" in html
    assert "</html>" in html


def test_the_500_page_needs_nothing_and_speaks_three_languages() -> None:
    html = get_template("500.html").template.render(Context({}))  # type: ignore[attr-defined]
    assert 'lang="ja"' in html
    assert 'lang="zh-Hans"' in html
