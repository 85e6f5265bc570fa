"""Random worlds for the evaluator: engineers, plans and work, the same for the same seed."""

from __future__ import annotations

from random import Random

from dispatch.evaluator import FOREVER, Break, Claim, Person, Span, Stop, Work
from dispatch.evaluator.model import Full, Week
from dispatch.policy import CHOICES, VERDICTS, Policy
from dispatch.travel import ESTIMATE, Estimate, Point, Roads, Table, key_of

HOUR = 3600
DAY = 24 * HOUR
SKILLS = (1, 2, 3)
AREAS = ("North", "South", "East")
CUSTOMERS = (1, 2, 3)
PARTS = (1, 2)


def random_people(rng: Random, count: int, days: int) -> list[Person]:
    """Engineers of every sort: overtime, breaks, nights, absences, providers, likings, vans, full days."""
    return [_person(rng, number, days) for number in range(1, count + 1)]


def _person(rng: Random, number: int, days: int) -> Person:
    shifts = _shifts(rng, days)
    scoped = rng.random() < 0.3
    claims = Random(number)
    return Person(
        id=number,
        name=f"Engineer {number}",
        is_active=rng.random() > 0.05,
        home=_place(rng),
        skills={s: (rng.randint(1, 5), _until(rng, days)) for s in SKILLS if rng.random() < 0.8},
        areas=frozenset(rng.sample(AREAS, rng.randint(0, 3))),
        shifts=shifts,
        absences=_absences(rng, days),
        stops=_stops(rng, shifts),
        sites={1: rng.randint(1, 4)} if rng.random() < 0.3 else {},
        breaks=_breaks(rng, shifts),
        overtime=rng.choice((0, 0, HOUR, 2 * HOUR)),
        max_travel_minutes=rng.choice((None, None, 15, 40)),
        hour_cost=rng.choice((0, 3000, 5000)),
        km_cost=rng.choice((0, 20)),
        overtime_percent=rng.choice((100, 125, 150)),
        provider_id=int(scoped),
        scope_skills=frozenset(rng.sample(SKILLS, 2)) if scoped else frozenset(),
        scope_areas=frozenset(rng.sample(AREAS, 2)) if scoped else frozenset(),
        likings={c: rng.choice(("preferred", "excluded")) for c in CUSTOMERS if rng.random() < 0.15},
        last_customers=frozenset(c for c in CUSTOMERS if rng.random() < 0.3),
        parts={part: rng.randint(1, 3) for part in PARTS if rng.random() < 0.6},
        last_given=rng.randint(0, 50),
        site_last={1: rng.randint(1, 99)} if rng.random() < 0.3 else {},
        promised={part: _claims(claims) for part in PARTS if claims.random() < 0.4},
        weeks=_weeks(claims, days) if claims.random() < 0.5 else (),
    )


def _claims(rng: Random) -> tuple[Claim, ...]:
    """Planned visits that count on a part, those of the work that is asked about (1) too."""
    return tuple(Claim(work_id, f"WO-{work_id}", rng.randint(1, 2)) for work_id in rng.sample((1, 2, 3), 2))


def _weeks(rng: Random, days: int) -> tuple[Week, ...]:
    """Weeks that begin and end in the midst of the days, with some overtime of each worked already."""
    cut = rng.randint(0, days) * DAY
    spans = ((-DAY, cut), (cut, (days + 2) * DAY))
    most = rng.choice((0, HOUR, 2 * HOUR, 4 * HOUR))
    return tuple(Week(a, b, most, ((0, rng.choice((0, 0, 1800))),)) for a, b in spans)


def random_work(rng: Random, days: int) -> Work:
    """Work with any of what work may ask for, most often with little of it."""

    def sometimes(share: float) -> bool:
        return rng.random() < share

    begin = rng.randint(0, days * 24) * 1800
    return Work(
        id=1,
        seconds=rng.choice((900, 1800, HOUR, 2 * HOUR, 5 * HOUR)),
        place=_place(rng) if sometimes(0.95) else None,
        area=rng.choice((*AREAS, "SOUTH", "")),
        site_id=1,
        skills={s: rng.randint(1, 4) for s in SKILLS if sometimes(0.25)},
        promised=(begin, begin + rng.randint(1, 12) * HOUR) if sometimes(0.4) else (0, FOREVER),
        window=(begin - 12 * HOUR, begin + rng.randint(3, 48) * HOUR) if sometimes(0.3) else (0, FOREVER),
        hours=_hours(rng, days) if sometimes(0.3) else None,
        customer_id=rng.choice((0, *CUSTOMERS)),
        priority=rng.randint(1, 4),
        parts={part: rng.randint(1, 3) for part in PARTS if sometimes(0.15)},
        crew_size=rng.choice((1, 1, 1, 2)),
        crew_cover=rng.choice(("all", "any")),
        after=rng.choice((0, 0, 0, begin, FOREVER)) if sometimes(0.3) else 0,
        same_engineer=rng.randint(1, 3) if sometimes(0.05) else 0,
        start_by=begin + DAY if sometimes(0.1) else FOREVER,
        waits_for="WO-7",
        full=_full(rng, days) if sometimes(0.3) else (),
    )


