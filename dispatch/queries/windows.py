"""Windows to which a confirmed visit, or the visits of a crew, could move, and who would come then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch import evaluator, instant, ranking
from dispatch.crews import Likings, Team, check_team
from dispatch.enums import ConsentStatus
from dispatch.evaluator import Person, Verdict, Work
from dispatch.instant import Question, Slot
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.capacity import with_room
from dispatch.queries.consents import Option, appointment_of, options_of, zone_of
from dispatch.queries.crew_windows import nearest, team_in
from dispatch.queries.crews import likings, together_with
from dispatch.queries.live import live_world
from dispatch.queries.planning import World, load_world, part_ids_of, policy_in_force, seconds, work_of
from dispatch.queries.planning import instant as moment
from dispatch.queries.roads import knowing
from dispatch.queries.slots import Asked, slots_for, windows
from tickets.enums import ClockState, SlaKpi
from tickets.models import SlaClock

PREFERRED = "preferred"
MOST_OPTIONS = 5
A_DAY_AT_MOST = 2
"""Windows offered of one day, so that a customer whose day does not suit finds another."""
LOOKS_AHEAD_DAYS = 10
WINDOW_MINUTES = 120
NOTICE = timedelta(hours=2)
"""How long before a window begins it is still offered."""
MOST_LOOKED_AT = 24
"""So many of the best windows are looked at for one in which a whole crew is free."""


def work_to_move(visit: Visit, from_at: datetime, until: datetime) -> Work:
    """What a visit does, free of the window that was confirmed: only its ticket's arrival clock holds it."""
    order = visit.work_order
    due = None
    if order.ticket_id is not None:
        clock = SlaClock.objects.filter(
            ticket_id=order.ticket_id, kpi=SlaKpi.ARRIVAL, state__in=[ClockState.RUNNING, ClockState.BREACHED]
        ).first()
        due = clock.due_at if clock else None
    margin = timedelta(days=1)
    return replace(
        work_of(order, from_at - margin, until + margin),
        seconds=seconds(visit.end_at) - seconds(visit.start_at),
        promised=(0, seconds(due) if due else evaluator.FOREVER),
        may_split=False,
    )


def window_around(work_order: WorkOrder, start_at: datetime) -> tuple[datetime, datetime]:
    """The window of the customer's day in which an arrival lies; at night one that begins with it."""
    wanted = seconds(start_at)
    asked = Asked(start_at, 1, WINDOW_MINUTES)
    for begin, end in windows(asked, start_at + timedelta(days=1), zone_of(work_order)):
        if begin <= wanted < end:
            return moment(begin), moment(end)
    return start_at, start_at + timedelta(minutes=WINDOW_MINUTES)


def alternatives(visit: Visit, at: datetime, wish: Option | None) -> list[Option]:
    """Up to five windows: the wish first, then the best of the next days in order of time. In each of a crew's
    windows all of a crew could come at once."""
    work = work_to_move(visit, at, at + timedelta(days=LOOKS_AHEAD_DAYS))
    asked = Asked(at + NOTICE, LOOKS_AHEAD_DAYS, WINDOW_MINUTES)
    together = [one.pk for one in together_with(visit)]
    found = slots_for(work, visit.work_order.site, asked, ignoring=together).slots
    held = appointment_of(visit)
    others = []
    for slot in found:
        option = _option(slot)
        if wish is not None and option.start == wish.start:
            wish = replace(wish, grade=option.grade)
        elif option.start >= asked.at and not option.start <= held.opens < option.end:
            others.append((slot, option))
    ranked = sorted(others, key=lambda one: (one[1].grade, -one[0].score, one[0].start))
    best: Iterator[Option] = (option for _slot, option in ranked)
    if visit.crew_key is not None:
        best = _with_crews(visit, [option for _slot, option in ranked[:MOST_LOOKED_AT]], work, asked)
    room = MOST_OPTIONS - (wish is not None)
    return [*([wish] if wish else []), *_spread(best, room, zone_of(visit.work_order))]


def _with_crews(visit: Visit, ranked: Sequence[Option], work: Work, asked: Asked) -> Iterator[Option]:
    """The windows in which a crew could come, with who that would be."""
    until = asked.at + timedelta(days=asked.days)
    policy = knowing(policy_in_force(), [work.place])
    sites, parts = [visit.work_order.site_id], list(work.parts)
    world = live_world(asked.at, until, policy=policy, site_ids=sites, part_ids=parts)
    crew = _Crew(visit, world.crowd.people, work, asked.at, policy)
    for option in ranked:
        team = crew.in_window(_in_window(work, option.start, option.end), asked.at)
        if team is not None:
            ids = tuple(verdict.person.id for verdict in team.verdicts)
            yield replace(option, engineer_id=ids[0], at=moment(team.start), crew=ids)


def _option(slot: Slot) -> Option:
    return Option(moment(slot.start), moment(slot.end), slot.grade, slot.person.id, moment(slot.at))


def _spread(ranked: Iterator[Option], room: int, zone: ZoneInfo) -> list[Option]:
    """The best, not too many of one day."""
    days: Counter[date] = Counter()
    chosen: list[Option] = []
    for option in ranked:
        day = option.start.astimezone(zone).date()
        if days[day] < A_DAY_AT_MOST:
            days[day] += 1
            chosen.append(option)
        if len(chosen) >= room:
            break
    return sorted(chosen[:room], key=lambda option: option.start)


