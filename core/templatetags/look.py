"""Template tags of the look: icons, states, form fields. `{% load look %}`; the guide is docs/look.md."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Widget
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from core import formats, look

register = template.Library()


@register.simple_tag
def icon(name: str, label: object = "", extra: str = "") -> SafeString:
    """An icon of the sprite: decoration, or with `label=` an image that says it. `extra=` adds classes."""
    return _icon(name, conditional_escape(str(label)), extra)


@lru_cache(maxsize=2_000)
def _icon(name: str, label: SafeString, extra: str) -> SafeString:
    """The same few stand a hundred times on a page. What may be cached is escaped already."""
    says = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i{}" {}><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        says,
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def state(code: object, vocabulary: str, text: object = "", chip: bool = False) -> SafeString:
    """A status as hue + icon + word; `text=` replaces the word, `chip=True` gives it a filled ground."""
    how = look.look_of(vocabulary, code)
    kind = "chip" if chip else "state"
    return format_html('<span class="{} {}">{}{}</span>', kind, how.hue, icon(how.icon), text or how.word)


@register.simple_tag
def chip(text: object, hue: str = "rest", icon_name: str = "") -> SafeString:
    """A small filled label: `{% chip "Parts on van" "rest" "package" %}`."""
    if hue not in look.HUES:
        raise look.UnknownState(f"{hue!r} is not a hue: use one of {', '.join(look.HUES)}.")
    return format_html('<span class="chip {}">{}{}</span>', hue, icon(icon_name) if icon_name else "", text)


@register.filter
def look_of(code: object, vocabulary: str) -> look.Look:
    """The Look itself: `{% with l=visit.status|look_of:"visit" %}{{ l.hue }} {{ l.form }}{% endwith %}`."""
    return look.look_of(vocabulary, code)


@register.simple_tag
def avatar(name: str, lang: str = "") -> SafeString:
    """Initials in a circle: one Han character, or two Latin letters. The name itself must stand beside it."""
    return format_html(
        '<span class="avatar" aria-hidden="true"{}>{}</span>', lang_attr(name, lang), formats.initials(name)
    )


@register.simple_tag
def lang_attr(text: object, lang: str = "") -> SafeString:
    """` lang="…"` for a name, address or message: the stored language, else a guess, else nothing.

    Words written from right to left get ` dir="auto"`, which also keeps them from turning what stands around.
    """
    found = lang or formats.guess_language(str(text))
    language = format_html(' lang="{}"', found) if found else SafeString("")
    return language + SafeString(' dir="auto"') if formats.is_right_to_left(str(text)) else language


@register.simple_tag(takes_context=True)
def querystring_with(context: template.Context, **changes: object) -> str:
    """The page's query string with `changes`; None or "" removes a key. `page` is dropped unless given."""
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is None:
        return ""
    if "page" not in changes:
        query.pop("page", None)
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag(takes_context=True)
def is_query(context: template.Context, key: str, value: object = "") -> bool:
    """Whether the page's query string has `key` equal to `value` ("" also matches when it is absent)."""
    request: HttpRequest | None = context.get("request")
    return request is not None and request.GET.get(key, "") == str(value or "")


register.filter("money", formats.money)
register.filter("money_plain", formats.money_plain)
register.filter("local_span", formats.local_span)
register.filter("minutes", formats.minutes)
register.filter("local_time", formats.local_time)
register.filter("local_date", formats.local_date)
register.filter("local_datetime", formats.local_datetime)
register.filter("moment", formats.moment)
register.filter("long_date", formats.long_date)
register.filter("long_month", formats.long_month)
register.filter("country_name", formats.country_name)


@register.filter
def who(label: str) -> object:
    """Whoever acted: people by name, what acts by itself in the reader's words."""
    return look.MACHINES.get(label, label)


@register.filter
def theme(value: object) -> str:
    """A theme cookie made safe: light, dark or sun; anything else is auto."""
    return str(value) if value in ("light", "dark", "sun") else "auto"


_KINDS: tuple[tuple[type[Widget], str, str], ...] = (
    (CheckboxInput, "check", ""),
    (RadioSelect, "choices", ""),
    (CheckboxSelectMultiple, "choices", ""),
    (FileInput, "file", "file"),
    (Widget, "text", "input"),
)


@register.inclusion_tag("_field.html")
def field(
    bound: BoundField, hint: object = "", label: object = "", extra: str = "", mark: object = "", **attrs: Any
) -> dict[str, object]:
    """One form field: label, hint, errors, all tied by aria-describedby.

    `hint=` and `label=` replace the form's own; `extra=` adds classes to the row; `mark=` stands after the label
    instead of "(optional)"; any other keyword becomes an attribute of the input (`inputmode="numeric"`,
    `data_live="off"` for data-live).
    """
    widget = bound.field.widget
    kind, classes = next((kind, classes) for cls, kind, classes in _KINDS if isinstance(widget, cls))
    shown = {name.replace("_", "-"): value for name, value in attrs.items()}
    shown["class"] = f"{widget.attrs.get('class', '')} {classes}".strip()
    described = _described_by(bound, bool(hint or bound.help_text))
    if described:
        shown["aria-describedby"] = described
    if bound.errors:
        shown["aria-invalid"] = "true"
    return {
        "field": bound,
        "kind": kind,
        "input": _without_dashes(bound.as_widget(attrs=shown), required=bound.field.required),
        "label": label or bound.label,
        "hint": hint or bound.help_text,
        "extra": extra,
        "mark": mark or ("" if bound.field.required else gettext("(optional)")),
    }


def _without_dashes(drawn: SafeString, *, required: bool) -> SafeString:
    """A list's first row says what to do instead of Django's nine dashes."""
    word = conditional_escape(gettext("Choose")) if required else "–"
    return SafeString(drawn.replace(">---------<", f">{word}<"))


def _described_by(bound: BoundField, has_hint: bool) -> str:
    ids = [f"{bound.auto_id}-error"] if bound.errors else []
    if has_hint:
        ids.append(f"{bound.auto_id}-hint")
    return " ".join(ids)


def _unless_told(label: object, text: str) -> object:
    """The field's name, unless the text names it."""
    return "" if str(label) in text else label


@register.inclusion_tag("_errors.html")
def error_summary(form: BaseForm) -> dict[str, object]:
    """What is wrong in the form, each line a link to its field; nothing when the form has no errors."""
    lines = [
        {"id": form[name].id_for_label, "label": _unless_told(form[name].label, str(text)), "text": text}
        for name, errors in form.errors.items()
        if name in form.fields
        for text in errors
    ]
    general = form.non_field_errors()
    return {"lines": lines, "general": general, "count": len(lines) + len(general)}
