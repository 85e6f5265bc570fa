"""Every reason that the evaluator gives is a sentence in each language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from django.utils.translation import override

from dispatch import ranking, reasons
from dispatch.enums import Rule
from dispatch.evaluator import Person, Reason, Work, earliest_start, evaluate
from dispatch.policy import PRODUCT
from tests.dispatch.worlds import DAY, HOUR, random_people, random_work

NAMES = {number: f"S{number}" for number in range(50)}
MADE_ELSEWHERE = [
    Reason("inactive"),
    Reason("overlap", {"visits": 2}),
    Reason("shift", {"needed": 600, "longest": 480}),
    Reason("shift", {"left_minutes": 90}),
    Reason("crew", {"needed": 3, "at_once": 1}),
    Reason("crew", {"needed": 3, "given": 1}),
    Reason("crew", {"needed": 3, "able": 1}),
    Reason("crew", {"first": "Tom", "second": "Ada"}),
    Reason("dependency", {"work_order": "WO-7"}),
    Reason("dependency", {"work_order": "WO-7", "after": DAY}),
    Reason("dependency", {"work_order": "WO-7", "by": DAY}),
    Reason("dependency", {"work_order": "WO-7", "engineer_id": 1}),
    Reason("capacity", {"reserved": True}),
    Reason("capacity"),
    Reason("parts", {"part": "Igniter", "has": 0, "needed": 1}),
    Reason("place_far"),
    Reason("place_swapped"),
    Reason("place_unknown", {"minutes": 20}),
    Reason("place_unknown", {"minutes": 20, "from": 1}),
    Reason("place_unknown", {"minutes": 20, "site": "Old Mill"}),
    Reason("asked_before"),
    Reason("roads_silent", {"source": "osrm"}),
    Reason("overtime", {"minutes": 20}),
]


def _told_of(people: list[Person], work: Work, at: int) -> Iterator[Reason]:
    for person in people:
        yield from evaluate(person, work, at).broken
        yield from earliest_start(person, work, 0, DAY).broken
    answer = ranking.rank(people, work, 0, 3 * DAY, ranking.BEST, policy=PRODUCT)
    for candidate in answer.candidates:
        yield from (*candidate.pluses, *candidate.minuses)


@cache
def told() -> list[Reason]:
    """One reason of each code and shape of facts, from random worlds and from those who know more than one
    engineer."""
    found = {(one.code, frozenset(one.facts)): one for one in MADE_ELSEWHERE}
    for seed in range(60):
        rng = Random(seed)
        people, work = random_people(rng, 12, 3), replace(random_work(rng, 3), crew_size=1)
        for reason in _told_of(people, work, rng.randrange(0, DAY, HOUR)):
            found.setdefault((reason.code, frozenset(reason.facts)), reason)
    return list(found.values())


def test_every_rule_is_among_them() -> None:
    assert {rule.value for rule in Rule} <= {reason.code for reason in told()}


@pytest.mark.parametrize("language", ["ja", "zh-hans"])
def test_no_reason_stays_english_or_unfinished(language: str) -> None:
    for reason in told():
        with override("en"):
            english = reasons.words(reason, NAMES)
        with override(language):
            text = reasons.words(reason, NAMES)
        assert text != english, f"{reason} is not translated"
        assert "%(" not in text and text != reason.code, reason
