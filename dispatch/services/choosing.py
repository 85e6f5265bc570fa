"""What a rule makes of one work order, before anything is written: which rule, which step, who, and why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from dispatch import expressions, instant, queries, rules
from dispatch.enums import (
    OfferKind,
    OfferStatus,
    RuleEvent,
    RunOutcome,
    Strategy,
    VisitStatus,
    WorkOrderStatus,
)
from dispatch.evaluator import FOREVER, Person, Reason, Stop, Verdict
from dispatch.models import DispatchRule, DispatchRun, Offer, Visit, WorkOrder
from dispatch.parting import parts_of
from dispatch.policy import Policy
from dispatch.queries.facts import Occasion, facts_for
from dispatch.queries.live import live_world
from dispatch.queries.offers import expires_at, has_refused, provider_of_step, why_not_provider
from dispatch.queries.planning import instant as moment
from dispatch.queries.planning import policy_in_force, seconds, work_of
from dispatch.queries.roads import knowing
from dispatch.ranking import ORDERS, Answer, Candidate, explanation
from dispatch.services.judging import plan_facts
from workforce.models import Provider

POOL = 5
MOST_JUDGED = 8
"""How many candidates are told of: those of a pool, and the next best."""
CIRCLE = timedelta(hours=1)
MOST_OF_ONE_RULE = 5
MOST_OF_ALL_RULES = 12
"""How often one rule, and all of them together, may act on one work order within the time of `CIRCLE`."""

NOT_YET_THERE = (VisitStatus.DISPATCHED, VisitStatus.ACCEPTED, VisitStatus.TRAVELLING)
_IDLE = (RunOutcome.NO_RULE, RunOutcome.SKIPPED)


@dataclass(slots=True)
class Choice:
    """What is to be written: a visit (new, or one to send) with the rest of its crew or the other parts of its
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

    @property
    def world(self) -> instant.World:
        if self.loaded is None:
            until = self.at + timedelta(days=self.days)
            self.loaded = live_world(
                self.at, until, policy=self.policy, site_ids=self.site_ids, part_ids=self.part_ids
            )
        return self.loaded

    def add(self, stops: Mapping[int, list[Stop]]) -> instant.World:
        """The world with these further stops, by engineer id."""
        changed = {
            number: _busier(person, stops[person.id])
            for number, person in enumerate(self.world.crowd.people)
            if person.id in stops
        }
        return self.world.replaced(changed) if changed else self.world

    def with_offers(self) -> instant.World:
        """The world with what is offered as if it had been taken: nobody is offered two things for one time."""
        offered: dict[int, list[Stop]] = defaultdict(list)
        waiting = Offer.objects.filter(
            status=OfferStatus.OFFERED, start_at__isnull=False, engineer__isnull=False
        )
        for offer in waiting.filter(end_at__gt=self.at).select_related("work_order__site"):
            if offer.engineer_id and offer.start_at and offer.end_at:
                stop = _stop(offer.work_order, offer.start_at, offer.end_at)
                offered[offer.engineer_id].append(stop)
        return self.add(offered)

    def without(self, visit_ids: set[int]) -> None:
        """Take visits out of the world, as if they had not been planned."""
        changed = {}
        for number, person in enumerate(self.world.crowd.people):
            left = [stop for stop in person.stops if stop.visit_id not in visit_ids]
            if len(left) < len(person.stops):
                changed[number] = replace(person, stops=left)
        self.loaded = self.world.replaced(changed) if changed else self.world

    def remember(self, choice: Choice) -> None:
        """Keep what was just chosen in mind for the next work order of the batch."""
        new = [visit for visit in choice.visits if not visit.pk]
        if new:
            stops: dict[int, list[Stop]] = defaultdict(list)
            for visit in new:
                stops[visit.engineer_id].append(_stop(choice.work_order, visit.start_at, visit.end_at))
            self.loaded = self.add(stops)


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


def choose(work_order: WorkOrder, book: Rulebook, ground: Ground, occasion: Occasion, at: datetime) -> Choice:
    """What the first rule that applies makes of the work order now."""
    if why := why_needless(work_order, occasion):
        return Choice(work_order, RunOutcome.SKIPPED, {"why": why}, occasion=occasion)
    skipped: list[dict[str, str]] = []
    for rule in book.rules:
        used = sorted(expressions.names_in(expressions.as_text(rule.conditions, rule.expression)))
        facts = facts_for(used, work_order, occasion, at)
        why = expressions.why_not(rule.conditions, rule.expression, facts)
        if why:
            skipped.append({"rule": rule.name, "why": why})
            continue
        if chain := book.circle_of(work_order, rule):
            told: dict[str, Any] = {"chain": chain, "rules": skipped}
            choice = Choice(work_order, RunOutcome.STOPPED, told, rule, occasion=occasion)
        else:
            choice = walk(work_order, rule, ground, first=0, occasion=occasion, at=at)
            choice.explanation["rules"] = skipped
        choice.inputs |= {"facts": {name: _plain(value) for name, value in facts.items()}}
        return choice
    return Choice(work_order, RunOutcome.NO_RULE, {"rules": skipped}, occasion=occasion)