def options_left(consent: ConsentRequest, at: datetime) -> set[int]:
    """Which of the windows offered could still be booked, by place. Empty once the question is closed."""
    options = options_of(consent)
    if consent.status != ConsentStatus.ASKED or not options:
        return set()
    visit = consent.visit
    if visit.crew_key is not None:
        return {n for n, option in enumerate(options) if who_comes(visit, option, at, consent.reason)}
    from_at, until = min(o.start for o in options), max(o.end for o in options)
    work = replace(work_to_move(visit, from_at, until), promised=(0, evaluator.FOREVER))
    policy = knowing(policy_in_force(), [work.place])
    sites, parts = [visit.work_order.site_id], list(work.parts)
    world = live_world(from_at, until, policy=policy, site_ids=sites, part_ids=parts)
    ask = Question(work, seconds(max(at, from_at)), seconds(until), policy)
    spans = sorted({(seconds(o.start), seconds(o.end)) for o in options if o.end > at})
    found = instant.slots(world.without([visit.pk]), ask, spans) if spans else []
    free = {slot.start for slot in found}
    left = {n for n, option in enumerate(options) if seconds(option.start) in free}
    wish = options[0]
    if wish.is_wished and 0 not in left and wish.at > at and consent.reason:
        left |= {0} if _as_wished(visit, wish, consent.reason) else set()
    return left


def who_comes(visit: Visit, option: Option, at: datetime, reason: str) -> list[Verdict]:
    """The verdicts on who would come in a window offered, one for each of a crew: those named, else who fits best;
    none when nobody can any more. `reason` is what soft rules of a wish are broken for."""
    told = _as_wished(visit, option, reason if option.is_wished else "") if option.at > at else []
    if told or option.end <= at:
        return told
    found = best_between(visit, option.start, option.end, max(at, option.start))
    return found if found and found[0].span[0] < seconds(option.end) else []


def best_between(visit: Visit, start: datetime, end: datetime, at: datetime) -> list[Verdict]:
    """Who should come for this visit between two instants, whoever has it now, or for all of its crew at once;
    none when nobody can."""
    world = _world(visit, start, end, None)
    work = _in_window(work_to_move(visit, start, end), start, end)
    policy = knowing(world.policy, [work.place])
    if visit.crew_key is not None:
        team = _Crew(visit, world.people, work, at, policy).in_window(work, at)
        return list(team.verdicts) if team else []
    people = _freed(world.people, [visit.pk])
    work = with_room(work, policy, (start, end), at=at, ignoring=[visit.pk])
    answer = ranking.rank(people, work, seconds(at), seconds(end), ranking.BEST, policy=policy)
    return [answer.best.verdict] if answer.best else []


def _as_wished(visit: Visit, wish: Option, reason: str) -> list[Verdict]:
    """The verdicts on exactly what was offered; none when it has become impossible."""
    world = _world(visit, wish.start, wish.end, list(wish.engineer_ids))
    people = _freed(world.people, [one.pk for one in together_with(visit)])
    if len(people) < len(wish.engineer_ids):
        return []
    people.sort(key=lambda person: wish.engineer_ids.index(person.id))
    start = seconds(wish.at)
    work = _in_window(work_to_move(visit, wish.start, wish.end), wish.start, wish.end)
    if visit.crew_key is not None and check_team(people, work, likings(wish.engineer_ids)):
        return []
    policy = knowing(world.policy, [work.place])
    told = [
        evaluator.evaluate_as_told(person, work, start, end=start + work.seconds, policy=policy)
        for person in people
    ]
    is_good = all(not one.broken or (one.can_be_forced and bool(reason)) for one in told)
    return told if is_good else []


class _Crew:
    """Whoever could go in place of a crew: its own people, else the first team of the nearest others with those of
    them who can."""

    def __init__(
        self, visit: Visit, people: Sequence[Person], work: Work, at: datetime, policy: Policy
    ) -> None:
        together = together_with(visit)
        own = {one.engineer_id for one in together}
        free = _freed(people, [one.pk for one in together])
        self.own = [person for person in free if person.id in own]
        others = [person for person in free if person.id not in own]
        self.more = [*self.own, *nearest(others, work, seconds(at), policy)]
        self.policy, self.likings = policy, _keeping(own, self.more)

    def in_window(self, work: Work, at: datetime) -> Team | None:
        """The first team that can begin in the work's window, from an instant on."""
        window = max(seconds(at), work.promised[0]), work.promised[1] + 1
        own = team_in(self.own, work, window, self.policy, pairs=self.likings)
        return own or team_in(self.more, work, window, self.policy, pairs=self.likings)


def _keeping(own: Collection[int], people: Sequence[Person]) -> Likings:
    """Who likes whom, and all like to go with those whom the customer expects."""
    ids = [person.id for person in people]
    expected = {frozenset({one, other}): PREFERRED for one in own for other in ids if one != other}
    return {**expected, **likings(ids)}


def _freed(people: Sequence[Person], visit_ids: Collection[int]) -> list[Person]:
    """The people as if these visits were not planned."""
    return [
        replace(person, stops=[stop for stop in person.stops if stop.visit_id not in visit_ids])
        for person in people
    ]


def _world(visit: Visit, start: datetime, end: datetime, engineer_ids: list[int] | None) -> World:
    order = visit.work_order
    parts = part_ids_of([order])
    return load_world(start, end, engineer_ids=engineer_ids, site_ids=[order.site_id], part_ids=parts)


def _in_window(work: Work, start: datetime, end: datetime) -> Work:
    """The work with this window as its promise."""
    last = seconds(end) - 1
    return replace(work, promised=(seconds(start), last), start_by=min(work.start_by, last))
