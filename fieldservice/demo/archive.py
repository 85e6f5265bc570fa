"""What the company did before the demo began: four weeks and the day so far, written as rows.

Told by services, as `story` tells the newest visits, so many would take minutes, and their customers would now get
letters about October. These rows are what an older system would have handed over: no facts, no letters, no charges.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from analytics.models import InquiryFigures, VisitFigures
from analytics.rules import late_minutes
from channels.enums import Channel
from delivery.enums import TimeKind
from delivery.models import Checklist, Submission, TimeEntry
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from dispatch.rules import on_time_until
from feedback.enums import RatingReason, RecoveryStatus
from feedback.models import Recovery, Response
from feedback.rules import LOW_SCORE, RECOVERY_TIME
from fieldservice.demo.days import Job
from tenants.models import Tenant
from tenants.services import next_numbers
from tickets.enums import ClockState, Priority, SlaEvent, SlaKpi, TicketStatus
from tickets.models import SlaClock, SlaItem, SlaSegment, Ticket

ASKED, LATE_ANSWER = 0.15, 0.05
"""How often a ticket led to the work, and a promise about it was broken."""
CHANNELS = {Channel.PHONE: 50, Channel.EMAIL: 25, Channel.WEB: 15, Channel.API: 10}
BATCH = 1000

Facts = dict[str, Any]
Dice = random.Random


def write(tenant: Tenant, facts: Facts, dice: Dice, jobs: Sequence[Job], at: datetime) -> None:
    """Write these visits with their work orders, tickets, times, ratings and figures."""
    desk = facts["people"]["service_desk"]
    done = [job for job in jobs if job.status(at) == VisitStatus.DONE]
    _write_tickets(facts, dice, [job for job in done if dice.random() < ASKED], desk, tenant)
    numbers = next_numbers("work_order", len(jobs))
    _save(WorkOrder, [_order(facts, job, number, at) for job, number in zip(jobs, numbers, strict=True)])
    _save(Visit, [_visit(job, at) for job in jobs])
    _save(VisitFigures, [_figures(job, tenant) for job in done])
    _save(TimeEntry, [entry for job in jobs for entry in _time_sheet(job, at)])
    _save(Submission, _begun_checklists(jobs, at))
    _save(Response, _responses(facts, dice, done, at))
    _save(Recovery, _recoveries(facts, done, desk, at))


def _save(model: type[Any], rows: Sequence[Any]) -> None:
    """Write rows of any app, past its services: only here, where what is written is history that nobody acts on."""
    model.objects.bulk_create(rows, batch_size=BATCH)


def _order(facts: Facts, job: Job, number: int, at: datetime) -> WorkOrder:
    site, topic = job.place.site, job.work_type.topic
    status = {VisitStatus.DONE: WorkOrderStatus.SETTLED, VisitStatus.ON_SITE: WorkOrderStatus.IN_PROGRESS}
    order = WorkOrder(
        number=number,
        ticket=job.rows.get("ticket"),
        customer=site.customer,
        site=site,
        work_type=job.work_type,
        subject=_words(facts, job)[1],
        description=_words(facts, job)[2],
        priority=topic.default_priority if topic else Priority.P3,
        duration_minutes=job.work_type.duration_minutes,
        status=status.get(job.status(at), WorkOrderStatus.SCHEDULED),
        created_at=job.ordered_at,
    )
    job.rows["order"] = order
    return order


def _words(facts: Facts, job: Job) -> list[str]:
    """What a customer says of such trouble: topic, subject, description."""
    code = job.work_type.topic.code if job.work_type.topic else ""
    return next((one for one in facts["requests"] if one[0] == code), [code, job.work_type.name, ""])


def _visit(job: Job, at: datetime) -> Visit:
    status = job.status(at)
    visit = Visit(
        work_order=job.rows["order"],
        engineer=job.engineer,
        start_at=job.start_at,
        end_at=job.end_at,
        travel_minutes=job.travel_minutes,
        travel_km=round(job.travel_minutes * 0.35, 1),
        status=status,
        sent_at=min(job.ordered_at + timedelta(minutes=20), at),
        accepted_at=None if status == VisitStatus.DISPATCHED else min(job.start_at - timedelta(hours=2), at),
        travel_started_at=job.set_out_at if job.set_out_at <= at else None,
        arrived_at=job.arrived_at if job.arrived_at <= at else None,
        ended_at=job.ended_at if job.ended_at <= at else None,
    )
    job.rows["visit"] = visit
    return visit


def _figures(job: Job, tenant: Tenant) -> VisitFigures:
    late = late_minutes(job.arrived_at, on_time_until(None, job.start_at))
    return VisitFigures(
        visit=job.rows["visit"],
        engineer=job.engineer,
        area=job.place.site.area,
        completed_on=job.ended_at.astimezone(tenant.zone).date(),
        is_on_time=late == 0,
        late_minutes=late,
        work_minutes=_minutes(job.ended_at - job.arrived_at),
        travel_minutes=job.travel_minutes,
        is_repeat=job.is_repeat,
        score=job.score,
    )


def _time_sheet(job: Job, at: datetime) -> Iterator[TimeEntry]:
    stretches = [
        (TimeKind.TRAVEL, job.set_out_at, job.arrived_at),
        (TimeKind.WORK, job.arrived_at, job.ended_at),
    ]
    for kind, start, end in stretches:
        if start <= at:
            end_at = end if end <= at else None
            visit = job.rows["visit"]
            yield TimeEntry(visit=visit, engineer=job.engineer, kind=kind, start_at=start, end_at=end_at)


def _begun_checklists(jobs: Iterable[Job], at: datetime) -> list[Submission]:
    lists = {one.work_type_id: one for one in Checklist.objects.filter(is_published=True)}
    return [
        Submission(visit=job.rows["visit"], checklist=lists[job.work_type.pk], started_at=job.arrived_at)
        for job in jobs
        if job.status(at) == VisitStatus.ON_SITE and job.work_type.pk in lists
    ]


def _responses(facts: Facts, dice: Dice, done: Iterable[Job], at: datetime) -> list[Response]:
    """Who rated, some time after the visit; what was not told yet counts for nothing."""
    found = []
    for job in done:
        if job.score is None:
            continue
        good = job.score > LOW_SCORE + 1
        words = dice.choice(facts["comments"]["good" if good else "poor"]) if dice.random() < 0.4 else ""
        response = Response(
            visit=job.rows["visit"],
            score=job.score,
            reasons=dice.sample([reason.value for reason in RatingReason], k=2) if good else [],
            comment=words,
            language=facts["language"],
            recorded_at=min(job.ended_at + timedelta(minutes=dice.randint(4, 600)), at),
        )
        job.rows["response"] = response
        found.append(response)
    return found


def _recoveries(facts: Facts, done: Iterable[Job], desk: str, at: datetime) -> list[Recovery]:
    """Every low rating was followed up by a call, but for those of the last hour."""
    found = []
    for job in done:
        response: Response | None = job.rows.get("response")
        if response is None or response.score > LOW_SCORE:
            continue
        called_at = response.recorded_at + timedelta(minutes=40)
        is_done = called_at <= at
        found.append(
            Recovery(
                response=response,
                status=RecoveryStatus.DONE if is_done else RecoveryStatus.OPEN,
                due_at=response.recorded_at + RECOVERY_TIME,
                outcome=facts["words"]["called"] if is_done else "",
                done_at=called_at if is_done else None,
                done_by=desk if is_done else "",
            )
        )
    return found


def _write_tickets(facts: Facts, dice: Dice, jobs: Sequence[Job], desk: str, tenant: Tenant) -> None:
    """The tickets that led to some of the work, answered and solved, with the clocks of what was promised."""
    promises: dict[tuple[int | None, str], SlaItem] = {}
    for item in SlaItem.objects.select_related("policy").order_by("pk"):
        promises[item.policy.priority, item.kpi] = item
    numbers = next_numbers("ticket", len(jobs))
    clocks: list[SlaClock] = []
    tickets, figures = [], []
    for job, number in zip(jobs, numbers, strict=True):
        ticket = _ticket(facts, dice, job, number, desk)
        for kpi in (SlaKpi.FIRST_RESPONSE, SlaKpi.ARRIVAL):
            promised = promises.get((ticket.priority, kpi))
            if promised is not None:
                clock = _clock(dice, ticket, promised, tenant, until=job.arrived_at)
                clocks.append(clock)
                if kpi == SlaKpi.FIRST_RESPONSE:
                    ticket.first_response_at = clock.stopped_at
        ticket.event_times = _events(ticket, job)
        tickets.append(ticket)
        figures.append(_inquiry(ticket, tenant))
    _save(Ticket, tickets)
    _save(SlaClock, clocks)
    _save(SlaSegment, [segment for clock in clocks for segment in _segments(clock, desk)])
    _save(InquiryFigures, figures)


def _ticket(facts: Facts, dice: Dice, job: Job, number: int, desk: str) -> Ticket:
    site, topic = job.place.site, job.work_type.topic
    _code, subject, description = _words(facts, job)
    ticket = Ticket(
        number=number,
        subject=subject,
        description=description,
        channel=dice.choices(list(CHANNELS), list(CHANNELS.values()))[0],
        status=TicketStatus.CLOSED,
        priority=topic.default_priority if topic else Priority.P3,
        topic=topic,
        customer=site.customer,
        site=site,
        language=facts["language"],
        work_type_code=job.work_type.code,
        opened_at=job.ordered_at - timedelta(minutes=dice.randint(2, 12)),
        first_response_at=job.ordered_at,
        resolved_at=job.ended_at + timedelta(minutes=15),
        resolved_by=desk,
        resolution=facts["words"]["done"],
        search_text=f"{subject} {description} {site.customer.name}".lower(),
    )
    job.rows["ticket"] = ticket
    return ticket


def _events(ticket: Ticket, job: Job) -> dict[str, str]:
    """When what happened to the ticket last happened: its page and its clocks go on from there."""
    times = {
        SlaEvent.OPENED: ticket.opened_at,
        SlaEvent.WE_REPLIED: ticket.first_response_at,
        SlaEvent.WORK_ORDERED: job.ordered_at,
        SlaEvent.ARRIVED: job.arrived_at,
        SlaEvent.RESOLVED: ticket.resolved_at,
        SlaEvent.CLOSED: ticket.resolved_at,
    }
    return {event.value: at.isoformat() for event, at in times.items() if at is not None}


def _clock(dice: Dice, ticket: Ticket, item: SlaItem, tenant: Tenant, *, until: datetime) -> SlaClock:
    """A promise that was kept, or, seldom, was not; all of it before somebody was there (`until`)."""
    share = dice.uniform(1.05, 1.5) if dice.random() < LATE_ANSWER else dice.uniform(0.2, 0.95)
    taken = max(1, min(round(item.target_minutes * share), _minutes(until - ticket.opened_at)))
    is_late = taken > item.target_minutes
    due_at = ticket.opened_at + timedelta(minutes=item.target_minutes)
    return SlaClock(
        ticket=ticket,
        policy=item.policy,
        item=item,
        kpi=item.kpi,
        code=item.code,
        state=ClockState.BREACHED if is_late else ClockState.MET,
        target_minutes=item.target_minutes,
        zone=str(tenant.zone),
        policy_reason="priority",
        started_at=ticket.opened_at,
        due_at=due_at,
        stopped_at=ticket.opened_at + timedelta(minutes=taken),
        elapsed_minutes=taken,
        breached_at=due_at if is_late else None,
    )


def _segments(clock: SlaClock, desk: str) -> Iterator[SlaSegment]:
    for state, from_at in (
        (ClockState.RUNNING, clock.started_at),
        (clock.state, clock.stopped_at or clock.started_at),
    ):
        yield SlaSegment(
            clock=clock,
            state=state,
            target_minutes=clock.target_minutes,
            item=clock.item,
            from_at=from_at,
            reason="",
            actor_label=desk,
        )


def _inquiry(ticket: Ticket, tenant: Tenant) -> InquiryFigures:
    opened = ticket.opened_at.astimezone(tenant.zone)
    return InquiryFigures(
        ticket=ticket,
        topic=ticket.topic,
        channel=ticket.channel,
        opened_on=_day(opened),
        opened_hour=opened.hour,
        response_minutes=_minutes(ticket.first_response_at - ticket.opened_at)
        if ticket.first_response_at
        else None,
        handling_seconds=180,
        messages=2,
        is_resolved=True,
    )


def _day(moment: datetime) -> date:
    return moment.date()


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
