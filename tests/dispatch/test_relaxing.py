"""What would make it possible: one thing given up, the smallest of each sort."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dispatch.evaluator import FOREVER, Person, Stop, Work, earliest_start
from dispatch.policy import PRODUCT
from dispatch.relaxing import Asked, Relaxation, explain
from tests.dispatch.worlds import DAY, HOUR, random_people, random_work

HERE = (35.7, 139.7)


def person(**facts: Any) -> Person:
    return Person(**{"id": 1, "name": "Tom", "home": HERE, "shifts": [(8 * HOUR, 17 * HOUR)], **facts})


def work(**facts: Any) -> Work:
    return Work(**{"id": 1, "seconds": HOUR, "place": HERE, **facts})


def told(people: list[Person], what: Work, until: int = DAY, later: int = 0) -> list[Relaxation]:
    verdicts = [earliest_start(p, what, 8 * HOUR, until) for p in people]
    assert all(v.start is None for v in verdicts)
    return explain(verdicts, Asked(what, 8 * HOUR, until, PRODUCT, later))


FULL = [Stop(9, "WO-9", 8 * HOUR, 16 * HOUR + 1800, HERE)]
TWO_DAYS = [(8 * HOUR, 17 * HOUR), (DAY + 8 * HOUR, DAY + 17 * HOUR)]


@pytest.mark.parametrize(
    ("who", "what", "later", "expected"),
    [
        (person(skills={1: (2, FOREVER)}), work(skills={1: 3}), 0, ("skill", {"level": 3, "has": 2})),
        (person(skills={1: (3, 5)}), work(skills={1: 3}), 0, ("certificate", {})),
        (person(stops=FULL), work(), 0, ("overtime", {"minutes": 30})),
        (person(stops=FULL, shifts=TWO_DAYS), work(seconds=6 * HOUR), 2 * DAY, ("day", {})),
        (person(stops=FULL), work(seconds=6 * HOUR), 0, ("overlap", {"work_order": "WO-9"})),
        (
            person(breaks=[(12 * HOUR, 12 * HOUR, HOUR)]),
            work(seconds=9 * HOUR),
            0,
            ("break", {}),
        ),
        (person(), work(hours=[(18 * HOUR, 20 * HOUR)]), 0, ("visiting_hours", {})),
        (person(), work(window=(0, 8 * HOUR + 1800)), 0, ("window", {"minutes": 30})),
        (person(absences=[(0, DAY)]), work(), 0, ("absence", {})),
        (person(likings={4: "excluded"}), work(customer_id=4), 0, ("excluded", {})),
        (
            person(scope_skills=frozenset({2}), skills={1: (1, FOREVER)}),
            work(skills={1: 1}),
            0,
            ("provider_scope", {}),
        ),
        (person(), work(after=FOREVER, waits_for="WO-7"), 0, ("dependency", {"work_order": "WO-7"})),
    ],
)
def test_the_smallest_change_is_told(
    who: Person, what: Work, later: int, expected: tuple[str, dict[str, Any]]
) -> None:
    found = told([who], what, later=later)
    code, facts = expected
    assert found, "nothing was found"
    assert found[0].code == code
    assert facts.items() <= found[0].facts.items()


def test_of_two_engineers_the_one_who_lacks_least_is_named() -> None:
    people = [person(id=1, skills={1: (1, FOREVER)}), person(id=2, name="Ada", skills={1: (3, FOREVER)})]
    (found,) = told(people, work(skills={1: 4}))
    assert found.person.name == "Ada"


def test_two_things_missing_are_not_one_change() -> None:
    assert told([person(likings={4: "excluded"})], work(customer_id=4, skills={1: 1})) == []


@pytest.mark.parametrize("seed", range(40))
def test_what_is_told_does_make_it_possible(seed: int) -> None:
    rng = Random(seed)
    people = random_people(rng, 20, 3)
    what = replace(random_work(rng, 3), crew_size=1)
    verdicts = [earliest_start(p, what, 0, DAY) for p in people]
    none = [v for v in verdicts if v.start is None]
    for change in explain(none, Asked(what, 0, DAY, PRODUCT, 3 * DAY)):
        assert change.end - change.start == what.seconds
        assert change.start >= 0
        assert change.person.id in {v.person.id for v in none}
