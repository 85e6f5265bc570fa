"""What finished trips teach, and that what was told by former factors may still be planned for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import now
from dispatch import queries, services
from dispatch.models import TravelProfile, Visit
from dispatch.queries.planning import instant
from dispatch.services.judging import judge
from dispatch.travel import ESTIMATE, PARKING_MINUTES, Estimate, band_minutes, km_between
from journal.models import AuditEntry
from tests.cast import AT, Company
from tests.dispatch.test_travel_times import MINUTE, SYSTEM, learned, placed_work
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from workforce.models import Engineer, ShiftBreak


def drive_about(engineer: Engineer, count: int, factor: float, *, spread: float = 1.0) -> None:
    """Finished visits, one after the other, each trip so much slower than estimated."""
    before = (engineer.home_latitude or 0.0, engineer.home_longitude or 0.0)
    at = AT - timedelta(days=5)
    for number in range(count):
        place = (35.68 + (number % 7) * spread / 90, 139.76 - (number % 5) * spread / 70)
        driving = sum(band_minutes(km_between(before, place))) * factor
        arrived = at + (driving + PARKING_MINUTES) * MINUTE
        make_visit(
            arrived,
            engineer=engineer,
            work_order=make_work_order(site=make_place(latitude=place[0], longitude=place[1])),
            minutes=10,
            status="done",
            travel_started_at=at,
            arrived_at=arrived,
            ended_at=arrived + 10 * MINUTE,
        )
        before, at = place, arrived + 12 * MINUTE


def test_finished_trips_teach_a_known_factor(in_acme: Company) -> None:
    drive_about(make_engineer(hours=("00:00", "23:59")), 45, 1.4)
    drive_about(make_engineer(hours=("00:00", "23:59")), 45, 1.4, spread=4)
    profile = services.calibrate_travel(actor=SYSTEM, at=AT)
    assert profile.factors["short"] == pytest.approx(1.4, abs=0.05)
    assert profile.factors["middle"] == pytest.approx(1.4, abs=0.1)
    assert "long" not in profile.factors
    assert profile.calibrated_at == AT
    assert profile.samples == sum(profile.band_samples.values()) > 60
    assert AuditEntry.objects.filter(object_type="dispatch.travelprofile", verb="calibrated").count() == 1
    services.calibrate_travel(actor=SYSTEM, at=AT)
    assert AuditEntry.objects.filter(verb="calibrated").count() == 1
    assert queries.policy_in_force().roads.estimate.factors[0] == profile.factors["short"]


def test_what_was_learned_can_be_forgotten_and_is_not_learned_again(in_acme: Company) -> None:
    drive_about(make_engineer(hours=("00:00", "23:59")), 60, 1.4)
    services.calibrate_travel(actor=SYSTEM, at=AT)
    services.reset_travel(actor=SYSTEM, at=AT)
    assert queries.policy_in_force().roads == ESTIMATE
    assert services.calibrate_travel(actor=SYSTEM, at=AT + MINUTE).factors == {}


def test_trips_over_a_break_or_from_nowhere_teach_nothing(in_acme: Company) -> None:
    engineer = make_engineer(hours=("00:00", "23:59"))
    drive_about(engineer, 12, 1.0)
    found = queries.driven(AT - timedelta(days=10), AT)
    assert len(found) == 12
    first, second = Visit.objects.order_by("arrived_at")[:2]
    assert first.ended_at is not None
    Visit.objects.filter(pk=second.pk).update(travel_started_at=first.ended_at + timedelta(hours=1))
    assert len(queries.driven(AT - timedelta(days=10), AT)) == 11
    for shift in engineer.shifts.all():
        ShiftBreak.objects.create(shift=shift, earliest="00:00", latest="23:00", minutes=30)
    assert queries.driven(AT - timedelta(days=10), AT) == []


def test_what_was_offered_by_former_factors_is_not_refused_a_second_later(in_acme: Company) -> None:
    engineer, work_order = make_engineer(hours=("00:00", "23:59")), placed_work()
    drive_about(engineer, 60, 1.4)
    earlier = make_visit(AT + timedelta(hours=1), engineer=engineer)
    (chosen,) = queries.candidates(work_order, earlier.end_at).candidates
    start = instant(chosen.verdict.span[0])
    changed = services.calibrate_travel(actor=SYSTEM, at=now())
    assert changed.former_factors == {} and changed.factors["short"] > 1.2
    (later,) = queries.candidates(work_order, earlier.end_at).candidates
    assert later.verdict.span[0] > chosen.verdict.span[0], "whoever asks now is told the new times"
    visit = services.schedule_visit(
        work_order_id=work_order.pk, engineer_id=engineer.pk, start_at=start, actor=SYSTEM, at=AT
    )
    assert visit.travel_minutes == chosen.verdict.travel_minutes
    TravelProfile.objects.update(factors_changed_at=now() - timedelta(minutes=11))
    judged = judge(work_order, engineer.pk, visit.start_at, visit.end_at, at=AT, ignoring=visit.pk)
    assert [reason.code for reason in judged.broken] == ["travel"]


def test_factors_that_change_twice_keep_those_of_ten_minutes_ago(in_acme: Company) -> None:
    at = now()
    learned(1.5, 1.5, 1.5)
    services.reset_travel(actor=SYSTEM, at=at - 5 * MINUTE)
    assert queries.policy_in_force().roads.before() == Estimate((1.5, 1.5, 1.5))
    drive_about(make_engineer(hours=("00:00", "23:59")), 60, 1.4)
    TravelProfile.objects.update(learns_from=None)
    services.calibrate_travel(actor=SYSTEM, at=at)
    assert queries.policy_in_force().roads.before() == Estimate((1.5, 1.5, 1.5))
    services.set_travel(source="osrm", base_url="http://127.0.0.1:9", actor=SYSTEM, at=at)
    older = queries.policy_in_force().roads.before()
    assert older is not None and older.estimate == Estimate((1.5, 1.5, 1.5))
    assert older.before() is None
    services.reset_travel(actor=SYSTEM, at=at + 20 * MINUTE)
    assert TravelProfile.objects.get().former_factors["short"] == pytest.approx(1.4, abs=0.05)
