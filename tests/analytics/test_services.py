"""Figures follow the facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics import services
from analytics.models import VisitFigures
from core.errors import NotAllowed
from dispatch.enums import VisitStatus
from dispatch.events import VisitCompleted
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.analytics import SYSTEM, make_figures
from tests.factories.billing import make_visit, make_work_order, make_work_type
from tests.factories.customers import make_asset, make_site
from tests.factories.feedback import make_response

MINUTE = timedelta(minutes=1)


def test_a_visit_adds_its_times_area_and_promptness(in_acme: Company) -> None:
    figures = make_figures(arrived_at=AT + 45 * MINUTE)

    assert (figures.work_minutes, figures.travel_minutes, figures.area) == (60, 20, "chiyoda")
    assert (figures.is_on_time, figures.late_minutes, figures.score) == (False, 15, None)
    assert figures.completed_on.isoformat() == "2026-11-23"


def test_the_promise_decides_where_there_is_one(in_acme: Company) -> None:
    order = make_work_order(promised_end_at=AT + 60 * MINUTE)
    assert make_figures(make_visit(order, work=60, arrived_at=AT + 45 * MINUTE)).is_on_time


def test_a_day_is_a_day_of_the_companys_zone(in_acme: Company) -> None:
    assert make_figures(start_at=AT + timedelta(hours=14.5)).completed_on.day == 24


def test_the_score_follows_and_nothing_is_counted_twice(in_acme: Company) -> None:
    visit = make_visit(work=60)
    make_figures(visit)
    make_response(visit, score=4)
    assert make_figures(visit).score == 4
    assert VisitFigures.objects.count() == 1


def test_an_unfinished_visit_adds_nothing(in_acme: Company) -> None:
    visit = make_visit(status=VisitStatus.ON_SITE)
    assert services.refresh_figures(visit_id=visit.pk, actor=SYSTEM, at=AT) is None


def test_people_do_not_write_figures(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        services.refresh_figures(visit_id=make_visit().pk, actor=in_acme.ada.actor, at=AT)


@pytest.mark.parametrize(
    ("days", "same_asset", "same_type", "is_repeat"),
    [(29, True, True, True), (31, True, True, False), (5, False, True, False), (5, True, False, False)],
)
def test_what_a_repeat_is(
    in_acme: Company, days: int, same_asset: bool, same_type: bool, is_repeat: bool
) -> None:
    site, kind = make_site(), make_work_type()
    asset = make_asset(site)
    make_visit(
        make_work_order(
            site,
            asset=asset if same_asset else make_asset(site),
            work_type=kind if same_type else make_work_type(),
        ),
        start_at=AT - timedelta(days=days),
    )
    assert make_figures(make_visit(make_work_order(site, asset=asset, work_type=kind))).is_repeat is is_repeat


def test_another_visit_of_the_same_work_order_is_no_repeat(in_acme: Company) -> None:
    order = make_work_order()
    make_visit(order, start_at=AT - timedelta(days=1))
    assert not make_figures(make_visit(order)).is_repeat


@pytest.mark.django_db(transaction=True)
def test_completing_and_rating_fill_the_figures_by_themselves(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(work=60)
        journal.publish(VisitCompleted(visit_id=visit.pk, work_order_id=visit.work_order_id, engineer_id=0))
        make_response(visit, score=3)
    journal.deliver_all()
    with tenant_active(acme.tenant.pk):
        assert VisitFigures.objects.get().score == 3