def why_needless(work_order: WorkOrder, occasion: Occasion) -> str:
    """Why nothing is to be planned: the state of the work, or "" when it waits for somebody."""
    visit = occasion.visit
    if occasion.event == RuleEvent.ENGINEER_LATE and visit is not None:
        return "" if visit.status in NOT_YET_THERE and visit.arrived_at is None else str(visit.status)
    if occasion.event == RuleEvent.VISIT_ENDED:
        return ""
    return "" if work_order.status == WorkOrderStatus.UNSCHEDULED else str(work_order.status)


def walk(
    work_order: WorkOrder, rule: DispatchRule, ground: Ground, *, first: int, occasion: Occasion, at: datetime
) -> Choice:
    """Try the rule's steps from `first` on until one comes to something."""
    steps = rules.steps_of(rule.strategy, rule.steps)
    told: dict[str, Any] = {"strategy": steps[min(first, len(steps) - 1)]["strategy"]}
    tried: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        if number < first:
            continue
        trial = _Trial(work_order, rule, number, step, ground, occasion, at)
        choice = trial.make()
        told = {**trial.told, "strategy": step["strategy"]} if trial.told else told
        if isinstance(choice, Choice):
            choice.explanation = {**told, "steps": tried, "step": number}
            choice.inputs = {"step": first, "event_facts": dict(rule.event_facts), **occasion.facts}
            return choice
        tried.append({"step": number, "strategy": step["strategy"], "why": choice, **trial.named})
    inputs = {"step": first, "event_facts": dict(rule.event_facts), **occasion.facts}
    outcome, explanation = RunOutcome.NOBODY, {**told, "steps": tried}
    return Choice(work_order, outcome, explanation, rule, occasion=occasion, inputs=inputs)