def _full(rng: Random, days: int) -> tuple[Full, ...]:
    """Days that capacity has no room on."""
    taken = (day for day in range(days + 1) if rng.random() < 0.4)
    return tuple((day * DAY, (day + 1) * DAY, rng.choice((0, 60))) for day in taken)


def random_policy(rng: Random) -> Policy:
    """A policy with some verdicts, weights and limits of its own."""
    return Policy(
        version=rng.randint(0, 5),
        verdicts={code: rng.choice(CHOICES) for code in VERDICTS if rng.random() < 0.3},
        weights={"travel": rng.randint(0, 100), "cost": rng.randint(0, 100)},
        limits={"max_travel_minutes": rng.choice((0, 0, 20, 60))},
    )


def random_estimate(rng: Random) -> Estimate:
    """Travel times of a company that learned something, or of one that did not."""
    if rng.random() < 0.4:
        return ESTIMATE
    return Estimate((rng.uniform(0.5, 3), rng.uniform(0.5, 3), rng.uniform(0.5, 3)))


def random_roads(rng: Random, estimate: Estimate, people: list[Person], work: Work) -> Roads:
    """The estimate, or what a service said of some of the ways to the work and back: not the same in both
    directions, and now and then nothing like the estimate."""
    if rng.random() < 0.4:
        return estimate
    legs: dict[tuple[int, int], tuple[int, int]] = {}
    places = {stop.place for person in people for stop in person.stops} | {p.home for p in people}
    for place in sorted(place for place in places if place is not None):
        for a, b in ((place, work.place), (work.place, place)) if work.place else ():
            if rng.random() < 0.6 and key_of(a) != key_of(b):
                legs[key_of(a), key_of(b)] = (rng.randint(30, 5000), rng.randint(20, 60_000))
    return Table(estimate, "osrm", legs, is_silent=rng.random() < 0.3)


def _place(rng: Random) -> Point:
    return (35.6 + rng.randint(0, 20) / 100, 139.6 + rng.randint(0, 30) / 100)


def _until(rng: Random, days: int) -> int:
    return FOREVER if rng.random() < 0.8 else rng.randint(0, days * DAY)


def _shifts(rng: Random, days: int) -> list[Span]:
    found: list[Span] = []
    for day in range(days):
        if rng.random() < 0.15:
            continue
        begin = day * DAY + rng.choice((6, 8, 9, 20)) * HOUR
        length = rng.choice((4, 8, 9)) * HOUR
        if found and begin < found[-1][1]:
            continue
        found.append((begin, begin + length))
    return found


def _breaks(rng: Random, shifts: list[Span]) -> list[Break]:
    found = []
    if rng.random() < 0.5:
        for begin, end in shifts:
            for hour in rng.sample((1, 3, 5), rng.randint(1, 2)):
                first = begin + hour * HOUR
                last = min(first + rng.choice((0, HOUR, 2 * HOUR)), end - 1800)
                if first <= last:
                    found.append((first, last, rng.choice((900, 1800, HOUR))))
    return sorted(found)


def _absences(rng: Random, days: int) -> list[Span]:
    if rng.random() < 0.7:
        return []
    begin = rng.randint(0, days * 24) * HOUR
    return [(begin, begin + rng.choice((1, 4, 24)) * HOUR)]


def _stops(rng: Random, shifts: list[Span]) -> list[Stop]:
    found: list[Stop] = []
    for begin, end in shifts:
        at = begin + rng.randint(0, 6) * 900
        while at < end and rng.random() < 0.75:
            finish = at + rng.choice((1800, HOUR, 2 * HOUR))
            place = _place(rng) if rng.random() < 0.95 else None
            is_over = at < 2 * HOUR and rng.random() < 0.3
            found.append(Stop(len(found) + 1, f"WO-{len(found) + 1}", at, finish, place, is_over))
            at = finish + rng.randint(0, 8) * 900
    unlike: list[Stop] = []
    for stop in found:
        if not unlike or stop.start >= unlike[-1].end:
            unlike.append(stop)
    return unlike


def _hours(rng: Random, days: int) -> list[Span]:
    opens, closes = rng.choice(((9, 12), (8, 17), (13, 20), (22, 30)))
    return [(d * DAY + opens * HOUR, d * DAY + closes * HOUR) for d in range(days) if rng.random() < 0.8]
