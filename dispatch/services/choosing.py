"""What a rule makes of one work order, before anything is written: which rule, which step, who, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from dispatch import expressions, instant, queries, rules
from dispatch.crews import Team
from dispatch.enums import OfferKind, RuleEvent, RunOutcome, Strategy, VisitStatus, WorkOrderStatus
from dispatch.evaluator import FOREVER, Reason, Verdict
from dispatch.models import DispatchRule, Offer, Visit, WorkOrder
from dispatch.queries.facts import Occasion, facts_for
from dispatch.queries.offers import expires_at, has_refused, provider_of_step, why_not_provider
from dispatch.queries.planning import instant as moment
from dispatch.queries.planning import seconds, work_of
from dispatch.queries.roads import knowing
from dispatch.ranking import ORDERS, Answer, Candidate, explanation
from dispatch.services.judging import plan_facts
from dispatch.services.rulebook import Choice, Ground, Rulebook
from dispatch.stints import stints_of
from workforce.models import Provider

POOL = 5
MOST_JUDGED = 8
"""How many candidates are told of: those of a pool, and the next best."""
NOT_YET_THERE = (VisitStatus.DISPATCHED, VisitStatus.ACCEPTED, VisitStatus.TRAVELLING)


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
        answer = self._answer_in_stints(strategy)
        if answer.best is None:
            return "nobody"
        verdict = answer.best.verdict
        if self.step.get("accept_minutes"):
            offer = self._offer(OfferKind.ENGINEER, verdict=verdict)
            return self._offered([offer]) if _is_alone(verdict) else "several_days"
        choice = Choice(self.work_order, RunOutcome.ASSIGNED, {}, self.rule, occasion=self.occasion)
        stints = [_visit(self.work_order, stint, self.rule, self.at) for stint in stints_of(verdict)]
        choice.visit, choice.others = stints[0], stints[1:]
        choice.replaces = self.occasion.visit if self._replaces else None
        return choice

    def _crew(self) -> Choice | str:
        """The first team that can come at once; both or none are planned."""
        late = self.occasion.visit if self._replaces else None
        until = self.at + timedelta(days=self.rule.horizon_days)
        people = self.ground.world.crowd.people
        team = queries.team_among(
            people, self.work_order, self.at, until, instead_of=late, kept=self.ground.kept
        )
        found: Sequence[Team] | Reason = (team,) if isinstance(team, Team) else team
        if isinstance(found, Reason) and self.work_order.may_split and late is None:
            found = queries.crew_stints_for(self.work_order, self.at)
        if isinstance(found, Reason):
            self.told = {"chosen": None, "excluded": [{**found.as_json(), "engineers": []}]}
            return "nobody"
        lead = replace(found[0].verdicts[0], then=tuple(stint.verdicts[0] for stint in found[1:]))
        crew = [verdict.person.name for verdict in found[0].verdicts]
        unasked = (Reason("not_asked"),) if self.step.get("accept_minutes") else ()
        self.told = {"chosen": {**Candidate(lead, (), unasked).as_json(), "crew": crew}}
        visits = []
        for stint in found:
            key = uuid4()
            visits += [_visit(self.work_order, one, self.rule, self.at, key) for one in stint.verdicts]
        choice = Choice(self.work_order, RunOutcome.ASSIGNED, {}, self.rule, occasion=self.occasion)
        choice.visit, choice.others = visits[0], visits[1:]
        choice.replaces = late
        return choice

    def _pool(self) -> Choice | str:
        if self.work_order.crew_size > 1:
            return "crew"
        answer = self._answer_in_stints("earliest")
        wanted = set(self.step.get("engineers") or ())
        able = [c.verdict for c in answer.candidates if not wanted or c.verdict.person.id in wanted]
        found = [verdict for verdict in able if _is_alone(verdict)]
        if not found:
            return "several_days" if able else "nobody"
        found = found if wanted else found[:POOL]
        return self._offered([self._offer(OfferKind.POOL, verdict=verdict) for verdict in found])

    def _provider(self) -> Choice | str:
        provider = provider_of_step(self.step)
        self.named = {"provider": provider.name if provider else ""}
        if self.work_order.crew_size > 1:
            return "crew"
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

    @property
    def _is_offer(self) -> bool:
        """Whether engineers are asked before anything is planned."""
        return bool(self.step.get("accept_minutes")) or self.step["strategy"] == Strategy.OFFER_POOL

    def _answer_in_stints(self, strategy: str) -> Answer:
        """Everybody judged; where nobody can do the work whole and it may be split, in stints."""
        answer = self._answer(strategy)
        if answer.best is None and self.work_order.may_split and not self._replaces:
            people = queries.people_ahead(self.work_order, self.at, self.ground.policy)
            people = self.ground.busier(people, with_offers=self._is_offer)
            policy = self.ground.policy
            answer = queries.stints_among(people, self.work_order, self.at, policy, strategy=strategy)
            if out := self._refused():
                answer = _but(answer, out)
            self.told = explanation(answer)
        return answer

    def _refused(self) -> set[int]:
        """Who has said no to an offer of the work, for a step that offers it."""
        return has_refused(self.work_order.pk) if self._is_offer else set()

    def _answer(self, strategy: str) -> Answer:
        """Everybody judged; who is late, or has said no to an offer, is not asked again."""
        world = self.ground.with_offers() if self._is_offer else self.ground.world
        out = self._refused()
        if self._replaces and self.occasion.visit is not None:
            out = {*out, self.occasion.visit.engineer_id}
        until = self.at + timedelta(days=self.rule.horizon_days)
        work = work_of(self.work_order, self.at - timedelta(days=1), until + timedelta(days=1))
        if self._replaces and (late := self.occasion.visit) is not None:
            work = replace(work, seconds=int((late.end_at - late.start_at).total_seconds()))
        work = self.ground.known_to(work)
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
            offer.stints = [_span_told(stint) for stint in stints_of(verdict)] if verdict.then else []
        return offer

    def _offered(self, offers: list[Offer]) -> Choice:
        return Choice(
            self.work_order, RunOutcome.OFFERED, {}, self.rule, offers=offers, occasion=self.occasion
        )


def _span_told(stint: Verdict) -> dict[str, str]:
    start, end = stint.span
    return {"start_at": moment(start).isoformat(), "end_at": moment(end).isoformat()}


def _is_alone(verdict: Verdict) -> bool:
    """Whether one engineer does all stints: work is offered whole."""
    return all(stint.person.id == verdict.person.id for stint in verdict.then)


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
