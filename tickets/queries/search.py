"""Finding tickets by number and words, by indexes that row-level security cannot use itself.

Who types "T-7777" wants that ticket, then those whose numbers begin so, then those whose text says it. Who
types "7777" may as well mean a serial number: the ticket first, then whatever holds these digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from core.text import fold
from tenants.active import active_tenant_id
from tickets.grams import grams_wanted
from tickets.models import Ticket
from tickets.queries.tickets import tickets

MOST_FOUND = 500
_NUMBER = re.compile(r"(t-)?([1-9][0-9]{0,14})")
_MOST_DIGITS, _NO_NUMBER = 16, 10**17
_ROUNDS = 6
"""How often a search whose other conditions throw most of it away looks further back for one page."""
# One look for each length of numbers, as far as there are such long ones.
_BEGINNING = """
    SELECT t.id, t.number FROM unnest(%(lowest)s::bigint[], %(highest)s::bigint[]) r(lowest, highest)
    CROSS JOIN LATERAL (
      SELECT id, number FROM tickets_ticket
      WHERE tenant_id = %(tenant)s AND number BETWEEN r.lowest AND least(r.highest, %(below)s::bigint - 1)
      ORDER BY number DESC LIMIT %(most)s
    ) t
    WHERE r.lowest <= (SELECT max(number) FROM tickets_ticket WHERE tenant_id = %(tenant)s)
    ORDER BY t.number DESC LIMIT %(most)s
"""
_WORDS = "SELECT id, number FROM search_tickets(%s, %s::int[], %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a search goes on: below `number`, among numbers that begin so or among words."""

    in_numbers: bool
    below: int | None = None

    def __str__(self) -> str:
        return f"{'n-' if self.in_numbers else ''}{self.below or ''}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. `number` is the ticket that they may mean, `is_named` says that they do."""

    needle: str
    number: int | None
    is_named: bool

    def hits(self, place: Place, *, most: int, living: bool) -> tuple[list[int], Place | None]:
        """Ids of the next tickets but the one meant, newest first, and where to go on: nowhere after the last."""
        found = (
            self._numbers(place.below, most) if place.in_numbers else self._words(place.below, most, living)
        )
        ids = [
            pk for pk, number in found if number != self.number and self.begins(number) is place.in_numbers
        ]
        if len(found) >= most:
            return ids, Place(place.in_numbers, found[-1][1])
        return ids, Place(False) if place.in_numbers else None

    def begins(self, number: int) -> bool:
        """Whether a ticket of this number belongs to those shown before the ones found by their words."""
        return self.is_named and str(number).startswith(str(self.number))

    def _numbers(self, below: int | None, most: int) -> list[tuple[int, int]]:
        first = self.number or 0
        lowest = [first * 10**more for more in range(1, _MOST_DIGITS) if first * 10**more < _NO_NUMBER]
        given = {
            "lowest": lowest,
            "highest": [low + low // first - 1 for low in lowest],
            "below": min(below or _NO_NUMBER, _NO_NUMBER),
            "tenant": active_tenant_id(),
            "most": most,
        }
        return _rows(_BEGINNING, given)

    def _words(self, below: int | None, most: int, living: bool) -> list[tuple[int, int]]:
        return _rows(
            _WORDS, [self.needle, grams_wanted(self.needle, active_tenant_id()), most, below, living]
        )


def wanted(text: str) -> Wanted:
    """What these words look for: "T-7777" and "7777" are read as numbers too, full-width ones as well."""
    needle = fold(text)
    number = _NUMBER.fullmatch(needle)
    return Wanted(needle, int(number[2]) if number else None, bool(number and number[1]))


def place_of(text: str, looked_for: Wanted) -> Place | None:
    """Where a page goes on: "<number>" or, where numbers come first, "n-<number>"; None for what is neither."""
    kind, _dash, number = text.rpartition("-")
    if kind not in ("", "n" if looked_for.is_named else "") or not number.isdecimal() or len(number) > 18:
        return None
    return Place(kind == "n", int(number))


def found_rows(
    looked_for: Wanted, found: QuerySet[Ticket], place: Place | None, *, rows: int, most: int, living: bool
) -> tuple[list[Ticket], str]:
    """The next `rows` tickets of `found` that fit, and where to go on, empty at the end.

    The index is asked for `most` at a time. What is rare among the hits takes a few rounds.
    """
    page = list(found.filter(number=looked_for.number)) if place is None and looked_for.number else []
    at: Place | None = place or Place(looked_for.is_named)
    rounds = 0
    while at is not None and (rounds < _ROUNDS or at.below is None):
        ids, at = looked_for.hits(at, most=most, living=living)
        rounds += 1
        page += found.filter(pk__in=ids).order_by("-number")[: rows + 1] if ids else []
        if len(page) > rows:
            last = page[rows - 1].number
            return page[:rows], str(Place(looked_for.begins(last), last))
    return page, "" if at is None else str(at)


def search_tickets(text: str, *, limit: int = MOST_FOUND) -> QuerySet[Ticket]:
    """Tickets that hold these words in number, subject, text or names; the newest first, at most `limit`."""
    return searched(tickets(), text, limit=limit).order_by("-id")


def searched(queryset: QuerySet[Ticket], text: str, *, limit: int = MOST_FOUND) -> QuerySet[Ticket]:
    """`queryset` narrowed to the newest that `text` finds, and to the ticket whose number it is."""
    looked_for, tenant_id = wanted(text), active_tenant_id()
    if not looked_for.needle:
        return queryset
    words = [looked_for.needle, grams_wanted(looked_for.needle, tenant_id), limit]
    found = RawSQL(
        "SELECT id FROM search_tickets(%s, %s::int[], %s, NULL, false)"
        " UNION ALL SELECT id FROM tickets_ticket WHERE tenant_id = %s AND number = %s",
        [*words, tenant_id, looked_for.number],
    )
    return queryset.filter(pk__in=found)


def _rows(sql: str, given: Any) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())
