"""Work that takes several days, as pure values: stints, one engineer where possible, and why not."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from dispatch import evaluator, ranking, relaxing
from dispatch.crews import Team
from dispatch.evaluator import FOREVER, Person, Reason, Stop, Verdict, Work
from dispatch.stints import LEAST, crew_in_stints, earliest_stints, ended, in_stints, longest_stint, stints_of
from tests.dispatch.worlds import DAY, HOUR, random_people, random_work

HERE = (35.69, 139.75)


def engineer(number: int = 1, days: int = 6, **facts: object) -> Person:
    shifts = [(day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(days)]
    return Person(**{"id": number, "name": f"E{number}", "home": HERE, "shifts": shifts, **facts})  # type: ignore[arg-type]


def long_work(hours: float, **facts: object) -> Work:
    known = {"id": 9, "seconds": int(hours * HOUR), "place": HERE, "may_split": True, **facts}
    return Work(**known)  # type: ignore[arg-type]


def lengths(verdict: Verdict) -> list[float]:
    return [(one.span[1] - one.span[0]) / HOUR for one in stints_of(verdict)]


def test_work_of_three_days_takes_the_days_that_follow() -> None:
    verdict = in_stints(engineer(), long_work(20), (0, 6 * DAY))
    assert sum(lengths(verdict)) == 20
    assert [one.span[0] // DAY for one in stints_of(verdict)] == [0, 1, 2]
    assert ended(verdict) < 3 * DAY


def test_stints_are_an_hour_or_the_rest() -> None:
    busy = engineer(stops=[Stop(1, "WO-1", 9 * HOUR + 1800, 17 * HOUR, HERE)])
    verdict = in_stints(busy, long_work(8.4), (0, 6 * DAY))
    assert verdict.start is not None and verdict.start >= DAY, "half an hour in the morning is no stint"
    assert sum(lengths(verdict)) == 8.4
    assert all(length * HOUR >= LEAST for length in lengths(verdict)[:-1])


def test_only_the_first_stint_is_held_to_the_promise() -> None:
    verdict = in_stints(engineer(), long_work(20, promised=(0, 12 * HOUR), start_by=12 * HOUR), (0, 6 * DAY))
    assert verdict.start is not None
    assert not any(one.broken for one in stints_of(verdict))


def test_stints_end_by_the_end_of_the_window_or_nobody_goes() -> None:
    work = long_work(20, window=(0, 2 * DAY))
    verdict = in_stints(engineer(), work, (0, 6 * DAY))
    assert verdict.start is None
    assert verdict.broken[0].code == "shift" and verdict.broken[0].facts["left_minutes"] > 0


def test_breaks_stay_possible_between_stints() -> None:
    breaks = [(day * DAY + 12 * HOUR, day * DAY + 13 * HOUR, 1800) for day in range(6)]
    person = engineer(breaks=breaks)
    verdict = in_stints(person, long_work(14), (0, 6 * DAY))
    for one in stints_of(verdict):
        assert not evaluator.evaluate(person, long_work(1), one.span[0], end=one.span[1]).broken


def test_several_take_turns_where_one_alone_finds_no_time() -> None:
    first = engineer(1, absences=[(DAY, 6 * DAY)])
    second = engineer(2, absences=[(0, DAY)])
    work = long_work(14, window=(0, 2 * DAY))
    found = earliest_stints([first, second], work, (0, 6 * DAY))[0]
    assert [one.person.id for one in stints_of(found)] == [1, 2]
    assert sum(lengths(found)) == 14


def test_the_same_engineer_goes_on() -> None:
    found = [v for v in earliest_stints([engineer(1), engineer(2)], long_work(20), (0, 6 * DAY)) if v.start]
    assert all({one.person.id for one in stints_of(verdict)} == {verdict.person.id} for verdict in found)


def test_work_longer_than_any_shift_names_the_longest_and_the_way_out() -> None:
    short = engineer(1, shifts=[(9 * HOUR, 15 * HOUR)])
    people = [short, engineer(2), engineer(3, shifts=[])]
    work = long_work(14, may_split=False)
    answer = ranking.rank(people, work, 0, 6 * DAY)
    told = [dict(reason.facts) for reason, _people in answer.excluded if reason.code == "shift"]
    assert told == [{"longest": 480, "needed": 840}]
    verdicts = [evaluator.earliest_start(person, work, 0, 6 * DAY) for person in people]
    changes = relaxing.explain(verdicts, relaxing.Asked(work, 0, 6 * DAY, later=6 * DAY))
    assert [change.code for change in changes] == ["split"]
    assert changes[0].stints == 2


def test_a_stint_breaks_no_more_rules_than_the_shortest_would() -> None:
    person = engineer(areas=frozenset({"South"}), overtime=2 * HOUR)
    work = long_work(20, area="North")
    seconds = longest_stint(person, work, 9 * HOUR)
    assert seconds == 8 * HOUR
    broken = evaluator.evaluate(person, work, 9 * HOUR, end=9 * HOUR + seconds).broken
    assert [reason.code for reason in broken] == ["territory"]


def test_random_stints_add_up_and_the_evaluator_agrees() -> None:
    rng, found = Random(4), 0
    for _world in range(60):
        people = random_people(rng, 4, 5)
        known = random_work(rng, 5)
        work = Work(
            known.id, 12 * HOUR, known.place, known.area, 1, promised=known.promised, window=known.window,
            hours=known.hours, may_split=True,
        )  # fmt: skip
        for verdict in earliest_stints(people, work, (0, 5 * DAY)):
            if verdict.start is None:
                continue
            found += 1
            stints = stints_of(verdict)
            assert sum(one.span[1] - one.span[0] for one in stints) == work.seconds
            assert all(a.span[1] <= b.span[0] for a, b in pairwise(stints))
            for number, one in enumerate(stints):
                bare = work if not number else Work(9, 1, work.place, work.area, 1, window=work.window)
                judged = evaluator.evaluate(one.person, bare, one.span[0], end=one.span[1])
                hard = {r.code for r in judged.broken} - {
                    "window",
                    "territory",
                    "provider_scope",
                    "max_travel",
                }
                assert not hard, (hard, one)
    assert found > 20, "the worlds must let some work be done"


def crew_of(teams: tuple[Team, ...] | Reason) -> list[tuple[set[int], float]]:
    assert not isinstance(teams, Reason)
    for team in teams:
        assert {v.span for v in team.verdicts} == {(team.start, team.end)}, "all of them, all the time"
    return [({v.person.id for v in team.verdicts}, (team.end - team.start) / HOUR) for team in teams]


def test_a_crew_does_all_stints_together() -> None:
    people = [engineer(1), engineer(2), engineer(3)]
    found = crew_of(crew_in_stints(people, long_work(20, crew_size=2), (0, 6 * DAY)))
    assert len({frozenset(ids) for ids, _hours in found}) == 1
    assert [hours for _ids, hours in found] == [8, 8, 4]
    assert not any(person.stops for person in people), "nobody is booked by asking"


def test_a_stint_of_a_crew_is_as_long_as_the_first_of_them_must_go() -> None:
    second = engineer(2, stops=[Stop(1, "WO-1", 12 * HOUR, 13 * HOUR, HERE)])
    found = crew_of(crew_in_stints([engineer(1), second], long_work(10, crew_size=2), (0, 6 * DAY)))
    assert [hours for _ids, hours in found] == [3, 4, 3]


def test_another_crew_goes_on_when_the_first_cannot_for_days() -> None:
    away = engineer(2, days=1)
    found = crew_of(
        crew_in_stints([engineer(1), away, engineer(3)], long_work(14, crew_size=2), (0, 6 * DAY))
    )
    assert [ids for ids, _hours in found] == [{1, 2}, {1, 3}]


def test_a_crew_that_finds_no_days_enough_says_how_much_is_left() -> None:
    people = [engineer(1), engineer(2, days=2)]
    why = crew_in_stints(people, long_work(20, crew_size=2), (0, 6 * DAY))
    assert isinstance(why, Reason) and (why.code, why.facts["left_minutes"]) == ("shift", 240)
    nobody = crew_in_stints([engineer(1)], long_work(20, crew_size=2), (0, 6 * DAY))
    assert isinstance(nobody, Reason) and nobody.code == "crew"


def test_skills_may_be_spread_over_the_crew_of_every_stint() -> None:
    able, other = engineer(1, skills={7: (3, FOREVER)}), engineer(2)
    work = long_work(14, crew_size=2, crew_cover="any", skills={7: 2})
    assert [ids for ids, _hours in crew_of(crew_in_stints([able, other], work, (0, 6 * DAY)))] == [{1, 2}] * 2
    alike = long_work(14, crew_size=2, skills={7: 2})
    assert isinstance(crew_in_stints([able, other], alike, (0, 6 * DAY)), Reason)
