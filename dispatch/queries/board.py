"""The board of one day as values for its page: lanes by territory, blocks in minutes from the left edge.

A fixed number of queries whatever the number of engineers and visits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from core.intervals import Interval, minutes_of, without
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.queries.blocks import Bar, Block, blocks_of, in_turn, minutes_between
from dispatch.queries.lateness import late_for_promises, lateness_of
from dispatch.queries.planning import policy_in_force
from dispatch.queries.roads import knowing_among
from dispatch.queries.work import tray, visits
from dispatch.travel import Roads, point_of
from tenants.actors import Actor
from workforce import queries as workforce
from workforce.models import Engineer

FIRST_HOUR, LAST_HOUR = 7, 18
TRAY_SHOWN = 200
AT_RISK_SHARE = 70
LONGEST = timedelta(days=7)
"""How far from its planned time a visit may take place, and how long it may take."""
COUNTED = ("late", "at_risk", "away", "broken", "behind", "drafts")


@dataclass(slots=True)
class Lane:
    """An engineer's day."""

    engineer: Engineer
    blocks: list[Block]
    off: list[Bar]
    shift_minutes: int
    load_percent: int
    km: float
    behind_minutes: int

    @property
    def load_hue(self) -> str:
        return "stop" if self.load_percent > 100 else "wait" if self.load_percent >= 95 else "rest"


@dataclass(slots=True)
class Group:
    """The lanes of a territory."""

    name: str
    lanes: list[Lane] = field(default_factory=list)

    @property
    def load_percent(self) -> int:
        return sum(lane.load_percent for lane in self.lanes) // max(1, len(self.lanes))


@dataclass(frozen=True, slots=True)
class Need:
    """Work in the tray, with what is left of its promise. `clock` is a code of the clock vocabulary or ""."""

    work_order: WorkOrder
    left_minutes: int | None
    share: int
    clock: str

    @property
    def marks(self) -> frozenset[str]:
        """Under which of the board's counts it falls."""
        return frozenset({"breached": ["late"], "at_risk": ["at_risk"]}.get(self.clock, ()))


@dataclass(slots=True)
class Board:
    """One day. `start` is the left edge; `now_at` is None when now is not on the board. `counts` are of the visits of
    the whole day, "at_risk" and "waiting_late" of the work in the tray; `only`: the one of `COUNTED` whose lanes and
    work alone are shown, or "". `late_elsewhere` visits of other days come late too, the first of them `late_on`."""

    day: date
    start: datetime
    minutes: int
    hours: list[tuple[int, str]]
    groups: list[Group]
    needs: list[Need]
    waiting: int
    now_at: int | None
    counts: dict[str, int]
    only: str = ""
    late_elsewhere: int = 0
    late_on: date | None = None

    @property
    def lanes(self) -> list[Lane]:
        return [lane for group in self.groups for lane in group.lanes]


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Midnight to midnight of a local day, in UTC."""
    begin = datetime.combine(day, time(0), tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def board(day: date, *, zone: ZoneInfo, at: datetime, actor: Actor, only: str = "") -> Board:
    """Everything the board shows of a local day, or what is counted as `only`, one of `COUNTED`. A provider's people
    see their own engineers and no tray."""
    begin, end = day_bounds(day, zone)
    engineers = list(
        workforce.visible_to(actor, workforce.engineers_with_everything().filter(is_active=True))
    )
    by_engineer = _visits_of_day(engineers, begin, end, at)
    shifts = {e.pk: workforce.shift_intervals(e, begin, end) for e in engineers}
    start, finish = _edges((begin, end), shifts.values(), by_engineer.values(), at, zone)
    roads = _roads(engineers, by_engineer)
    late = _lateness(by_engineer, at)
    lanes = [
        _lane(e, by_engineer[e.pk], shifts[e.pk], (start, finish), at, roads=roads, late=late)
        for e in engineers
    ]
    _show_crews(lanes)
    needs, waiting = ([], 0) if actor.provider_code else _needs(at)
    elsewhere = [] if actor.provider_code else _late_elsewhere(day, zone, at)
    shown = [lane for lane in lanes if any(only in block.marks for block in lane.blocks)] if only else lanes
    return Board(
        day=day,
        start=start,
        minutes=minutes_between(start, finish),
        hours=_hours(start, finish, zone),
        groups=_groups(shown),
        needs=[need for need in needs if only in need.marks] if only else needs,
        waiting=waiting,
        now_at=minutes_between(start, at) if start <= at < finish else None,
        counts=_counts(lanes, needs),
        only=only,
        late_elsewhere=len(elsewhere),
        late_on=min(elsewhere, default=None),
    )


def engineer_loads(
    day: date, *, engineer_ids: Collection[int], zone: ZoneInfo, at: datetime, actor: Actor
) -> list[Lane]:
    """These engineers' day in figures, for other pages."""
    begin, end = day_bounds(day, zone)
    mine = workforce.engineers_with_everything(engineer_ids).filter(is_active=True)
    engineers = list(workforce.visible_to(actor, mine))
    planned = _visits_of_day(engineers, begin, end, at)
    roads = _roads(engineers, planned)
    late = _lateness(planned, at)
    shifts = {e.pk: workforce.shift_intervals(e, begin, end) for e in engineers}
    return [
        _lane(e, planned[e.pk], shifts[e.pk], (begin, end), at, roads=roads, late=late) for e in engineers
    ]


