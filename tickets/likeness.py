"""How alike two tickets are, and the words a text is compared by. Pure.

Being of the same asset, place or person makes two tickets possible duplicates; saying the same, soon after each
other, makes them likely ones. Neither alone is enough: a customer may well have two problems.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.text import fold

LIKELY = 50
"""The score from which two tickets are offered as one."""

LOOK_BACK = timedelta(days=30)
LONGEST = 2_000

_DENSE = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_DENSE}]+|[^\W_{_DENSE}]+")
_IS_DENSE = re.compile(rf"[{_DENSE}]")


class Alike(StrEnum):
    """What two tickets share."""

    ASSET = "asset"
    CONTACT = "contact"
    CUSTOMER = "customer"
    SITE = "site"
    TOPIC = "topic"
    WORDS = "words"


WEIGHTS = {
    Alike.ASSET: 40,
    Alike.SITE: 15,
    Alike.CONTACT: 20,
    Alike.CUSTOMER: 10,
    Alike.TOPIC: 20,
    Alike.WORDS: 50,
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """What of a ticket is compared. None: not known."""

    words: frozenset[str]
    at: datetime
    asset_id: int | None = None
    site_id: int | None = None
    contact_id: int | None = None
    customer_id: int | None = None
    topic_id: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score of 0 to 100 and what it comes from, the strongest first."""

    score: int
    reasons: tuple[Alike, ...]


def words_of(text: str) -> frozenset[str]:
    """The words of a text: Latin ones whole, pairs of characters where scripts write without spaces."""
    found: set[str] = set()
    for run in _WORDS.findall(fold(text[:LONGEST])):
        if not _IS_DENSE.match(run) or len(run) == 1:
            found.add(run)
        else:
            found.update(run[i : i + 2] for i in range(len(run) - 1))
    return frozenset(found)


def shared_words(one: Collection[str], other: Collection[str]) -> float:
    """How much of the shorter text the longer one says too, 0 to 1. Texts of under three words say little."""
    smaller = min(len(one), len(other))
    return len(set(one) & set(other)) / max(smaller, 3) if smaller else 0.0


def likeness(new: Sketch, old: Sketch) -> Likeness:
    """How likely both tickets are about one problem. Days between them make it less so."""
    gains: dict[Alike, float] = {}
    for what in (Alike.ASSET, Alike.SITE, Alike.CONTACT, Alike.TOPIC):
        mine = getattr(new, f"{what}_id")
        if mine is not None and mine == getattr(old, f"{what}_id"):
            gains[what] = WEIGHTS[what]
    if Alike.CONTACT not in gains and new.customer_id is not None and new.customer_id == old.customer_id:
        gains[Alike.CUSTOMER] = WEIGHTS[Alike.CUSTOMER]
    said = shared_words(new.words, old.words)
    if said >= 0.3:
        gains[Alike.WORDS] = said * WEIGHTS[Alike.WORDS]
    if new.asset_id and old.asset_id and new.asset_id != old.asset_id:
        gains = {what: gain / 2 for what, gain in gains.items()}
    if not gains.keys() & {Alike.ASSET, Alike.SITE, Alike.CONTACT, Alike.CUSTOMER}:
        return Likeness(0, ())
    score = min(100, round(sum(gains.values()) * nearness(abs(new.at - old.at))))
    ranked = sorted(gains, key=lambda what: -gains[what])
    return Likeness(score, tuple(ranked))


def nearness(apart: timedelta) -> float:
    """1 within a day, 0 beyond LOOK_BACK, falling evenly between."""
    if apart <= timedelta(days=1):
        return 1.0
    left = (LOOK_BACK - apart) / (LOOK_BACK - timedelta(days=1))
    return max(0.0, left)
