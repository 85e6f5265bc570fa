"""One row by its id says what the ORM says, and of no other tenant."""

from __future__ import annotations

import pytest
from django.db import models

from accounts.models import ApiToken
from core.clock import now
from customers.models import Customer, Site
from tenants.active import NoTenant, tenant_active
from tenants.models import Tenant
from tenants.rows import find_row, hand_over
from tests.cast import Company
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def _facts(row: models.Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("model", [Tenant, Site, ApiToken, Ticket])
def test_a_row_is_what_the_orm_reads(acme: Company, model: type[models.Model]) -> None:
    with tenant_active(acme.tenant.pk):
        site = Site.objects.create(customer=Customer.objects.create(name="Us"), name="Here", latitude=1.5)
        ApiToken.objects.create(name="t", prefix="t", secret_hash="h", scopes=["a", "b"], created_at=now())
        Ticket.objects.create(
            number=900_001,
            subject="x",
            channel="api",
            site=site,
            opened_at=now(),
            event_times={"opened": "x"},
        )
        for expected in model._default_manager.all():
            found = find_row(model, expected.pk)
            assert found is not None and _facts(found) == _facts(expected)
            assert not found._state.adding


def test_a_rivals_row_is_none_and_without_a_tenant_nothing_is_asked(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = Site.objects.create(customer=Customer.objects.create(name="Them"), name="Theirs")
    with tenant_active(acme.tenant.pk):
        assert find_row(Site, theirs.pk) is None
    with pytest.raises(NoTenant):
        find_row(Site, theirs.pk)


@pytest.mark.parametrize("pk", [0, -1, 2**63, 10**30])
def test_a_number_that_is_no_id_is_nobodys(acme: Company, pk: int) -> None:
    with tenant_active(acme.tenant.pk):
        assert find_row(Site, pk) is None


def test_a_row_that_was_handed_over_is_taken_once_and_by_its_own_tenant(
    acme: Company, globex: Company
) -> None:
    with tenant_active(acme.tenant.pk):
        customer = Customer.objects.create(name="Us")
        hand_over(customer)
        with tenant_active(globex.tenant.pk):
            assert find_row(Customer, customer.pk) is None
        assert find_row(Site, customer.pk) is None
        assert find_row(Customer, customer.pk) is customer
        again = find_row(Customer, customer.pk)
        assert again == customer and again is not customer
