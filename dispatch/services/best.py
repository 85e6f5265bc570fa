"""Who should go, chosen and planned in one act: the ranking of candidates, then the commit, under one lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, Refusal
from dispatch import policy as codes
from dispatch import queries
from dispatch.crews import Team
from dispatch.evaluator import Reason, Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import instant, seconds
from dispatch.ranking import Answer, Candidate
from dispatch.services.crews import schedule_crew
from dispatch.services.days import Span, Stint, schedule_stints
from dispatch.services.following import check_takes_a_visit, check_work_is_open
from dispatch.services.judging import CannotSchedule
from dispatch.services.planning import schedule_visit
from dispatch.stints import stints_of
from tenants.actors import Actor

TRIES = 3
USUAL_DAYS = 3
MOST_AHEAD = timedelta(days=14)
TOLD = 50
"""How many candidates are told of at most."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of it. `visits` in order of time, all of a crew; none when nobody can, which `answer` explains.
    `candidate` is who goes and why, of a crew who leads; `crew` names all of one. `tries` counts the last one."""

    visits: Sequence[Visit]
    answer: Answer
    between: Span
    candidate: Candidate | None = None
    crew: tuple[str, ...] = ()
    tries: int = 1


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who is to go when: one stint, or all that the work takes."""

    candidate: Candidate
    stints: tuple[Stint, ...]
    answer: Answer
    crew: tuple[str, ...] = ()


@transaction.atomic
def schedule_best(
    *,
    work_order_id: int,
    actor: Actor,
    at: datetime,
    from_at: datetime | None = None,
    until: datetime | None = None,
    strategy: str = "earliest",
    tries: int = TRIES,
    override_reason: str = "",
) -> Chosen:
    """Plan the visit of whom `queries.candidates` puts first, as `schedule_visit` does; of a crew all visits, of
    work that takes several days all stints.

    It is to begin between two instants, by default in the next three days. When somebody else takes the time between
    the look and the write, it looks again, `tries` times in all; then `Conflict` (code "overtaken") lists who was
    tried. Without an `override_reason` whoever needs one is not chosen, and who can only come after the promise is
    refused as `schedule_visit` does. Nobody is no error.
    """
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.VISIT_PLAN, work_order)
    check_work_is_open(work_order)
    check_takes_a_visit(work_order, people=work_order.crew_size, reason=override_reason)
    between = _between(from_at, until, at)
    tried: list[dict[str, Any]] = []
    for number in range(1, tries + 1):
        found = _choose(work_order, between, strategy, bool(override_reason.strip()), at)
        if isinstance(found, Answer):
            return Chosen((), found, between, tries=number)
        try:
            with transaction.atomic():
                visits = _commit(work_order, found, actor, at, override_reason)
        except (CannotSchedule, Conflict) as problem:
            if not _is_overtaken(found, problem):
                raise
            tried.append(_told(found, problem))
            continue
        return Chosen(visits, found.answer, between, found.candidate, found.crew, number)
    raise _overtaken(work_order, tried)


def _between(from_at: datetime | None, until: datetime | None, at: datetime) -> Span:
    begin = max(from_at or at, at)
    end = until or begin + timedelta(days=USUAL_DAYS)
    if end <= begin:
        text = _("This must be later than from, and to come.")
        raise BadInput(text, errors={"until": [text]})
    if end - begin > MOST_AHEAD:
        text = _("Choose at most %(days)s days.") % {"days": MOST_AHEAD.days}
        raise BadInput(text, errors={"until": [text]})
    return begin, end


def _choose(
    work_order: WorkOrder, between: Span, strategy: str, may_force: bool, at: datetime
) -> _Plan | Answer:
    if work_order.crew_size > 1:
        return _crew(work_order, between, at)
    answer = queries.candidates(work_order, at, between=between, strategy=strategy, most=TOLD)
    timely = [one for one in answer.candidates if one.verdict.span[0] < seconds(between[1])]
    if answer.candidates and not timely:
        late = Reason(codes.WINDOW), tuple(one.verdict.person for one in answer.candidates)
        answer = replace(answer, candidates=(), excluded=(late, *answer.excluded))
    best = next(iter((*timely, *(answer.forceable if may_force else ()))), None)
    if best is None:
        return answer
    stints = tuple(Stint((one.person.id,), *_span(one)) for one in stints_of(best.verdict))
    return _Plan(best, stints, answer)


def _crew(work_order: WorkOrder, between: Span, at: datetime) -> _Plan | Answer:
    """The first team that can come at once; in stints, where the work may be split and has to be; else the first that
    would come after the promise."""
    parts = queries.part_ids_of([work_order])
    people = queries.load_world(*between, site_ids=[work_order.site_id], part_ids=parts).people
    team = queries.team_among(people, work_order, *between, asked_at=at)
    found: Sequence[Team] | Reason = (team,) if isinstance(team, Team) else team
    if isinstance(found, Reason) and work_order.may_split:
        found = queries.crew_stints_for(work_order, between[0], asked_at=at)
        if not isinstance(found, Reason) and found[0].start >= seconds(between[1]):
            found = Reason(codes.WINDOW)
    if isinstance(found, Reason):
        late = queries.team_among(people, work_order, *between, asked_at=at, may_be_late=True)
        if isinstance(late, Reason):
            return Answer((), (), ((found, ()),))
        found = (late,)
    lead = replace(found[0].verdicts[0], then=tuple(stint.verdicts[0] for stint in found[1:]))
    stints = tuple(
        Stint(tuple(one.person.id for one in stint.verdicts), instant(stint.start), instant(stint.end))
        for stint in found
    )
    crew = tuple(verdict.person.name for verdict in found[0].verdicts)
    return _Plan(Candidate(lead, (), ()), stints, Answer((), (), ()), crew)


def _commit(
    work_order: WorkOrder, plan: _Plan, actor: Actor, at: datetime, override_reason: str
) -> Sequence[Visit]:
    first = plan.stints[0]
    act: dict[str, Any] = {"work_order_id": work_order.pk, "actor": actor, "at": at}
    act["override_reason"] = override_reason
    if len(plan.stints) > 1:
        return schedule_stints(stints=plan.stints, **act)
    if len(first.engineer_ids) > 1:
        return schedule_crew(engineer_ids=first.engineer_ids, start_at=first.start_at, **act)
    (engineer_id,) = first.engineer_ids
    return [schedule_visit(engineer_id=engineer_id, start_at=first.start_at, end_at=first.end_at, **act)]


def _span(verdict: Verdict) -> Span:
    start, end = verdict.span
    return instant(start), instant(end)


def _is_overtaken(plan: _Plan, problem: Refusal) -> bool:
    """Whether the plan was possible when we looked."""
    if isinstance(problem, CannotSchedule):
        return not plan.candidate.verdict.broken
    return problem.problem_code == "overlap"


def _told(plan: _Plan, problem: Refusal) -> dict[str, Any]:
    verdict = plan.candidate.verdict
    return {
        "engineer_id": verdict.person.id,
        "name": verdict.person.name,
        "start_at": _span(verdict)[0].isoformat(),
        "text": problem.message,
    }


def _overtaken(work_order: WorkOrder, tried: Sequence[dict[str, Any]]) -> Conflict:
    message = _(
        "%(work_order)s was not planned: each time was taken before it could be written, last that of %(engineer)s at "
        "%(time)s. Ask again."
    )
    time = formats.local_datetime(datetime.fromisoformat(tried[-1]["start_at"]))
    facts = {"work_order": work_order, "engineer": tried[-1]["name"], "time": time}
    return Conflict(message % facts, code="overtaken", tried=list(tried))
