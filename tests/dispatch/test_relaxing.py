"""What would make it possible: one thing given up, the smallest of each sort."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from django.utils.translation import override

from dispatch.evaluator import FOREVER, Person, Stop, Work, earliest_start, evaluate
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.relaxing import Asked, Relaxation, explain
from dispatch.ways_out import way_out
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
    assert facts.items() <= found[0].given.facts.items()


def test_of_two_engineers_the_one_who_lacks_least_is_named() -> None:
    people = [person(id=1, skills={1: (1, FOREVER)}), person(id=2, name="Ada", skills={1: (3, FOREVER)})]
    (found,) = told(people, work(skills={1: 4}))
    assert found.person.name == "Ada"


def test_two_things_are_told_where_no_single_one_helps() -> None:
    (found,) = told([person(likings={4: "excluded"})], work(customer_id=4, skills={1: 1}))
    assert found.also is not None
    assert {found.code, found.also.code} == {"excluded", "skill"}
    assert found.as_json()["also"]["code"] == found.also.code


def test_a_single_change_is_told_rather_than_two() -> None:
    people = [
        person(id=1, likings={4: "excluded"}),
        person(id=2, skills={1: (1, FOREVER)}, likings={4: "excluded"}),
    ]
    assert all(found.also is None for found in told(people, work(customer_id=4, skills={1: 1})))


def test_several_skills_are_one_change() -> None:
    (found,) = told([person(skills={2: (1, FOREVER)})], work(skills={1: 2, 2: 3}))
    assert (found.code, found.also, found.given.size) == ("skill", None, 4)
    assert found.given.facts["others"] == [{"skill_id": 2, "level": 3, "has": 1}]


def test_three_things_are_too_much_to_tell() -> None:
    away = person(likings={4: "excluded"}, absences=[(0, DAY)])
    assert told([away], work(customer_id=4, skills={1: 1})) == []


def test_changes_in_words_of_each_language() -> None:
    names = {1: "Gas", 2: "Steam"}
    (found,) = told([person(skills={2: (1, FOREVER)})], work(skills={1: 2, 2: 3}))
    pair = told([person(likings={4: "excluded"})], work(customer_id=4, skills={1: 1}))[0]
    for language, part in (("en", "at level"), ("ja", "レベル"), ("zh-hans", "级")):
        with override(language):
            text = way_out(found.as_json(), names)
            assert "Gas" in text and "Steam" in text and part in text
            assert "%(" not in way_out(pair.as_json(), names)


def given_up(who: Person, what: Work, policy: Policy, change: Relaxation) -> tuple[Person, Work, Policy]:
    """The world after exactly what was told, and no more."""
    for given in filter(None, (change.given, change.also)):
        facts = given.facts
        if given.code == "overtime":
            who = replace(who, overtime=facts["minutes"] * 60)
            policy = replace(policy, verdicts={**policy.verdicts, "overtime": ALLOW})
        elif given.code == "skill":
            needed = [facts, *facts.get("others", ())]
            who = replace(
                who, skills={**who.skills, **{n["skill_id"]: (n["level"], FOREVER) for n in needed}}
            )
        elif given.code == "overlap":
            who = replace(who, stops=[stop for stop in who.stops if stop.visit_id != facts["visit_id"]])
        elif given.code == "absence":
            who = replace(who, absences=[])
        elif given.code == "dependency":
            what = replace(what, after=0, start_by=FOREVER, same_engineer=0)
        elif given.code == "window":
            wide = facts["minutes"] * 60
            first, last = what.window[0] - wide, what.window[1] + wide
            what = replace(what, window=(first, last), promised=(what.promised[0] - wide, what.promised[1]))
        elif given.code != "day":
            policy = replace(policy, verdicts={**policy.verdicts, given.code: ALLOW})
    return who, what, policy


@pytest.mark.parametrize("seed", range(60))
def test_what_is_told_does_make_it_possible(seed: int) -> None:
    rng = Random(seed)
    people = random_people(rng, 20, 3)
    what = replace(random_work(rng, 3), crew_size=1)
    none = [v for v in (earliest_start(p, what, 0, DAY) for p in people) if v.start is None]
    for change in explain(none, Asked(what, 0, DAY, PRODUCT, 3 * DAY)):
        if change.code == "split":
            continue
        until = 3 * DAY if "day" in {change.code, change.also.code if change.also else ""} else DAY
        before = earliest_start(change.person, what, 0, DAY)
        assert before.start is None, "it was possible already"
        who, work_now, policy = given_up(change.person, what, PRODUCT, change)
        after = earliest_start(who, work_now, 0, until, policy)
        assert after.start is not None, (change, after)
        assert change.end - change.start == what.seconds
        judged = evaluate(who, work_now, change.start, policy=policy)
        assert not judged.blocked, (change, judged.broken)


def test_the_random_worlds_hold_every_sort_of_change() -> None:
    seen: set[str] = set()
    for seed in range(60):
        rng = Random(seed)
        people, what = random_people(rng, 20, 3), replace(random_work(rng, 3), crew_size=1)
        none = [v for v in (earliest_start(p, what, 0, DAY) for p in people) if v.start is None]
        for change in explain(none, Asked(what, 0, DAY, PRODUCT, 3 * DAY)):
            seen |= {change.code, change.also.code if change.also else change.code}
    assert seen >= {"day", "skill", "overtime", "overlap"}, seen


def test_one_minute_less_of_overtime_is_not_enough() -> None:
    (found, *_) = told([person(stops=FULL)], work())
    less = replace(person(stops=FULL), overtime=(found.given.facts["minutes"] - 1) * 60)
    allowed = replace(PRODUCT, verdicts={**PRODUCT.verdicts, "overtime": ALLOW})
    assert earliest_start(less, work(), 8 * HOUR, DAY, allowed).start is None
