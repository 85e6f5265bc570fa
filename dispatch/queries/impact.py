"""What a policy's draft would change: the draft asked about visits that are really planned."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dispatch import instant
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.evaluator import Reason, evaluate
from dispatch.instant import Question
from dispatch.models import Visit, WorkOrder
from dispatch.policy import ALLOW, BLOCK, CONFIRM, VERDICTS, Policy
from dispatch.queries.planning import for_planning, load_world, part_ids_of, policy_in_force, seconds, work_of
from dispatch.queries.roads import knowing_sites
from dispatch.ranking import BEST
from dispatch.rules import OCCUPYING

LOOKS_BACK = timedelta(days=7)
LOOKS_AHEAD = timedelta(days=7)
MOST_VISITS = 2_000
SAMPLE = 20
_ASKS_ALL = Policy(verdicts=dict.fromkeys(VERDICTS, CONFIRM))
"""Judges every rule, so that no policy's leave hides one."""
_COUNTED = (*OCCUPYING, VisitStatus.DONE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One visit that the draft judges otherwise, and by which rules."""

    visit: Visit
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Work for which another engineer would come first. None is nobody."""

    work_order: WorkOrder
    before: str | None
    after: str | None


@dataclass(slots=True)
class Impact:
    """`judged` visits in all: those that would now be `blocked` or ask for a reason (`asking`) and did not,
    and those set `free` of a rule. `choices` differ among `sampled` work orders."""

    judged: int = 0
    blocked: list[Judged] = field(default_factory=list)
    asking: list[Judged] = field(default_factory=list)
    free: list[Judged] = field(default_factory=list)
    sampled: int = 0
    choices: list[Choice] = field(default_factory=list)


def impact_of(draft: Policy, *, at: datetime) -> Impact:
    """Ask the draft and the policy in force about the visits of the last and the next seven days, and who
    comes first for a sample of work: a fixed number of queries."""
    current = policy_in_force()
    found = Impact()
    begin, end = at - LOOKS_BACK, at + LOOKS_AHEAD
    works = WorkOrder.objects.filter(visits__start_at__gte=begin, visits__start_at__lt=end).distinct()
    known = {work_order.pk: work_order for work_order in for_planning(works)}
    visits = list(
        Visit.objects.filter(start_at__gte=begin, start_at__lt=end, status__in=_COUNTED)
        .select_related("engineer", "work_order__site")
        .order_by("-start_at")[:MOST_VISITS]
    )
    sites = {visit.work_order.site_id for visit in visits}
    parts = part_ids_of(known.values())
    engineers = {visit.engineer_id for visit in visits}
    world = load_world(begin, end, engineer_ids=engineers, site_ids=sites, part_ids=parts, policy=current)
    asks_all = replace(_ASKS_ALL, roads=knowing_sites(current, sites).roads)
    people = {person.id: person for person in world.people}
    for visit in visits:
        work = work_of(known[visit.work_order_id], begin, end)
        if visit.start_at < at:
            # What was in the van has been used meanwhile.
            work = replace(work, parts={})
        person = people[visit.engineer_id]
        span = seconds(visit.start_at), seconds(visit.end_at)
        verdict = evaluate(person, work, span[0], end=span[1], ignoring=visit.pk, policy=asks_all)
        _sort(found, visit, verdict.broken, (current, draft))
    _compare_choices(found, current, draft, at)
    return found


def _sort(found: Impact, visit: Visit, broken: tuple[Reason, ...], policies: tuple[Policy, Policy]) -> None:
    """Count one visit by the strictest rule whose verdict differs."""
    found.judged += 1
    current, draft = policies
    changed = [r for r in broken if current.verdict(r.code) != draft.verdict(r.code)]
    for verdict, told in ((BLOCK, found.blocked), (CONFIRM, found.asking), (ALLOW, found.free)):
        if reasons := tuple(r for r in changed if draft.verdict(r.code) == verdict):
            told.append(Judged(visit, reasons))
            return


def _compare_choices(found: Impact, current: Policy, draft: Policy, at: datetime) -> None:
    waiting = WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED).order_by("priority", "-id")
    sample = list(for_planning(waiting).select_related("site", "customer")[:SAMPLE])
    if not sample:
        return
    until = at + timedelta(days=3)
    parts = part_ids_of(sample)
    world = load_world(at, until, site_ids={w.site_id for w in sample}, part_ids=parts, policy=current)
    engine = instant.World(world.people, world.policy.roads.estimate)
    roads = knowing_sites(current, {w.site_id for w in sample}).roads
    policies = [replace(policy, roads=roads) for policy in (current, draft)]
    found.sampled = len(sample)
    for work_order in sample:
        ask = Question(work_of(work_order, at, until), seconds(at), seconds(until), current)
        before, after = (_first(engine, replace(ask, policy=policy)) for policy in policies)
        if before != after:
            found.choices.append(Choice(work_order, before, after))


def _first(engine: instant.World, ask: Question) -> str | None:
    best = instant.rank(engine, ask, BEST, most=1).best
    return best.verdict.person.name if best else None
