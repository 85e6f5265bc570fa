"""Translation catalogues without system gettext: collecting texts, keeping translations, compiling.

Texts are found in Python (`gettext` and its kin) and in templates (`{% translate %}`, `{% blocktranslate %}`,
`_("…")`). Catalogues are `locale/<locale>/LC_MESSAGES/django.po`; the `.mo` beside each is not committed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_NAMES = ("gettext", "ngettext", "pgettext", "npgettext")
KEYWORDS = dict.fromkeys(["_", "gettext_noop", *_NAMES, *(f"{name}_lazy" for name in _NAMES)])
LOCALES = ("ja", "zh_Hans")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[a-zA-Z]")
_HEADER = """\
# Translations of Fieldservice. `make messages` collects new texts here and keeps what is translated.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def po_path(locale: str) -> Path:
    """Where the catalogue of a locale lives."""
    return Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"


def collect(root: Path) -> Catalog:
    """Every text of the product under `root`, with the files that use it."""
    found = Catalog()
    for path in _sources(root):
        for text, context in _texts(path):
            flags = ("python-format",) if _has_placeholders(text) else ()
            found.add(text, context=context, locations=[(path.relative_to(root).as_posix(), 1)], flags=flags)
    return found


def refresh(locale: str, texts: Catalog) -> None:
    """Write the catalogue again: new texts empty, known ones with their translation, unused ones gone."""
    path = po_path(locale)
    known = _read(path, locale)
    fresh = Catalog(locale=locale)
    for message in texts:
        if message.id:
            old = known.get(_first(message), message.context)
            string = old.string if old is not None and _same_shape(old, message) else None
            fresh.add(
                message.id,
                string,
                context=message.context,
                locations=message.locations,
                flags=(message.flags | (old.flags & {"fuzzy"} if old is not None else set())),
            )
    body = io.BytesIO()
    write_po(body, fresh, width=110, omit_header=True, sort_by_file=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEADER.format(locale=locale) + body.getvalue().decode(), encoding="utf-8")


def faults(locale: str, texts: Catalog) -> Iterator[str]:
    """What keeps the catalogue from being complete: one sentence each, naming the text."""
    known = _read(po_path(locale), locale)
    wanted = {(_first(message), message.context) for message in texts if message.id}
    for message in texts:
        if message.id and (problem := _fault(message, known.get(_first(message), message.context))):
            yield f"{locale}: {problem}: {_first(message)!r} ({message.locations[0][0]})"
    for message in known:
        if message.id and (_first(message), message.context) not in wanted:
            yield f"{locale}: no longer used: {_first(message)!r}"


def compile_catalogue(locale: str) -> bool:
    """Write the `.mo` unless it is newer than its `.po`. Returns whether it was written."""
    source = po_path(locale)
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    made = target.with_suffix(".making")
    with made.open("wb") as file:
        write_mo(file, _read(source, locale))
    made.replace(target)
    return True


def _sources(root: Path) -> Iterable[Path]:
    """Python of the installed apps that are ours, and all templates but the developers' style page."""
    ours = [root / app for app in settings.INSTALLED_APPS if (root / app).is_dir()]
    python = [
        path
        for app in ours
        for path in app.rglob("*.py")
        if not {"migrations", "demo"} & set(path.relative_to(root).parts)
    ]
    templates = [
        path
        for path in (root / "templates").rglob("*")
        if path.suffix in {".html", ".txt"} and "look" not in path.relative_to(root / "templates").parts
    ]
    return sorted([*python, *templates])


def _texts(path: Path) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Each text, or (singular, plural), with its context."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        code = "\n".join(line.strip() for line in templatize(code, origin=str(path)).splitlines())
    found: Any = extract_python(io.BytesIO(code.encode()), KEYWORDS, (), {"encoding": "utf-8"})
    for _line, function, arguments, _comments in found:
        name = str(function).removesuffix("_lazy")
        given: list[Any] = list(arguments) if isinstance(arguments, tuple) else [arguments]
        context = given.pop(0) if name in {"pgettext", "npgettext"} else None
        if name in {"ngettext", "npgettext"}:
            yield (given[0], given[1]), context
        elif given and isinstance(given[0], str):
            yield given[0], context


def _read(path: Path, locale: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale, ignore_obsolete=True)


def _fault(wanted: Message, known: Message | None) -> str:
    """What is wrong with a translation, or nothing."""
    if known is None or not all(_strings(known)):
        return "not translated"
    if known.fuzzy:
        return "fuzzy"
    ours = set(_PLACEHOLDER.findall(" ".join(_forms(wanted))))
    unknown = set(_PLACEHOLDER.findall(" ".join(_strings(known)))) - ours
    if unknown:
        return f"placeholder {', '.join(sorted(unknown))} does not exist"
    lost = ours - set(_PLACEHOLDER.findall(" ".join(_strings(known))))
    return f"placeholder {', '.join(sorted(lost))} is missing" if lost else ""


def _first(message: Message) -> str:
    return str(_forms(message)[0])


def _forms(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _same_shape(old: Message, new: Message) -> bool:
    return isinstance(old.id, str) == isinstance(new.id, str)


def _has_placeholders(text: str | tuple[str, ...]) -> bool:
    return bool(_PLACEHOLDER.search(text if isinstance(text, str) else " ".join(text)))
