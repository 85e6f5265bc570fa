"""The demo's company as a newcomer finds it: four weeks behind it, a day under way, and people who take their time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db.models import Model

from accounts.models import Membership
from accounts.queries import actor_of
from analytics.enums import Kpi
from analytics.queries.figures import daily
from channels.enums import OutboundStatus
from channels.models import OutboundMessage
from core.clock import now
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.rules import UNDER_WAY
from feedback.models import Response, VisitLetter
from fieldservice.demo import archive, days, simulator, story
from fieldservice.demo.days import Job
from fieldservice.demo.seed import found_company, read_company
from fieldservice.management.commands import seed_demo
from journal import services as journal
from tenants.active import tenant_active
from tenants.models import Tenant
from tests.factories.dispatch import make_ticket
from tickets.enums import SlaEvent, SlaKpi
from tickets.models import SlaClock, Ticket
from workforce.models import Engineer

pytestmark = pytest.mark.django_db
ORDER = (SlaEvent.OPENED, SlaEvent.WE_REPLIED, SlaEvent.ARRIVED, SlaEvent.RESOLVED, SlaEvent.CLOSED)
AFTERNOON = datetime(2024, 11, 22, 5, 30, tzinfo=UTC)
"""A Friday, 14:30 in Tokyo."""


@pytest.fixture
def globex() -> Iterator[Tenant]:
    tenant = found_company("globex", at=AFTERNOON - days.PAST - timedelta(days=3))
    with tenant_active(tenant.pk):
        yield tenant


def days_of(tenant: Tenant, at: datetime = AFTERNOON) -> list[Job]:
    return days.days_until(tenant, read_company(tenant.slug), random.Random(1), at)


def told(job: Job) -> tuple[int, datetime, datetime, str]:
    return job.engineer.pk, job.start_at, job.ended_at, job.place.site.name


def test_the_days_are_the_same_every_time(globex: Tenant) -> None:
    assert [told(job) for job in days_of(globex)] == [told(job) for job in days_of(globex)]


def test_nobody_is_at_two_places_and_all_take_about_as_long_as_planned(globex: Tenant) -> None:
    jobs = days_of(globex)
    assert len(jobs) > 500
    for engineer in Engineer.objects.all():
        own = [job for job in jobs if job.engineer.pk == engineer.pk]
        assert all(before.ended_at < after.arrived_at for before, after in pairwise(own))
        assert all(before.end_at < after.start_at for before, after in pairwise(own))
    shares = [(job.ended_at - job.arrived_at) / (job.end_at - job.start_at) for job in jobs]
    assert 0.7 < min(shares) < 0.85
    assert 1.15 < max(shares) < 1.3


def test_in_the_afternoon_some_are_done_some_under_way_and_more_to_come(globex: Tenant) -> None:
    today = [job for job in days_of(globex) if job.start_at > AFTERNOON - timedelta(hours=9)]
    states = {job.status(AFTERNOON) for job in today}
    assert {VisitStatus.DONE, VisitStatus.ON_SITE, VisitStatus.ACCEPTED, VisitStatus.DISPATCHED} <= states
    open_jobs = [job for job in today if job.status(AFTERNOON) != VisitStatus.DONE]
    assert all(job.engineer.membership_id is None for job in open_jobs), "the newcomer's own work"


def test_sites_are_visited_in_their_hours(globex: Tenant) -> None:
    for job in days_of(globex):
        local = (moment.astimezone(globex.zone) for moment in (job.start_at, job.end_at))
        assert job.place.is_open(*local)
    assert any(job.place.hours is not None for job in days_of(globex))


def test_the_figures_of_the_past_vary_and_nobody_is_written_to(globex: Tenant) -> None:
    archive.write(globex, read_company("globex"), random.Random(2), days_of(globex), AFTERNOON)
    today = AFTERNOON.astimezone(globex.zone).date()
    figures = daily(today - timedelta(days=28), today - timedelta(days=1), globex.zone, AFTERNOON)
    used = figures[Kpi.UTILISATION].values.values()
    assert all(value is not None and 35 < value < 85 for value in used)
    for kpi, least in ((Kpi.ON_TIME, 80), (Kpi.FIRST_FIX, 75), (Kpi.SLA, 80)):
        known = [value for value in figures[kpi].values.values() if value is not None]
        assert least < sum(known) / len(known) < 99, kpi
    assert Response.objects.filter(score__lte=2).exists()
    assert not OutboundMessage.objects.exists()


def test_the_tickets_of_the_past_agree_with_their_clocks_and_visits(globex: Tenant) -> None:
    archive.write(globex, read_company("globex"), random.Random(2), days_of(globex), AFTERNOON)
    answered = list(SlaClock.objects.filter(kpi=SlaKpi.FIRST_RESPONSE).select_related("ticket"))
    assert answered
    for clock in answered:
        assert clock.stopped_at == clock.ticket.first_response_at
        assert (clock.state == "breached") == (clock.elapsed_minutes > clock.target_minutes)
    for ticket in Ticket.objects.prefetch_related("work_orders__visits"):
        (visit,) = ticket.work_orders.get().visits.all()
        moments = [datetime.fromisoformat(ticket.event_times[name]) for name in ORDER]
        assert moments == sorted(moments)
        assert moments[2] == visit.arrived_at and moments[3] == ticket.resolved_at


def test_what_is_under_way_can_be_finished_by_its_engineer(globex: Tenant) -> None:
    archive.write(globex, read_company("globex"), random.Random(2), days_of(globex), AFTERNOON)
    visit = Visit.objects.filter(status=VisitStatus.ON_SITE).order_by("pk")[0]
    story.advance(visit, random.Random(3), at=AFTERNOON + timedelta(minutes=20))
    visit.refresh_from_db()
    assert visit.status == VisitStatus.DONE


@pytest.mark.parametrize("pk", range(1, 40))
def test_a_simulated_visit_takes_about_as_long_as_planned(pk: int) -> None:
    start = AFTERNOON
    visit = Visit(
        pk=pk,
        tenant_id=1,
        start_at=start,
        end_at=start + timedelta(minutes=60),
        travel_minutes=20,
        status=VisitStatus.ON_SITE,
        arrived_at=start + timedelta(minutes=5),
    )
    ends = simulator.next_tap_at(visit, None)
    assert ends is not None
    assert timedelta(minutes=44) < ends - start - timedelta(minutes=5) < timedelta(minutes=76)
    visit.status, visit.arrived_at = VisitStatus.ACCEPTED, None
    sets_out = simulator.next_tap_at(visit, None)
    assert sets_out is not None
    assert timedelta(minutes=-27) < sets_out - start < timedelta(minutes=31)
    busy_until = start + timedelta(hours=2)
    assert simulator.next_tap_at(visit, busy_until) == busy_until, "not before the visit before is over"


@pytest.mark.django_db(transaction=True)
def test_letters_about_the_past_went_out_then() -> None:
    at = now()
    tenant = found_company("globex", at=at - days.PAST - timedelta(days=3))
    seed_demo.tell_the_past(tenant, at)
    with tenant_active(tenant.pk):
        waiting = VisitLetter.objects.filter(message__status=OutboundStatus.QUEUED)
        assert all(letter.visit.start_at > at for letter in waiting.select_related("visit"))
        queued = OutboundMessage.objects.filter(status=OutboundStatus.QUEUED)
        assert set(queued.values_list("pk", flat=True)) == set(waiting.values_list("message", flat=True))
        unanswered = Ticket.objects.filter(first_response_at=None, opened_at__lt=at - timedelta(minutes=10))
        assert not unanswered.exists()
        sent = OutboundMessage.objects.filter(status=OutboundStatus.SENT, key__startswith="rate:")
        assert sent.count() == seed_demo.TOLD_VISITS
        assert all(message.sent_at and message.sent_at < at for message in sent)


def test_the_simulator_makes_up_for_a_pause_at_the_moments_that_were_due(globex: Tenant) -> None:
    archive.write(globex, read_company("globex"), random.Random(2), days_of(globex), AFTERNOON)
    begun = set(Visit.objects.filter(status__in=UNDER_WAY).values_list("pk", flat=True))
    assert begun
    for _ in range(8):
        simulator.one_round("globex", random.Random(4), pause_seconds=0)
    for visit in Visit.objects.filter(pk__in=begun):
        assert visit.status == VisitStatus.DONE
        assert visit.arrived_at and visit.ended_at
        assert visit.ended_at - visit.arrived_at < timedelta(hours=2)


def test_the_simulator_leaves_alone_what_a_person_planned_or_changed(globex: Tenant) -> None:
    archive.write(globex, read_company("globex"), random.Random(2), days_of(globex), AFTERNOON)
    begun = list(Visit.objects.filter(status__in=UNDER_WAY).order_by("pk"))
    assert len(begun) > 3
    dispatcher = actor_of(Membership.objects.select_related("role", "user").exclude(role__code="engineer")[0])
    ticket = make_ticket()
    WorkOrder.objects.filter(pk=begun[2].work_order_id).update(ticket=ticket)
    things: list[Model] = [begun[0], begun[1].work_order, ticket]
    for thing in things:
        journal.record(actor=dispatcher, verb="changed", thing=thing, at=AFTERNOON)
    for _ in range(8):
        simulator.one_round("globex", random.Random(4), pause_seconds=0)
    left = {visit.pk for visit in begun[:3]}
    for visit in Visit.objects.filter(pk__in=[one.pk for one in begun]):
        before = next(one for one in begun if one.pk == visit.pk)
        assert (visit.status == before.status) == (visit.pk in left)
