"""Territories under engineers: which areas they are made of."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.workforce import make_territory

SignIn = Callable[[Person], Client]
LIST = "/t/acme/territories/"


def test_a_territory_is_corrected(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        north = make_territory("North")
    client = signed_in(acme.dora)
    assert f"{LIST}{north.pk}/" in client.get(LIST).content.decode()
    answer = client.post(f"{LIST}{north.pk}/", {"name": "Far north", "areas": "Kita、 Adachi,"})
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        code = north.code
        north.refresh_from_db()
        assert (north.code, north.name, north.areas) == (code, "Far north", ["Adachi", "Kita"])
        assert AuditEntry.objects.get(object_type="workforce.territory", verb="changed").changes
    page = client.get(f"{LIST}{north.pk}/").content.decode()
    assert "Adachi, Kita" in page


def test_what_cannot_be_saved_is_shown_again(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        north = make_territory("North")
    assert signed_in(acme.dora).post(f"{LIST}{north.pk}/", {"name": "", "areas": ""}).status_code == 422


def test_who_only_sees_engineers_cannot_change_territories(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        north = make_territory("North")
    client = signed_in(acme.sora)
    assert client.post(f"{LIST}{north.pk}/", {"name": "x", "areas": "y"}).status_code == 403
    assert f"{LIST}{north.pk}/" not in client.get(LIST).content.decode()
