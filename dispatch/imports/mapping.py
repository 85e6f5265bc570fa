"""From a row of a file to a request: which column means what, said in a JSON file. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import BadInput
from core.moments import FIRST_YEAR, LAST_YEAR, is_meant
from core.places import check_place
from dispatch.imports.parts import check_known, parts_in
from dispatch.imports.reading import Row, UnreadableFile, column_name

SHIPPED = {"nyc311": Path(__file__).with_name("nyc311.json")}
FIELDS = frozenset(
    {"external_id", "opened_at", "topic", "detail", "description", "channel", "customer", "site"}
    | {"address", "cross_street", "postal_code", "city", "area", "latitude", "longitude"}
    | {"parts"}
)
NEEDED = ("external_id", "opened_at", "topic")


class BadRow(ValueError):
    """One row cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What a kind of request is called, how urgent it is, and which work type it is ("" is no field work)."""

    code: str
    name: str
    priority: int = 3
    work_type: str = ""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A mapping file, checked. See docs/imports.md for its keys."""

    source: str
    zone: ZoneInfo
    columns: Mapping[str, tuple[str, ...]]
    channels: Mapping[str, str]
    topics: Mapping[str, TopicPlan]
    skills: Mapping[str, str] = field(default_factory=dict)
    work_types: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    time_formats: tuple[str, ...] = ()
    customer: str = "{customer}"
    unknown_customer: str = "Imported requests"

    def usual_parts(self, work_type: str) -> dict[str, Decimal]:
        """{part number: quantity} that a work type of this file usually takes."""
        return parts_in(str(self.work_types[work_type].get("parts", "")))

    def check_parts(self, known: Collection[str]) -> None:
        """Raise `UnreadableFile` naming the first work type whose parts cannot be read or are not known."""
        for code in self.work_types:
            try:
                check_known(self.usual_parts(code), known)
            except ValueError as problem:
                raise UnreadableFile(f"The mapping's work type “{code}”, parts: {problem}.") from problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One service request of a file, in our words. `site_key` makes two sites the same; `parts` None are those of
    the work type."""

    external_id: str
    opened_at: datetime
    topic: TopicPlan
    subject: str
    description: str
    channel: str
    customer: str
    site_key: str
    site_name: str
    address: str
    postal_code: str
    city: str
    area: str
    latitude: float | None
    longitude: float | None
    parts: Mapping[str, Decimal] | None = None


def load_mapping(path: Path) -> FileMapping:
    """Read a mapping file. Raises `UnreadableFile` naming what is wrong in it."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"The mapping {path} cannot be read: {error}.") from error
    try:
        columns = {
            name: tuple(column_name(c) for c in ([found] if isinstance(found, str) else found))
            for name, found in facts["columns"].items()
        }
        unknown = sorted(set(columns) - FIELDS)
        if unknown:
            raise UnreadableFile(
                f"The mapping {path} maps “{unknown[0]}”, which is no field. "
                f"Fields: {', '.join(sorted(FIELDS))}."
            )
        topics = {_key(kind): _topic(kind, plan) for kind, plan in facts.get("topics", {}).items()}
        return FileMapping(
            source=str(facts["source"]),
            zone=ZoneInfo(facts.get("time_zone", "UTC")),
            columns=columns,
            channels={_key(word): code for word, code in facts.get("channels", {}).items()},
            topics=topics,
            skills=facts.get("skills", {}),
            work_types=facts.get("work_types", {}),
            time_formats=tuple(facts.get("time_formats", ())),
            customer=facts.get("customer", "{customer}"),
            unknown_customer=facts.get("unknown_customer", "Imported requests"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"The mapping {path} lacks {error}. See docs/imports.md for an example."
        ) from error


def check_columns(mapping: FileMapping, columns: Iterable[str]) -> None:
    """Raise `UnreadableFile` naming the first needed column that the file lacks."""
    present = list(columns)
    for name in NEEDED:
        wanted = mapping.columns.get(name, ())
        if not set(wanted) & set(present):
            choice = " or ".join(f"“{column}”" for column in wanted) or f"for {name}"
            raise UnreadableFile(
                f"The file has no column {choice}, which says the {name.replace('_', ' ')}. "
                f"It has: {', '.join(present[:12])}{'…' if len(present) > 12 else ''}. "
                "Give the right file, or a mapping with --mapping FILE.json."
            )


def request_of(row: Row, mapping: FileMapping, known_parts: Collection[str] = ()) -> Request:
    """One row as a request. Raises `BadRow` with the reason. `known_parts` are the part numbers of the catalogue."""
    if row.problem:
        raise BadRow(row.problem)
    facts = {name: _first(row.cells, columns) for name, columns in mapping.columns.items()}
    for name in NEEDED:
        if not facts.get(name):
            raise BadRow(f"column “{mapping.columns[name][0]}” is empty")
    if len(facts["external_id"]) > 120:
        raise BadRow("the id is longer than 120 characters")
    latitude, longitude = _place(facts.get("latitude", ""), facts.get("longitude", ""))
    area = _title(facts.get("area", ""))
    address = " ".join((facts.get("address") or _corner(facts)).split())[:300]
    topic = mapping.topics.get(_key(facts["topic"])) or _topic(facts["topic"], {})
    return Request(
        external_id=facts["external_id"],
        opened_at=read_time(facts["opened_at"], mapping),
        topic=topic,
        subject=": ".join(filter(None, (topic.name, facts.get("detail", ""))))[:300],
        description=facts.get("description", ""),
        channel=mapping.channels.get(_key(facts.get("channel", "")), "other"),
        customer=_customer(facts, area, mapping),
        site_key=_site_key(address, area, facts.get("postal_code", ""), latitude, longitude),
        site_name=(facts.get("site") or _title(address) or area or mapping.unknown_customer)[:200],
        address=_title(address),
        postal_code=facts.get("postal_code", "")[:20],
        city=_title(facts.get("city", ""))[:120],
        area=area[:80],
        latitude=latitude,
        longitude=longitude,
        parts=_parts(row, mapping, topic, known_parts),
    )


def read_time(text: str, mapping: FileMapping) -> datetime:
    """A time as ISO or in one of the mapping's formats; one without an offset is local to the mapping's
    zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _by_formats(text, mapping)
    if found.tzinfo is None:
        found = found.replace(tzinfo=mapping.zone)
    if not is_meant(found):
        raise BadRow(f"“{text[:40]}” is not a time we can use: give one between {FIRST_YEAR} and {LAST_YEAR}")
    return found.astimezone(UTC)


def _by_formats(text: str, mapping: FileMapping) -> datetime:
    for form in mapping.time_formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    forms = ", ".join(["ISO 8601", *mapping.time_formats])
    raise BadRow(f"“{text[:40]}” is not a time; known forms: {forms}")


def _place(latitude: str, longitude: str) -> tuple[float | None, float | None]:
    try:
        lat, lng = (float(text) if text else None for text in (latitude, longitude))
    except ValueError as error:
        raise BadRow(f"“{latitude[:20]}, {longitude[:20]}” is not a place on the map") from error
    try:
        return check_place(lat, lng) or (None, None)
    except BadInput as problem:
        raise BadRow(f"“{latitude[:20]}, {longitude[:20]}” is not a place on the map: {problem}") from problem


def _customer(facts: Mapping[str, str], area: str, mapping: FileMapping) -> str:
    name = _title(facts.get("customer", "")) or area
    return mapping.customer.format(customer=name)[:120] if name else mapping.unknown_customer


def _parts(
    row: Row, mapping: FileMapping, topic: TopicPlan, known: Collection[str]
) -> Mapping[str, Decimal] | None:
    """The expected parts of a row; None when it names none."""
    column = next((name for name in mapping.columns.get("parts", ()) if row.cells.get(name)), "")
    if not column:
        return None
    if not topic.work_type:
        raise BadRow(f"column “{column}”: “{topic.name}” is no field work, which takes no parts")
    try:
        parts = parts_in(row.cells[column])
        check_known(parts, known)
    except ValueError as problem:
        raise BadRow(f"column “{column}”: {problem}") from problem
    return parts


def _corner(facts: Mapping[str, str]) -> str:
    """Where two streets meet, when there is no house number."""
    return " & ".join(filter(None, (facts.get("cross_street", ""),)))


def _site_key(
    address: str, area: str, postal_code: str, latitude: float | None, longitude: float | None
) -> str:
    """The address within its area and postal code; without one, the spot to about ten metres."""
    if address:
        return "|".join((_key(address), _key(area), _key(postal_code)))[:300]
    if latitude is not None and longitude is not None:
        return f"{latitude:.4f},{longitude:.4f}"
    return "|".join(("?", _key(area), _key(postal_code)))


def _topic(kind: str, plan: Mapping[str, Any]) -> TopicPlan:
    code = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in _key(kind)).split())
    digest = "".join(f"{ord(c):x}" for c in kind[:8])
    return TopicPlan(
        code=(code or f"topic-{digest}")[:60],
        name=str(plan.get("name") or _title(kind))[:120],
        priority=int(plan.get("priority", 3)),
        work_type=str(plan.get("work_type", "")),
    )


def _first(cells: Mapping[str, str], columns: Iterable[str]) -> str:
    return next((cells[column] for column in columns if cells.get(column)), "")


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _title(text: str) -> str:
    """Shouting becomes a title: "BROOKLYN" is Brooklyn, "133 AVENUE" 133 Avenue; other text stays as it
    is."""
    text = " ".join(text.split())
    words = (
        word.capitalize() if word.isalpha() else word.lower() if word[:1].isdigit() else word.title()
        for word in text.split(" ")
    )
    return " ".join(words) if text.isupper() else text
