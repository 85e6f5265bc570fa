"""HTML of mail: as words, and as a document that can neither run nor tell anybody that it was read."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

import nh3

LONGEST_HTML = 2_000_000
DEEPEST = 200

_BLOCKS = {
    *("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "table"),
}
_BLOCK_TAG = re.compile(rf"<(/?)({'|'.join(sorted(_BLOCKS, key=len, reverse=True))})(?:\s[^>]*)?/?>")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_NEVER_DEEP = {
    *("br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "source", "o:p"),
    *("p", "li", "td", "th", "tr", "tbody", "thead", "dt", "dd", "option"),
}
_CID = re.compile(r'(<img\b[^>]*?\bsrc=")cid:([^"]{1,250})(")')

_TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
    ),
    *("div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li"),
    *("ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "tt", "u", "ul"),
}
_SIZES = {"width", "height", "align", "valign", "bgcolor"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "table": {"border", "cellpadding", "cellspacing", *_SIZES},
    "td": {"colspan", "rowspan", *_SIZES},
    "th": {"colspan", "rowspan", *_SIZES},
    "tr": _SIZES,
    "col": {"span", "width"},
    "ol": {"start", "type"},
}
_STYLES = {
    *("color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height"),
    *("text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "direction"),
    *("border", "border-top", "border-right", "border-bottom", "border-left", "border-color", "border-width"),
    *("border-style", "border-collapse", "border-radius", "padding", "padding-top", "padding-right"),
    *("padding-bottom", "padding-left", "margin-left", "margin-top", "margin-bottom", "width", "max-width"),
}


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """A sanitised body, and how many pictures it would have fetched from elsewhere."""

    html: str
    blocked: int = 0


def text_of_html(source: str) -> str:
    """The words of an HTML document, one line per block, quoted ones behind "> "; no scripts or styles."""
    kept = nh3.clean(
        shallow(source),
        tags=_BLOCKS,
        attributes={},
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
    )
    lines = [""]
    depth, end = 0, 0
    for match in _BLOCK_TAG.finditer(kept):
        lines[-1] += kept[end : match.start()].replace("\n", " ")
        end = match.end()
        if match[2] == "blockquote":
            depth = max(0, min(depth + (-1 if match[1] else 1), 9))
        lines.append("> " * depth)
    lines[-1] += kept[end:]
    text = "\n".join(line for line in lines if line.strip("> \n"))
    return html.unescape(text).replace("\u00a0", " ")


def safe_html(source: str) -> SafeHtml:
    """What may be shown of an HTML body: no script, form, frame, style sheet or remote picture.

    Pictures stay when they are parts of the message (`cid:`); links open elsewhere and say nothing of us.
    """
    blocked = 0

    def judge(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if tag == "img" and name == "src" and not value.strip().lower().startswith("cid:"):
            blocked += 1
            return None
        if name == "style" and ("(" in value or "\\" in value):
            return None
        return value

    kept = nh3.clean(
        shallow(source),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=judge,
        clean_content_tags={"script", "style", "title", "object", "iframe", "svg", "math", "template"},
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
    )
    return SafeHtml(kept.strip(), blocked)


def with_pictures(document: str, addresses: Mapping[str, str]) -> str:
    """The document with its own pictures at the addresses given by content id; others stay away."""

    def place(match: re.Match[str]) -> str:
        address = addresses.get(html.unescape(match[2]).strip())
        return f"{match[1]}{html.escape(address)}{match[3]}" if address else f"{match[1]}{match[3]}"

    return _CID.sub(place, document)


def shallow(source: str) -> str:
    """The source cut to a length, and a depth, since the sanitiser's time is quadratic in it."""
    source = source[:LONGEST_HTML]
    if source.count("<") <= DEEPEST:
        return source
    depth, deepest = 0, 0
    for match in _TAG.finditer(source):
        if match[2].lower() not in _NEVER_DEEP and not match[3].endswith("/"):
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return _flattened(source) if deepest > DEEPEST else source


def _flattened(source: str) -> str:
    depth = 0

    def judge(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2].lower() in _NEVER_DEEP or match[3].endswith("/"):
            return match[0]
        if match[1]:
            depth = max(0, depth - 1)
            return match[0] if depth < DEEPEST else ""
        depth += 1
        return match[0] if depth <= DEEPEST else " "

    return _TAG.sub(judge, source)
