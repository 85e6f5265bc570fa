"""What rules go by and what they come to: the world of a batch, the rules for an event, what is to be written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dispatch import instant, queries
from dispatch.enums import OfferStatus, RunOutcome
from dispatch.evaluator import Person, Stop, Work
from dispatch.models import DispatchRule, DispatchRun, Offer, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.capacity import kept_between
from dispatch.queries.facts import Occasion
from dispatch.queries.live import live_world
from dispatch.queries.planning import policy_in_force, seconds
from dispatch.reserves import Reserves

CIRCLE = timedelta(hours=1)
MOST_OF_ONE_RULE = 5
MOST_OF_ALL_RULES = 12
"""How often one rule, and all of them together, may act on one work order within the time of `CIRCLE`."""

_IDLE = (RunOutcome.NO_RULE, RunOutcome.SKIPPED)


_Planned = defaultdict[int, list[tuple[WorkOrder, Stop]]]
"""What is added to the plans of engineers, by their id."""


@dataclass(slots=True)
class Choice:
    """What is to be written: a visit (new, or one to send) with the rest of its crew or the other stints of its
    work, offers, a visit that the new one stands in for."""

    work_order: WorkOrder
    outcome: RunOutcome
    explanation: dict[str, Any]
    rule: DispatchRule | None = None
    visit: Visit | None = None
    others: list[Visit] = field(default_factory=list)
    replaces: Visit | None = None
    offers: list[Offer] = field(default_factory=list)
    occasion: Occasion = field(default_factory=Occasion)
    inputs: dict[str, Any] = field(default_factory=dict)
    policy_version: int = 0

    @property
    def visits(self) -> list[Visit]:
        """The visit and the others; none when nothing is planned."""
        return [] if self.visit is None else [self.visit, *self.others]


@dataclass(slots=True)
class Ground:
    """The world, asked for when it is first needed, once for all the work of a batch."""

    at: datetime
    days: int
    site_ids: set[int]
    part_ids: set[int] = field(default_factory=set)
    loaded: instant.World | None = None
    policy: Policy = field(default_factory=policy_in_force)
    _kept: list[Reserves | None] = field(default_factory=list)
    _new: list[Visit] = field(default_factory=list)
    _new_offers: list[Offer] = field(default_factory=list)

    @property
    def kept(self) -> Reserves | None:
        """What capacity keeps of these days, with what was chosen in mind; None when nothing is kept."""
        if not self._kept:
            self._read_kept(())
        return self._kept[0]

    def _read_kept(self, ignoring: Collection[int]) -> None:
        until = self.at + timedelta(days=self.days)
        self._kept = [kept_between(self.policy, self.at, until, at=self.at, ignoring=ignoring)]

    def known_to(self, work: Work) -> Work:
        """The work with the days that capacity has no room on."""
        return self.kept.known_to(work) if self.kept else work

    def forget(self) -> None:
        """Read everything anew when it is asked for: somebody else has planned meanwhile."""
        self.loaded = None
        for known in (self._kept, self._new, self._new_offers):
            known.clear()

    @property
    def world(self) -> instant.World:
        if self.loaded is None:
            until = self.at + timedelta(days=self.days)
            self.loaded = live_world(
                self.at, until, policy=self.policy, site_ids=self.site_ids, part_ids=self.part_ids
            )
        return self.loaded

    def add(self, planned: _Planned) -> instant.World:
        """The world with these further visits, by engineer id."""
        changed = {
            number: _busier(person, planned[person.id])
            for number, person in enumerate(self.world.crowd.people)
            if person.id in planned
        }
        return self.world.replaced(changed) if changed else self.world

    def with_offers(self) -> instant.World:
        """The world with what is offered as if it had been taken: nobody is offered two things for one time."""
        return self.add(self._offered())

    def busier(self, people: Iterable[Person], *, with_offers: bool = False) -> list[Person]:
        """These people with what was just chosen and is not written yet, and with what is offered as if it had been
        taken: of people who were read for longer than the world."""
        planned = self._offered() if with_offers else _Planned(list)
        for visit in self._new:
            if not visit.pk:
                stop = _stop(visit.work_order, visit.start_at, visit.end_at)
                planned[visit.engineer_id].append((visit.work_order, stop))
        return [_busier(one, planned[one.id]) if one.id in planned else one for one in people]

    def _offered(self) -> _Planned:
        """What waits for an answer, by engineer id: every stint of it."""
        waiting = Offer.objects.filter(
            status=OfferStatus.OFFERED, start_at__isnull=False, engineer__isnull=False
        )
        waiting = waiting.filter(end_at__gt=self.at).select_related("work_order__site")
        if self.part_ids:
            waiting = waiting.prefetch_related("work_order__work_order_parts")
        offered = _Planned(list)
        for offer in [*waiting, *(one for one in self._new_offers if not one.pk)]:
            for start_at, end_at in offer.spans if offer.engineer_id else ():
                stop = _stop(offer.work_order, start_at, end_at)
                offered[offer.engineer_id or 0].append((offer.work_order, stop))
        return offered

    def without(self, visit_ids: set[int]) -> None:
        """Take visits out of the world, as if they had not been planned."""
        self.loaded = self.world.without(visit_ids)
        self._read_kept(visit_ids)

    def remember(self, choice: Choice) -> None:
        """Keep what was just chosen in mind for the next work order of the batch."""
        new = [visit for visit in choice.visits if not visit.pk]
        self._new += new
        self._new_offers += choice.offers
        if new:
            order = choice.work_order
            planned = _Planned(list)
            for visit in new:
                planned[visit.engineer_id].append((order, _stop(order, visit.start_at, visit.end_at)))
                if self.kept:
                    span = seconds(visit.start_at), seconds(visit.end_at)
                    self.kept.take(visit.engineer_id, *span, order.priority, travel=visit.travel_minutes)
            self.loaded = self.add(planned)


@dataclass(slots=True)
class Rulebook:
    """The enabled rules for one event in their order, and who acted on which work lately."""

    rules: list[DispatchRule]
    at: datetime
    guards: bool = True
    _recent: dict[int, list[DispatchRun]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, event: str, at: datetime, *, rule_id: int | None = None, guards: bool = True) -> Rulebook:
        """The rules that wait for the event; only one of them when it is named."""
        found = queries.dispatch_rules().filter(event=event, is_enabled=True)
        return cls(list(found if rule_id is None else found.filter(pk=rule_id)), at, guards)

    @property
    def days(self) -> int:
        return max((rule.horizon_days for rule in self.rules), default=1)

    def look_back(self, work_order_ids: Iterable[int]) -> None:
        """Read what rules did to these work orders lately: what circles are seen by."""
        if not self.guards:
            return
        found = DispatchRun.objects.filter(work_order_id__in=list(work_order_ids), at__gt=self.at - CIRCLE)
        acted = found.exclude(outcome__in=_IDLE).filter(inputs__step=0).select_related("rule").order_by("id")
        for run in acted:
            self._recent[run.work_order_id].append(run)

    def circle_of(self, work_order: WorkOrder, rule: DispatchRule) -> list[dict[str, str]]:
        """The chain of runs that brought us here, when it has become too long to be meant; else nothing."""
        recent = self._recent.get(work_order.pk, [])
        same = sum(run.rule_id == rule.pk for run in recent)
        if same < MOST_OF_ONE_RULE and len(recent) < MOST_OF_ALL_RULES:
            return []
        return [
            {
                "rule": run.rule.name if run.rule else "",
                "event": run.event,
                "outcome": run.outcome,
                "at": run.at.isoformat(),
            }
            for run in recent
        ]


def _busier(person: Person, planned: list[tuple[WorkOrder, Stop]]) -> Person:
    busier = replace(person, stops=list(person.stops))
    for work_order, stop in planned:
        busier.add(stop)
        if person.parts:
            busier.promise(stop.work_order, work_order.pk, work_order.needed_parts)
    return busier


def _stop(work_order: WorkOrder, start_at: datetime, end_at: datetime) -> Stop:
    site = work_order.site
    place = None if site.latitude is None or site.longitude is None else (site.latitude, site.longitude)
    return Stop(0, str(work_order), seconds(start_at), seconds(end_at), place)