@dataclass(slots=True)
class _Trial:
    """One step of a rule, tried: a choice, or the code of why it comes to nothing."""

    work_order: WorkOrder
    rule: DispatchRule
    number: int
    step: Mapping[str, Any]
    ground: Ground
    occasion: Occasion
    at: datetime
    told: dict[str, Any] = field(default_factory=dict)
    named: dict[str, Any] = field(default_factory=dict)

    def make(self) -> Choice | str:
        strategy = self.step["strategy"]
        if strategy == Strategy.SEND_NEXT:
            return self._send_next()
        if strategy == Strategy.OPTIMISE_LATER:
            return Choice(self.work_order, RunOutcome.DEFERRED, {}, self.rule, occasion=self.occasion)
        if strategy == Strategy.OFFER_PROVIDER:
            return self._provider()
        return self._pool() if strategy == Strategy.OFFER_POOL else self._pick(strategy)

    def _pick(self, strategy: str) -> Choice | str:
        if self.work_order.crew_size > 1:
            return self._crew()
        answer = self._answer(strategy)
        if answer.best is None and self.work_order.may_split and not self._replaces:
            answer = queries.parts_for(self.work_order, self.at, strategy=strategy)
            self.told = explanation(answer)
        if answer.best is None:
            return "nobody"
        verdict = answer.best.verdict
        if self.step.get("accept_minutes"):
            offer = self._offer(OfferKind.ENGINEER, verdict=verdict)
            return "several_days" if verdict.then else self._offered([offer])
        choice = Choice(self.work_order, RunOutcome.ASSIGNED, {}, self.rule, occasion=self.occasion)
        parts = [_visit(self.work_order, part, self.rule, self.at) for part in parts_of(verdict)]
        choice.visit, choice.others = parts[0], parts[1:]
        choice.replaces = self.occasion.visit if self._replaces else None
        return choice

    def _crew(self) -> Choice | str:
        """The first team that can come at once; both or none are planned."""
        late = self.occasion.visit if self._replaces else None
        until = self.at + timedelta(days=self.rule.horizon_days)
        people = self.ground.world.crowd.people
        team = queries.team_among(people, self.work_order, self.at, until, instead_of=late)
        if isinstance(team, Reason):
            self.told = {"chosen": None, "excluded": [{**team.as_json(), "engineers": []}]}
            return "nobody"
        lead, *rest = team.verdicts
        crew = [verdict.person.name for verdict in team.verdicts]
        self.told = {"chosen": {**Candidate(lead, (), ()).as_json(), "crew": crew}}
        key = uuid4()
        choice = Choice(self.work_order, RunOutcome.ASSIGNED, {}, self.rule, occasion=self.occasion)
        choice.visit = _visit(self.work_order, lead, self.rule, self.at, key)
        choice.others = [_visit(self.work_order, verdict, self.rule, self.at, key) for verdict in rest]
        choice.replaces = late
        return choice

    def _pool(self) -> Choice | str:
        answer = self._answer("earliest")
        wanted = set(self.step.get("engineers") or ())
        found = [c.verdict for c in answer.candidates if not wanted or c.verdict.person.id in wanted]
        if not found:
            return "several_days" if self.work_order.may_split else "nobody"
        found = found if wanted else found[:POOL]
        return self._offered([self._offer(OfferKind.POOL, verdict=verdict) for verdict in found])

    def _provider(self) -> Choice | str:
        provider = provider_of_step(self.step)
        self.named = {"provider": provider.name if provider else ""}
        if self.work_order.may_split:
            return "several_days"
        if why := why_not_provider(provider, self.work_order, self.at):
            return why
        return self._offered([self._offer(OfferKind.PROVIDER, provider=provider)])

    def _send_next(self) -> Choice | str:
        visit = self.work_order.visits.filter(pk=self.occasion.facts.get("next_visit_id") or 0).first()
        if visit is None or visit.status != VisitStatus.SCHEDULED:
            return "no_next_visit"
        return Choice(self.work_order, RunOutcome.SENT, {}, self.rule, visit=visit, occasion=self.occasion)

    @property
    def _replaces(self) -> bool:
        return self.occasion.event == RuleEvent.ENGINEER_LATE

    def _answer(self, strategy: str) -> Answer:
        """Everybody judged; who is late, or has said no to an offer, is not asked again."""
        is_offer = bool(self.step.get("accept_minutes")) or self.step["strategy"] == Strategy.OFFER_POOL
        world = self.ground.with_offers() if is_offer else self.ground.world
        out: set[int] = has_refused(self.work_order.pk) if is_offer else set()
        if self._replaces and self.occasion.visit is not None:
            out = {*out, self.occasion.visit.engineer_id}
        until = self.at + timedelta(days=self.rule.horizon_days)
        work = work_of(self.work_order, self.at - timedelta(days=1), until + timedelta(days=1))
        if self._replaces and (late := self.occasion.visit) is not None:
            work = replace(work, seconds=int((late.end_at - late.start_at).total_seconds()))
        policy = knowing(self.ground.policy, [work.place])
        ask = instant.Question(work, seconds(self.at), seconds(until), policy)
        order = strategy if strategy in ORDERS else "earliest"
        most = FOREVER if out or self.step.get("engineers") else MOST_JUDGED
        answer = instant.rank(world, ask, order, most=most)
        if out:
            answer = _but(answer, out)
        self.told = explanation(answer)
        return answer

    def _offer(self, kind: str, *, verdict: Verdict | None = None, provider: Provider | None = None) -> Offer:
        offer = Offer(work_order=self.work_order, kind=kind, step=self.number, provider=provider)
        offer.expires_at = expires_at(self.step, provider, self.at)
        if verdict is not None:
            start, end = verdict.span
            offer.engineer_id = verdict.person.id
            offer.start_at, offer.end_at = moment(start), moment(end)
        return offer

    def _offered(self, offers: list[Offer]) -> Choice:
        return Choice(
            self.work_order, RunOutcome.OFFERED, {}, self.rule, offers=offers, occasion=self.occasion
        )


def _busier(person: Person, stops: list[Stop]) -> Person:
    busier = replace(person, stops=list(person.stops))
    for stop in stops:
        busier.add(stop)
    return busier


def _stop(work_order: WorkOrder, start_at: datetime, end_at: datetime) -> Stop:
    site = work_order.site
    place = None if site.latitude is None or site.longitude is None else (site.latitude, site.longitude)
    return Stop(0, str(work_order), seconds(start_at), seconds(end_at), place)


def _but(answer: Answer, out: set[int]) -> Answer:
    """The answer without some people, who are told among the excluded."""
    left = [one.verdict.person for one in answer.candidates if one.verdict.person.id in out]
    excluded = ((Reason("asked_before"), tuple(left)), *answer.excluded) if left else answer.excluded
    return Answer(
        tuple(one for one in answer.candidates if one.verdict.person.id not in out),
        tuple(one for one in answer.forceable if one.verdict.person.id not in out),
        excluded,
    )


def _visit(
    work_order: WorkOrder, verdict: Verdict, rule: DispatchRule, at: datetime, crew_key: UUID | None = None
) -> Visit:
    start, end = verdict.span
    sends = rule.sends_at_once
    return Visit(
        work_order=work_order,
        engineer_id=verdict.person.id,
        start_at=moment(start),
        end_at=moment(end),
        status=VisitStatus.DISPATCHED if sends else VisitStatus.SCHEDULED,
        sent_at=at if sends else None,
        crew_key=crew_key,
        **plan_facts(verdict, ""),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
