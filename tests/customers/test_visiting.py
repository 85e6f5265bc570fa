"""When sites may be visited: by service, page and API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import BadInput, NotAllowed
from customers import queries, services
from customers.models import Customer, Site, SiteHours
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company, Person

SignIn = Callable[[Person], Client]


def make_site(**facts: Any) -> Site:
    return Site.objects.create(customer=Customer.objects.create(name="Sato"), name="Annex", **facts)


def test_a_site_without_hours_is_always_open(in_acme: Company) -> None:
    assert queries.visiting_intervals(make_site(), AT, AT + timedelta(days=1)) is None


def test_hours_are_the_sites_own_wall_clock(in_acme: Company) -> None:
    site, sora = make_site(time_zone="America/New_York"), in_acme.sora.actor
    weekly = {0: [(time(9), time(12)), (time(13), time(17))], 6: [(time(22), time(2))]}
    services.set_site_hours(site_id=site.pk, weekly=weekly, actor=sora, at=AT)
    midnight = datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert queries.visiting_intervals(site, midnight, midnight + timedelta(days=2)) == [
        (midnight, midnight + timedelta(hours=2)),
        (midnight + timedelta(hours=9), midnight + timedelta(hours=12)),
        (midnight + timedelta(hours=13), midnight + timedelta(hours=17)),
    ]
    assert "visiting_hours" in AuditEntry.objects.latest("pk").changes
    count = AuditEntry.objects.count()
    services.set_site_hours(site_id=site.pk, weekly=weekly, actor=sora, at=AT)
    assert AuditEntry.objects.count() == count


def test_hours_that_overlap_are_refused(in_acme: Company) -> None:
    site = make_site()
    weekly = {6: [(time(22), time(6))], 0: [(time(5), time(9))]}
    with pytest.raises(BadInput, match=r"Sunday: 22:00–06:00 and 05:00–09:00 overlap"):
        services.set_site_hours(site_id=site.pk, weekly=weekly, actor=in_acme.sora.actor, at=AT)
    with pytest.raises(BadInput, match="weekday"):
        services.set_site_hours(
            site_id=site.pk, weekly={7: [(time(9), time(10))]}, actor=in_acme.sora.actor, at=AT
        )
    with pytest.raises(NotAllowed):
        services.set_site_hours(site_id=site.pk, weekly={}, actor=in_acme.stan.actor, at=AT)


def test_the_sites_page_shows_and_takes_hours(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
    sora, page = signed_in(acme.sora), f"/t/acme/sites/{site.pk}/"
    assert "At any time" in sora.get(f"{page}edit/").content.decode()
    assert sora.post(f"{page}hours/", {"day_0": "9-12, 13-17"}).status_code == 303
    shown = sora.get(f"{page}edit/").content.decode()
    assert "09:00–12:00, 13:00–17:00" in shown and "Closed" in shown
    for body, why in (({"day_0": "nine"}, "no time of the day"), ({"day_0": "9-12,10-11"}, "overlap")):
        wrong = sora.post(f"{page}hours/", body)
        assert wrong.status_code == 422 and why in wrong.content.decode()


def test_hours_by_the_api(acme: Company, program: Callable[..., Client]) -> None:
    api: Any = program(acme)
    with tenant_active(acme.tenant.pk):
        customer = Customer.objects.create(name="Sato")
    hours = [{"weekday": 0, "opens": "09:00:00", "closes": "17:00:00"}]
    body = {"customer": customer.pk, "name": "Annex", "visiting_hours": hours}
    made = api.post("/api/v1/sites", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["visiting_hours"] == hours
    one = f"/api/v1/sites/{made.json()['id']}"
    kept = api.patch(one, {"name": "Annex 2"}, content_type="application/json").json()
    assert kept["visiting_hours"] == hours
    assert (
        api.patch(one, {"visiting_hours": []}, content_type="application/json").json()["visiting_hours"] == []
    )
    with tenant_active(acme.tenant.pk):
        assert not SiteHours.objects.exists()