def _lateness(planned: Mapping[int, Sequence[Visit]], at: datetime) -> dict[int, int]:
    return lateness_of([visit for row in planned.values() for visit in row], at)


def _show_crews(lanes: Iterable[Lane]) -> None:
    """Tell each block of a crew which others of it are on the board."""
    crews: dict[UUID, list[Visit]] = defaultdict(list)
    every = list(lanes)
    for visit in (block.visit for lane in every for block in lane.blocks):
        if visit.crew_key is not None:
            crews[visit.crew_key].append(visit)
    for lane in every:
        lane.blocks = [
            replace(block, crew=tuple(one for one in crews[block.visit.crew_key] if one.pk != block.visit.pk))
            if block.visit.crew_key
            else block
            for block in lane.blocks
        ]


def _roads(engineers: Iterable[Engineer], planned: Mapping[int, Sequence[Visit]]) -> Roads:
    """How long driving takes between all that is on the board."""
    homes = [point_of(e.home_latitude, e.home_longitude) for e in engineers]
    sites = [visit.work_order.site for row in planned.values() for visit in row]
    places = [*homes, *(point_of(site.latitude, site.longitude) for site in sites)]
    return knowing_among(policy_in_force(), places).roads


def _visits_of_day(
    engineers: Sequence[Engineer], begin: datetime, end: datetime, at: datetime
) -> dict[int, list[Visit]]:
    """Those that take place on the day, or are planned for it and have not begun, in turn."""
    is_planned = Q(start_at__lt=end, end_at__gt=begin)
    is_over = Q(ended_at__isnull=False, ended_at__lte=begin)
    has_begun = (Q(arrived_at__lt=end) | Q(travel_started_at__lt=end)) & ~is_over
    rows = (
        visits()
        .filter(is_planned | has_begun, engineer__in=engineers)
        .filter(start_at__gt=begin - LONGEST, start_at__lt=end + LONGEST)
        .exclude(status=VisitStatus.CANCELLED)
    )
    found: dict[int, list[Visit]] = defaultdict(list)
    for visit in in_turn(list(rows), (begin, end), at):
        found[visit.engineer_id].append(visit)
    return found


def _edges(
    day: Interval,
    shifts: Iterable[Sequence[Interval]],
    visits: Iterable[Sequence[Visit]],
    at: datetime,
    zone: ZoneInfo,
) -> Interval:
    """Whole hours around everything that begins or ends on the day, at least 7:00 to 18:00, within the day."""
    begin, end = day
    midnight = begin.astimezone(zone)
    first, last = midnight.replace(hour=FIRST_HOUR), midnight.replace(hour=LAST_HOUR)
    spans = [span for row in shifts for span in row] + [v.span_at(at) for row in visits for v in row]
    early = min([first, *(start for start, _end in spans if start >= begin)]).astimezone(zone)
    late = max([last, *(finish for _start, finish in spans if finish <= end)]).astimezone(zone)
    if late.minute or late.second:
        late = late.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    early = early.replace(minute=0, second=0, microsecond=0)
    return early.astimezone(UTC), min(end, late.astimezone(UTC))


