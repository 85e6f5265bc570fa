"""The board of one day as values for its page: lanes by territory, blocks in minutes from the left edge.

A fixed number of queries whatever the number of engineers and visits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.intervals import Interval, minutes_of, without
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import policy_in_force
from dispatch.queries.roads import knowing_among
from dispatch.queries.work import tray, visits
from dispatch.travel import ESTIMATED, Roads, point_of
from tenants.actors import Actor
from workforce import queries as workforce
from workforce.models import Engineer

FIRST_HOUR, LAST_HOUR = 7, 18
TRAY_SHOWN = 200
AT_RISK_SHARE = 70
_NOT_STARTED = frozenset({VisitStatus.SCHEDULED, VisitStatus.DISPATCHED, VisitStatus.ACCEPTED})
_UNDER_WAY = frozenset({VisitStatus.ON_SITE, VisitStatus.PAUSED, VisitStatus.TRAVELLING})


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane: `at` and `length` in minutes from the board's left edge."""

    at: int
    length: int
    text: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A visit on its lane. `late_minutes`: after the promise; `broken`: rules broken on purpose. The trip to it
    `is_estimated` unless a routing service said how long it takes. `crew`: the other visits of the board that go
    together with it."""

    visit: Visit
    at: int
    length: int
    travel: Bar | None
    travel_minutes: int
    travel_km: float
    late_minutes: int
    broken: int
    behind_minutes: int
    is_estimated: bool = True
    crew: tuple[Visit, ...] = ()

    @property
    def crew_names(self) -> str:
        return ", ".join(visit.engineer.name for visit in self.crew)


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


@dataclass(slots=True)
class Board:
    """One day. `start` is the left edge; `now_at` is None when now is not on the board."""

    day: date
    start: datetime
    minutes: int
    hours: list[tuple[int, str]]
    groups: list[Group]
    needs: list[Need]
    waiting: int
    now_at: int | None
    counts: dict[str, int]

    @property
    def lanes(self) -> list[Lane]:
        return [lane for group in self.groups for lane in group.lanes]


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Midnight to midnight of a local day, in UTC."""
    begin = datetime.combine(day, time(0), tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def board(day: date, *, zone: ZoneInfo, at: datetime, actor: Actor) -> Board:
    """Everything the board shows of a local day. A provider's people see their own engineers and no tray."""
    begin, end = day_bounds(day, zone)
    engineers = list(
        workforce.visible_to(actor, workforce.engineers_with_everything().filter(is_active=True))
    )
    by_engineer = _visits_of_day(engineers, begin, end)
    shifts = {e.pk: workforce.shift_intervals(e, begin, end) for e in engineers}
    start, finish = _edges(begin, end, shifts.values(), by_engineer.values(), zone)
    roads = _roads(engineers, by_engineer)
    lanes = [_lane(e, by_engineer[e.pk], shifts[e.pk], (start, finish), at, roads=roads) for e in engineers]
    _show_crews(lanes)
    needs, waiting = ([], 0) if actor.provider_code else _needs(at)
    return Board(
        day=day,
        start=start,
        minutes=_minutes(start, finish),
        hours=_hours(start, finish, zone),
        groups=_groups(lanes),
        needs=needs,
        waiting=waiting,
        now_at=_minutes(start, at) if start <= at < finish else None,
        counts=_counts(lanes, needs),
    )


def engineer_loads(
    day: date, *, engineer_ids: Collection[int], zone: ZoneInfo, at: datetime, actor: Actor
) -> list[Lane]:
    """These engineers' day in figures, for other pages."""
    begin, end = day_bounds(day, zone)
    mine = workforce.engineers_with_everything(engineer_ids).filter(is_active=True)
    engineers = list(workforce.visible_to(actor, mine))
    planned = _visits_of_day(engineers, begin, end)
    roads = _roads(engineers, planned)
    return [
        _lane(e, planned[e.pk], workforce.shift_intervals(e, begin, end), (begin, end), at, roads=roads)
        for e in engineers
    ]


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


def _visits_of_day(engineers: Sequence[Engineer], begin: datetime, end: datetime) -> dict[int, list[Visit]]:
    rows = (
        visits()
        .filter(engineer__in=engineers, start_at__lt=end, end_at__gt=begin)
        .exclude(status=VisitStatus.CANCELLED)
        .order_by("start_at", "id")
    )
    found: dict[int, list[Visit]] = defaultdict(list)
    for visit in rows:
        found[visit.engineer_id].append(visit)
    return found


def _edges(
    begin: datetime,
    end: datetime,
    shifts: Iterable[Sequence[Interval]],
    planned: Iterable[Sequence[Visit]],
    zone: ZoneInfo,
) -> tuple[datetime, datetime]:
    """Whole hours around everything of the day, at least 7:00 to 18:00, within the day."""
    midnight = begin.astimezone(zone)
    first, last = midnight.replace(hour=FIRST_HOUR), midnight.replace(hour=LAST_HOUR)
    starts = [s for spans in shifts for s, _e in spans] + [v.start_at for row in planned for v in row]
    ends = [e for spans in shifts for _s, e in spans] + [v.end_at for row in planned for v in row]
    early = max(begin, min([first, *starts])).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    late = min(end, max([last, *ends])).astimezone(zone)
    if late.minute or late.second:
        late = late.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return early.astimezone(UTC), min(end, late.astimezone(UTC))


def _lane(
    engineer: Engineer,
    planned: Sequence[Visit],
    shifts: Sequence[Interval],
    edges: tuple[datetime, datetime],
    at: datetime,
    *,
    roads: Roads,
) -> Lane:
    blocks = _blocks(engineer, planned, edges[0], at, roads)
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


def _blocks(
    engineer: Engineer,
    planned: Sequence[Visit],
    left: datetime,
    at: datetime,
    roads: Roads,
) -> list[Block]:
    blocks = []
    place = point_of(engineer.home_latitude, engineer.home_longitude)
    for visit in planned:
        site = visit.work_order.site
        here = point_of(site.latitude, site.longitude)
        minutes, km = roads.trip(place, here)
        start = _minutes(left, visit.start_at)
        length = max(5, _minutes(visit.start_at, visit.end_at))
        blocks.append(
            Block(
                visit=visit,
                at=start,
                length=length,
                travel=Bar(start - minutes, minutes) if minutes else None,
                travel_minutes=minutes,
                travel_km=km,
                is_estimated=roads.source_of(place, here) == ESTIMATED,
                late_minutes=_late(visit, at),
                broken=_broken(visit),
                behind_minutes=_behind(visit, at),
            )
        )
        place = here
    return blocks


def _broken(visit: Visit) -> int:
    """Rules broken on purpose; coming after the promise is told as late, not as broken."""
    return sum(reason.get("bound") != "promised_end" for reason in visit.reason.get("broken", ()))


def _late(visit: Visit, at: datetime) -> int:
    """Minutes after the promise at which the engineer arrives, or would."""
    promised = visit.work_order.promised_end_at
    if promised is None:
        return 0
    arrival = visit.arrived_at or (
        max(visit.start_at, at) if visit.status in _NOT_STARTED else visit.start_at
    )
    return max(0, _minutes(promised, arrival))


def _behind(visit: Visit, at: datetime) -> int:
    if visit.status in _NOT_STARTED:
        return max(0, _minutes(visit.start_at, at))
    return max(0, _minutes(visit.end_at, at)) if visit.status in _UNDER_WAY else 0


def _off(engineer: Engineer, shifts: Sequence[Interval], edges: tuple[datetime, datetime]) -> list[Bar]:
    """What is not working time between the edges, and absences."""
    left, right = edges
    bars = []
    for start, end in without([(left, right)], shifts):
        side = "from" if start <= left else "to" if end >= right else "from to"
        bars.append(
            Bar(_minutes(left, start), _minutes(start, end), "off", "" if (start, end) == edges else side)
        )
    for absence in engineer.absences.all():
        start, end = max(absence.start_at, left), min(absence.end_at, right)
        if start < end:
            bars.append(
                Bar(_minutes(left, start), _minutes(start, end), absence.reason or "absent", "from to")
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


def _needs(at: datetime) -> tuple[list[Need], int]:
    waiting = tray()
    shown = [_need(work_order, at) for work_order in waiting[:TRAY_SHOWN]]
    return shown, len(shown) if len(shown) < TRAY_SHOWN else waiting.count()


def _need(work_order: WorkOrder, at: datetime) -> Need:
    promised = work_order.promised_end_at
    if promised is None:
        return Need(work_order, None, 0, "")
    left = _minutes(at, promised)
    whole = max(1, _minutes(work_order.created_at, promised))
    share = min(100, max(0, 100 - left * 100 // whole))
    clock = "breached" if left < 0 else "at_risk" if share >= AT_RISK_SHARE else "running"
    return Need(work_order, left, share, clock)


def _counts(lanes: Sequence[Lane], needs: Sequence[Need]) -> dict[str, int]:
    blocks = [block for lane in lanes for block in lane.blocks]
    return {
        "late": sum(need.clock == "breached" for need in needs)
        + sum(block.late_minutes > 0 and block.visit.status in _NOT_STARTED for block in blocks),
        "at_risk": sum(need.clock == "at_risk" for need in needs),
        "broken": sum(block.broken > 0 for block in blocks),
        "behind": sum(lane.behind_minutes > 0 for lane in lanes),
        "drafts": sum(block.visit.look_code == "draft" for block in blocks),
    }


def _hours(start: datetime, finish: datetime, zone: ZoneInfo) -> list[tuple[int, str]]:
    whole = [start + timedelta(minutes=at) for at in range(0, _minutes(start, finish), 60)]
    return [(_minutes(start, at), f"{at.astimezone(zone).hour}:00") for at in whole]


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() // 60)