def _lane(
    engineer: Engineer,
    planned: Sequence[Visit],
    shifts: Sequence[Interval],
    edges: tuple[datetime, datetime],
    at: datetime,
    *,
    roads: Roads,
    late: Mapping[int, int],
) -> Lane:
    blocks = blocks_of(engineer, planned, edges, at, roads=roads, late=late)
    shift_minutes = minutes_of(shifts)
    used = sum(block.length + block.travel_minutes for block in blocks)
    return Lane(
        engineer=engineer,
        blocks=blocks,
        off=_off(engineer, shifts, edges),
        shift_minutes=shift_minutes,
        load_percent=used * 100 // shift_minutes if shift_minutes else 0,
        km=sum(block.travel_km for block in blocks),
        behind_minutes=max((block.behind_minutes for block in blocks), default=0),
    )


def _off(engineer: Engineer, shifts: Sequence[Interval], edges: tuple[datetime, datetime]) -> list[Bar]:
    """What is not working time between the edges, and absences."""
    left, right = edges
    bars = []
    for start, end in without([(left, right)], shifts):
        side = "from" if start <= left else "to" if end >= right else "from to"
        bars.append(
            Bar(
                minutes_between(left, start),
                minutes_between(start, end),
                "off",
                "" if (start, end) == edges else side,
            )
        )
    for absence in engineer.absences.all():
        start, end = max(absence.start_at, left), min(absence.end_at, right)
        if start < end:
            bars.append(
                Bar(
                    minutes_between(left, start),
                    minutes_between(start, end),
                    absence.reason or "absent",
                    "from to",
                )
            )
    return bars


def _groups(lanes: Iterable[Lane]) -> list[Group]:
    """Lanes under their first territory; those without one come last."""
    groups: dict[str, Group] = {}
    for lane in lanes:
        territories = sorted(territory.name for territory in lane.engineer.territories.all())
        name = territories[0] if territories else ""
        groups.setdefault(name, Group(name)).lanes.append(lane)
    return sorted(groups.values(), key=lambda group: (not group.name, group.name))


def _late_elsewhere(day: date, zone: ZoneInfo, at: datetime) -> list[date]:
    """The days of the visits of other days that will come after what was promised, a day for each visit."""
    days = (visit.start_at.astimezone(zone).date() for visit, _minutes in late_for_promises(at))
    return [one for one in days if one != day]


def _needs(at: datetime) -> tuple[list[Need], int]:
    waiting = tray()
    shown = [_need(work_order, at) for work_order in waiting[:TRAY_SHOWN]]
    return shown, len(shown) if len(shown) < TRAY_SHOWN else waiting.count()


def _need(work_order: WorkOrder, at: datetime) -> Need:
    promised = work_order.promised_end_at
    if promised is None:
        return Need(work_order, None, 0, "")
    left = minutes_between(at, promised)
    whole = max(1, minutes_between(work_order.created_at, promised))
    share = min(100, max(0, 100 - left * 100 // whole))
    clock = "breached" if left < 0 else "at_risk" if share >= AT_RISK_SHARE else "running"
    return Need(work_order, left, share, clock)


def _counts(lanes: Sequence[Lane], needs: Sequence[Need]) -> dict[str, int]:
    waiting = Counter(mark for need in needs for mark in need.marks)
    marks = [mark for lane in lanes for block in lane.blocks for mark in block.marks if mark != "behind"]
    counted = Counter(marks)
    return {mark: counted[mark] for mark in COUNTED} | {
        "at_risk": waiting["at_risk"],
        "behind": sum(lane.behind_minutes > 0 for lane in lanes),
        "waiting_late": waiting["late"],
    }


def _hours(start: datetime, finish: datetime, zone: ZoneInfo) -> list[tuple[int, str]]:
    whole = [start + timedelta(minutes=at) for at in range(0, minutes_between(start, finish), 60)]
    return [(minutes_between(start, at), f"{at.astimezone(zone).hour}:00") for at in whole]
